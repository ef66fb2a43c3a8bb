//! Pictures of the Mandelbrot set, row by row in parallel.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The most columns, and the most rows, of a picture.
pub const SIDE_MAX: u32 = 4096;
/// The most steps that a point is followed.
pub const ITERATIONS_MAX: u32 = 100_000;

/// So far out a point is surely outside, and the colours of neighbours join without an edge.
const ESCAPE_RADIUS_SQUARED: f64 = 256.0;

/// What of the plane is shown, and how finely.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The centre, on the real and on the imaginary axis.
    pub x: f64,
    pub y: f64,
    /// How much of the real axis is in the picture.
    pub span: f64,
    pub columns: u32,
    pub rows: u32,
    /// How many steps a point is followed before it counts as inside.
    pub iterations: u32,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Error, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ViewError {
    #[error("a picture of {columns} by {rows} is not possible here: give from 1 to {max} of each")]
    Size { columns: u32, rows: u32, max: u32 },

    #[error(
        "a centre of {x}, {y} with a span of {span} is no part of the plane: give finite numbers, and a span above 0"
    )]
    Place { x: f64, y: f64, span: f64 },

    #[error("{iterations} iterations are not possible here: give from 1 to {max}")]
    Iterations { iterations: u32, max: u32 },

    #[error("the picture was stopped at a checkpoint")]
    Stopped,
}

/// The picture as RGBA bytes, from the upper left on. `checkpoint` is told the part that is done after each row, from several
/// threads, and ends the picture by an error.
pub fn render<E>(view: &View, checkpoint: impl Fn(f64) -> Result<(), E> + Sync) -> Result<Vec<u8>, ViewError>
where
    ViewError: From<E>,
    E: Send,
{
    view.check()?;
    let stride = view.columns as usize * 4;
    let mut pixels = vec![0_u8; stride * view.rows as usize];
    let done = AtomicU32::new(0);
    pixels.par_chunks_exact_mut(stride).enumerate().try_for_each(|(row, line)| {
        for (column, pixel) in line.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let (x, y) = view.point(column as u32, row as u32);
            *pixel = colour(escape_time(x, y, view.iterations));
        }
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        checkpoint(f64::from(done) / f64::from(view.rows))
    })?;
    Ok(pixels)
}

impl View {
    fn check(&self) -> Result<(), ViewError> {
        let View { x, y, span, columns, rows, iterations } = *self;
        if !(1..=SIDE_MAX).contains(&columns) || !(1..=SIDE_MAX).contains(&rows) {
            return Err(ViewError::Size { columns, rows, max: SIDE_MAX });
        }
        if !(x.is_finite() && y.is_finite() && span.is_finite() && span > 0.0) {
            return Err(ViewError::Place { x, y, span });
        }
        if !(1..=ITERATIONS_MAX).contains(&iterations) {
            return Err(ViewError::Iterations { iterations, max: ITERATIONS_MAX });
        }
        Ok(())
    }

    /// The point in the middle of a pixel.
    fn point(&self, column: u32, row: u32) -> (f64, f64) {
        let step = self.span / f64::from(self.columns);
        let right = f64::from(column) + 0.5 - f64::from(self.columns) / 2.0;
        let down = f64::from(row) + 0.5 - f64::from(self.rows) / 2.0;
        (self.x + right * step, self.y - down * step)
    }
}

/// After how many steps a point leaves, with the part of a step that smooths the colours; `None` if it stays.
fn escape_time(x: f64, y: f64, iterations: u32) -> Option<f64> {
    if is_in_the_large_parts(x, y) {
        return None;
    }
    let (mut re, mut im) = (0.0, 0.0);
    for step in 0..iterations {
        let (re_squared, im_squared) = (re * re, im * im);
        let squared: f64 = re_squared + im_squared;
        if squared > ESCAPE_RADIUS_SQUARED {
            return Some(f64::from(step) + 1.0 - (squared.ln() / 2.0).log2());
        }
        im = 2.0 * re * im + y;
        re = re_squared - im_squared + x;
    }
    None
}

/// Whether a point lies in the cardioid or in the disc to its left, most of the set: those would take all the steps.
fn is_in_the_large_parts(x: f64, y: f64) -> bool {
    let y_squared = y * y;
    let q = (x - 0.25) * (x - 0.25) + y_squared;
    q * (q + (x - 0.25)) <= 0.25 * y_squared || (x + 1.0) * (x + 1.0) + y_squared <= 0.0625
}

