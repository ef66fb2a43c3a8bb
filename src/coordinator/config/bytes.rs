//! Bytes as text.

const KIB: f64 = 1024.0;

/// `"512MiB"` to bytes.
pub fn parse_bytes(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "" | "B" => 1.0,
        "KiB" => KIB,
        "MiB" => KIB * KIB,
        "GiB" => KIB * KIB * KIB,
        _ => return None,
    };
    decimal(number).map(|n| (n * unit).floor())
}

/// `"1.5"` to a number: digits, and perhaps a point among them. The standard library's way for any number has 10 kB of
/// tables, which each page would load.
fn decimal(text: &str) -> Option<f64> {
    // Up to here both whole numbers below are exact, so their quotient is the nearest number there is.
    const DIGITS_MAX: usize = 15;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_decimal = whole.len() + fraction.len() > 0 && all_digits(whole) && all_digits(fraction);
    let fraction = fraction.get(..DIGITS_MAX.checked_sub(whole.len())?).unwrap_or(fraction);
    let digits = whole.bytes().chain(fraction.bytes());
    let number = is_decimal.then(|| digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))?;
    Some(number as f64 / 10_u64.pow(fraction.len() as u32) as f64)
}
