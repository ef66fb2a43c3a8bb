//! A photo in several sizes, as a page offers it to screens of different widths.

use std::io::Cursor;

use fast_image_resize::Resizer;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageReader, RgbImage};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use web_time::Instant;

/// The widest that a size may be.
pub const WIDTH_MAX: u32 = 8192;
/// The most sizes at once.
pub const SIZES_MAX: usize = 16;

#[derive(Debug, Clone, Deserialize)]
pub struct PhotoRequest {
    /// A JPEG, PNG or WebP file.
    #[serde(with = "serde_bytes")]
    pub file: Vec<u8>,
    /// The widths wanted. None becomes wider than the photo is.
    pub widths: Vec<u32>,
    /// Of the JPEG files that come out, from 1 to 100.
    pub quality: u8,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Photo {
    /// The photo's own, upright.
    pub width: u32,
    pub height: u32,
    pub sizes: Vec<Size>,
    pub decode_ms: f64,
    /// All sizes together, resized and encoded.
    pub encode_ms: f64,
}

/// A JPEG file.
#[derive(Debug, Clone, Serialize)]
pub struct Size {
    pub width: u32,
    pub height: u32,
    #[serde(with = "serde_bytes")]
    pub file: Vec<u8>,
}

/// Why a photo did not come out.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum PhotoError {
    #[error("this file of {bytes} bytes cannot be read as a JPEG, PNG or WebP: {reason}")]
    Unreadable { bytes: usize, reason: String },

    #[error("{count} sizes are not possible here: give from 1 to {max}")]
    Count { count: usize, max: usize },

    #[error("a photo {width} pixels wide is not possible here: give from 1 to {max}")]
    Width { width: u32, max: u32 },

    #[error("a quality of {quality} is not possible: give from 1 to 100")]
    Quality { quality: u8 },

    #[error("the photo could not be made {width} by {height}: {reason}")]
    Encoding { width: u32, height: u32, reason: String },

    #[error("the photo was stopped at a checkpoint")]
    Stopped,
}

/// Decodes the file and makes all sizes at once, each on a thread of its own. `checkpoint` is asked between the steps.
pub fn convert<E>(request: &PhotoRequest, checkpoint: impl Fn() -> Result<(), E> + Sync) -> Result<Photo, PhotoError>
where
    PhotoError: From<E>,
{
    check(request)?;
    let begun = Instant::now();
    let photo = decode(&request.file)?;
    let decode_ms = begun.elapsed().as_secs_f64() * 1e3;
    checkpoint()?;
    let begun = Instant::now();
    let sizes = request
        .widths
        .par_iter()
        .map(|width| {
            let resized = resize(&photo, *width)?;
            checkpoint()?;
            encode(&resized, request.quality)
        })
        .collect::<Result<_, PhotoError>>()?;
    let encode_ms = begun.elapsed().as_secs_f64() * 1e3;
    Ok(Photo { width: photo.width(), height: photo.height(), sizes, decode_ms, encode_ms })
}

fn check(request: &PhotoRequest) -> Result<(), PhotoError> {
    let count = request.widths.len();
    if !(1..=SIZES_MAX).contains(&count) {
        return Err(PhotoError::Count { count, max: SIZES_MAX });
    }
    if let Some(width) = request.widths.iter().copied().find(|width| !(1..=WIDTH_MAX).contains(width)) {
        return Err(PhotoError::Width { width, max: WIDTH_MAX });
    }
    if !(1..=100).contains(&request.quality) {
        return Err(PhotoError::Quality { quality: request.quality });
    }
    Ok(())
}

/// Upright, as the camera noted it, and without transparency.
fn decode(file: &[u8]) -> Result<RgbImage, PhotoError> {
    let unreadable = |error: image::ImageError| PhotoError::Unreadable { bytes: file.len(), reason: error.to_string() };
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|error| unreadable(error.into()))?;
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut photo = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    photo.apply_orientation(orientation);
    Ok(photo.into_rgb8())
}

