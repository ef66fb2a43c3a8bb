//! Numbers in words, for errors.

use std::fmt;

/// A number as an error shows it. The standard library's way, which is exact for every number, has tables and arithmetic of
/// 20 kB that each page would load: here a whole number is exact, and another one has its first 12 digits at the least.
pub(crate) struct Decimal(pub f64);

/// Digits of a number that is not whole: so many are the same after all roundings.
const DIGITS: i32 = 12;
/// Whole numbers from here on are shown with an exponent, as are fractions below its inverse.
const LARGE: f64 = 1e15;

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.abs();
        if self.0.is_sign_negative() && !number.is_nan() {
            f.write_str("-")?;
        }
        if !number.is_finite() {
            return f.write_str(if number.is_nan() { "NaN" } else { "inf" });
        }
        if number < LARGE && number.fract() == 0.0 {
            return write!(f, "{}", number as u64);
        }
        // Not above the exponent by more than a rounding.
        let mut exponent = number.log10().floor() as i32;
        let mut digits = scaled(number, DIGITS - 1 - exponent).round() as u64;
        if digits >= 10_u64.pow(DIGITS as u32) {
            digits /= 10;
            exponent += 1;
        }
        let mut places = DIGITS - 1;
        while places > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            places -= 1;
        }
        let shown = match exponent {
            -5..15 => 0,
            exponent => exponent,
        };
        places -= exponent - shown;
        let (digits, places) = match u32::try_from(places) {
            Ok(places) => (digits, places),
            Err(_) => (digits * 10_u64.pow(places.unsigned_abs()), 0),
        };
        let one = 10_u64.pow(places);
        write!(f, "{}", digits / one)?;
        if places > 0 {
            write!(f, ".{:0width$}", digits % one, width = places as usize)?;
        }
        if shown != 0 { write!(f, "e{shown}") } else { Ok(()) }
    }
}

/// Times a power of ten, which may be larger or smaller than any number there is.
fn scaled(number: f64, power: i32) -> f64 {
    let half = power / 2;
    number * 10_f64.powi(half) * 10_f64.powi(power - half)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_one_writes_them() {
        for (number, words) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (7.0, "7"),
            (-65_536.0, "-65536"),
            (1.5, "1.5"),
            (0.1, "0.1"),
            (-0.5, "-0.5"),
            (0.001, "0.001"),
            (1.1, "1.1"),
            (999.999, "999.999"),
            (1.0 / 3.0, "0.333333333333"),
            (0.999_999_999_999_9, "1"),
            (31_536_000_000.0, "31536000000"),
            (1e15, "1e15"),
            (1.25e20, "1.25e20"),
            (1e300, "1e300"),
            (1e-7, "1e-7"),
            (5e-324, "4.94065645841e-324"),
            (f64::MAX, "1.79769313486e308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(Decimal(number).to_string(), words);
        }
    }

    proptest! {
        #[test]
        fn any_number_is_told_to_eleven_digits(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            let told: f64 = Decimal(number).to_string().parse().unwrap();
            let is_same = told == number || number.is_nan() && told.is_nan();
            prop_assert!(is_same || ((told - number) / number).abs() < 1e-11, "{told} for {number}");
        }

        #[test]
        fn what_people_write_is_told_as_they_write_it(thousandths in -1_000_000_000_i64..1_000_000_000) {
            let number = thousandths as f64 / 1000.0;
            prop_assert_eq!(Decimal(number).to_string(), number.to_string());
        }
    }
}