/// The page's own, one after the other and round again.
const COLOURS: [[f64; 3]; 6] = [
    [14.0, 40.0, 30.0],
    [44.0, 124.0, 67.0],
    [150.0, 214.0, 166.0],
    [252.0, 243.0, 214.0],
    [226.0, 150.0, 60.0],
    [72.0, 50.0, 110.0],
];

/// Dark for what stays. Else the slower a point leaves, the further on in the colours.
fn colour(time: Option<f64>) -> [u8; 4] {
    let Some(time) = time else { return [8, 12, 10, 255] };
    let place = time.max(0.0).sqrt() * 0.7;
    let [from, to] = [0, 1].map(|next| COLOURS[(place as usize + next) % COLOURS.len()]);
    let [red, green, blue] = [0, 1, 2].map(|part| (from[part] + (to[part] - from[part]) * place.fract()) as u8);
    [red, green, blue, 255]
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: View = View { x: -0.75, y: 0.0, span: 3.0, columns: 60, rows: 40, iterations: 200 };

    fn picture(view: &View) -> Result<Vec<u8>, ViewError> {
        render(view, |_| Ok::<_, ViewError>(()))
    }

    fn pixel(picture: &[u8], column: usize, row: usize) -> [u8; 4] {
        let at = (row * WHOLE.columns as usize + column) * 4;
        picture[at..at + 4].try_into().unwrap()
    }

    #[test]
    fn known_points_are_in_and_out() {
        for (x, y) in [(0.0, 0.0), (-1.0, 0.0), (-2.0, 0.0), (0.25, 0.0), (-0.1, 0.74), (0.0, 1.0)] {
            assert_eq!(escape_time(x, y, 1000), None, "{x}, {y}");
        }
        for (x, y) in [(0.26, 0.0), (-2.01, 0.0), (0.5, 0.5), (1.0, 1.0), (0.0, 1.1)] {
            assert!(escape_time(x, y, 1000).is_some(), "{x}, {y}");
        }
    }

    #[test]
    fn the_picture_lies_as_the_plane_does() {
        let all = picture(&WHOLE).unwrap();
        assert_eq!(all.len(), 60 * 40 * 4);
        assert_eq!(pixel(&all, 45, 20), colour(None), "the cardioid is to the right of the centre");
        assert_ne!(pixel(&all, 0, 0), colour(None));
        for row in 0..20 {
            for column in 0..60 {
                assert_eq!(pixel(&all, column, row), pixel(&all, column, 39 - row), "the set is symmetric");
            }
        }
        let up = picture(&View { y: 0.5, ..WHOLE }).unwrap();
        assert_eq!(pixel(&up, 30, 30), pixel(&all, 30, 20), "who looks further up sees the same point further down");
    }

    #[test]
    fn progress_comes_once_a_row_and_ends_with_all() {
        let seen = std::sync::Mutex::new(Vec::new());
        let told = |part| {
            seen.lock().unwrap().push(part);
            Ok::<_, ViewError>(())
        };
        render(&WHOLE, told).unwrap();
        let seen = seen.into_inner().unwrap();
        assert_eq!(seen.len(), 40);
        assert!(seen.contains(&1.0), "{seen:?}");
    }

    #[test]
    fn a_picture_stops_at_a_checkpoint() {
        let outcome = render(&WHOLE, |part| if part > 0.5 { Err(ViewError::Stopped) } else { Ok(()) });
        assert_eq!(outcome, Err(ViewError::Stopped));
    }

    #[test]
    fn what_is_no_picture_is_told_in_words() {
        for (view, words) in [
            (View { columns: 0, ..WHOLE }, "0 by 40 is not possible"),
            (View { rows: 5000, ..WHOLE }, "60 by 5000 is not possible here: give from 1 to 4096"),
            (View { span: 0.0, ..WHOLE }, "a span above 0"),
            (View { x: f64::NAN, ..WHOLE }, "a centre of NaN"),
            (View { iterations: 0, ..WHOLE }, "0 iterations"),
        ] {
            let error = picture(&view).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_large_parts_are_inside(x in -1.3..0.4f64, y in -0.7..0.7f64) {
            prop_assume!(is_in_the_large_parts(x, y));
            let (mut re, mut im) = (0.0, 0.0);
            for _ in 0..2000 {
                (re, im) = (re * re - im * im + x, 2.0 * re * im + y);
                prop_assert!(re * re + im * im <= 4.0);
            }
        }

        #[test]
        fn any_view_is_answered(x: f64, y: f64, span: f64, columns in 0..50u32, rows in 0..50u32, iterations in 0..50u32) {
            let view = View { x, y, span, columns, rows, iterations };
            if let Ok(all) = picture(&view) {
                prop_assert_eq!(all.len(), (columns * rows * 4) as usize);
            }
        }
    }
}