fn resize(photo: &RgbImage, width: u32) -> Result<RgbImage, PhotoError> {
    let width = width.min(photo.width());
    let height = u64::from(photo.height()) * u64::from(width) / u64::from(photo.width().max(1));
    let height = (height as u32).max(1);
    let failed = |reason: String| PhotoError::Encoding { width, height, reason };
    // Of this one type of pixel: to leave it open would link the code for all of them.
    let source = TypedImageRef::<U8x3>::from_buffer(photo.width(), photo.height(), photo.as_raw())
        .map_err(|error| failed(error.to_string()))?;
    let mut resized = RgbImage::new(width, height);
    let mut view =
        TypedImage::<U8x3>::from_buffer(width, height, &mut resized).map_err(|error| failed(error.to_string()))?;
    Resizer::new().resize_typed(&source, &mut view, None).map_err(|error| failed(error.to_string()))?;
    Ok(resized)
}

fn encode(photo: &RgbImage, quality: u8) -> Result<Size, PhotoError> {
    let (width, height) = photo.dimensions();
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(photo.as_raw(), width, height, ExtendedColorType::Rgb8)
        .map_err(|error| PhotoError::Encoding { width, height, reason: error.to_string() })?;
    Ok(Size { width, height, file })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use image::{ImageFormat, Rgb};
    use proptest::prelude::*;

    use super::*;

    /// Red on its left half, blue on its right.
    fn halves(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) })
            .into()
    }

    fn file(photo: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        photo.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    fn request(file: Vec<u8>) -> PhotoRequest {
        PhotoRequest { file, widths: vec![200, 50], quality: 80 }
    }

    fn run(request: &PhotoRequest) -> Result<Photo, PhotoError> {
        convert(request, || Ok::<_, PhotoError>(()))
    }

    #[test]
    fn each_format_comes_out_in_each_size_as_it_was() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let photo = run(&request(file(&halves(300, 150), format))).unwrap();
            assert_eq!((photo.width, photo.height), (300, 150), "{format:?}");
            let dimensions: Vec<_> = photo.sizes.iter().map(|size| (size.width, size.height)).collect();
            assert_eq!(dimensions, [(200, 100), (50, 25)], "{format:?}");
            for size in photo.sizes {
                let again = decode(&size.file).unwrap();
                assert_eq!(again.dimensions(), (size.width, size.height));
                let (left, right) = (again.get_pixel(3, 3), again.get_pixel(size.width - 3, 3));
                assert!(
                    left[0] > 180 && left[2] < 60 && right[2] > 180 && right[0] < 60,
                    "{format:?} {left:?} {right:?}"
                );
            }
        }
    }

    #[test]
    fn a_photo_is_never_made_wider() {
        let photo = run(&request(file(&halves(20, 1), ImageFormat::Png))).unwrap();
        assert!(photo.sizes.iter().all(|size| (size.width, size.height) == (20, 1)));
    }

    #[test]
    fn it_stops_at_a_checkpoint() {
        let request = request(file(&halves(20, 20), ImageFormat::Png));
        assert_eq!(convert(&request, || Err(PhotoError::Stopped)).unwrap_err(), PhotoError::Stopped);
    }

    #[test]
    fn what_is_no_photo_is_told_in_words() {
        let good = request(file(&halves(20, 20), ImageFormat::Jpeg));
        for (request, words) in [
            (PhotoRequest { file: b"hello".to_vec(), ..good.clone() }, "5 bytes cannot be read as a JPEG, PNG or WebP"),
            (PhotoRequest { file: good.file[..200].to_vec(), ..good.clone() }, "200 bytes cannot be read"),
            (PhotoRequest { widths: vec![], ..good.clone() }, "0 sizes"),
            (PhotoRequest { widths: vec![10, 0], ..good.clone() }, "0 pixels wide"),
            (PhotoRequest { widths: vec![9000], ..good.clone() }, "give from 1 to 8192"),
            (PhotoRequest { quality: 101, ..good.clone() }, "a quality of 101"),
        ] {
            let error = run(&request).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_damaged_file_is_answered(place: prop::sample::Index, change in 1..=255u8, keep in 0.0..1.0f64) {
            let mut bytes = file(&halves(40, 30), ImageFormat::Jpeg);
            let place = place.index(bytes.len());
            bytes[place] ^= change;
            let _ = run(&request(bytes.clone()));
            bytes.truncate((bytes.len() as f64 * keep) as usize);
            let _ = run(&request(bytes));
        }
    }
}
