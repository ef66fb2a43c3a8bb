//! One object of options, read field by field.

use super::bytes::parse_bytes;
use super::given::Given;
use super::{BadConfig, Line, PAGE};
use crate::decimal::Decimal;
use crate::nearest::nearest;

/// A year: longer than any page lives, short enough for every sum of times.
const MS_MAX: f64 = 31_536_000_000.0;

/// One object of options, with its path for the errors.
pub(super) struct Section<'a> {
    path: &'a str,
    fields: &'a [(String, Given)],
}

impl<'a> Section<'a> {
    pub fn root(options: &'a Given) -> Result<Self, BadConfig> {
        Self::of("", options)
    }

    fn of(path: &'a str, options: &'a Given) -> Result<Self, BadConfig> {
        match options {
            Given::Nothing => Ok(Section { path, fields: &[] }),
            Given::Section(fields) => Ok(Section { path, fields }),
            other => Err(BadConfig {
                field: if path.is_empty() { "options".into() } else { path.into() },
                value: other.to_string(),
                accepted: "an object".into(),
            }),
        }
    }

    pub fn section(&self, name: &'a str) -> Result<Section<'a>, BadConfig> {
        Self::of(name, self.given(name))
    }

    pub fn only(&self, names: &[&str]) -> Result<(), BadConfig> {
        match self.fields.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            None => Ok(()),
            Some((unknown, _)) => {
                let mut accepted = format!("one of {}", names.join(", "));
                if let Some(name) = nearest(unknown, names.iter().copied()) {
                    accepted += &format!("; did you mean `{name}`?");
                }
                Err(BadConfig { field: self.field(unknown), value: "unknown".into(), accepted })
            }
        }
    }

    pub fn is_given(&self, name: &str) -> bool {
        *self.given(name) != Given::Nothing
    }

    pub fn whole(&self, name: &str, min: i64, max: i64) -> Result<Option<i64>, BadConfig> {
        let whole = |n: f64| n.fract() == 0.0 && n >= min as f64 && n <= max as f64;
        let number = self.checked(name, whole, || format!("a whole number from {min} to {max}"))?;
        Ok(number.map(|n| n as i64))
    }

    pub fn number(&self, name: &str, min: f64, max: f64) -> Result<Option<f64>, BadConfig> {
        let accepted = || format!("a number from {} to {}", Decimal(min), Decimal(max));
        self.checked(name, |n| (min..=max).contains(&n), accepted)
    }

    pub fn ms(&self, name: &str, min: f64) -> Result<Option<f64>, BadConfig> {
        let accepted = || format!("milliseconds from {} to {}", Decimal(min), Decimal(MS_MAX));
        self.checked(name, |n| (min..=MS_MAX).contains(&n), accepted)
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, BadConfig> {
        match self.given(name) {
            Given::Nothing => Ok(None),
            Given::Flag(flag) => Ok(Some(*flag)),
            _ => Err(self.refused(name, "true or false".into())),
        }
    }

    pub fn word(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, BadConfig> {
        let found = match self.given(name) {
            Given::Nothing => return Ok(None),
            Given::Text(given) => words.iter().find(|word| *word == given),
            _ => None,
        };
        found.copied().map(Some).ok_or_else(|| self.refused(name, format!("\"{}\"", words.join("\", \""))))
    }

    pub fn bytes(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, BadConfig> {
        let bytes = match self.given(name) {
            Given::Nothing => return Ok(None),
            Given::Number(n) => Some(*n),
            Given::Text(text) => parse_bytes(text),
            _ => None,
        };
        match bytes {
            Some(n) if n >= min as f64 && n <= max as f64 => Ok(Some(n as u64)),
            _ => Err(self.not_bytes(name, min, max)),
        }
    }

    /// A part of the limit, or bytes up to it.
    pub fn line(&self, name: &str, limit: u64) -> Result<Option<Line>, BadConfig> {
        match *self.given(name) {
            Given::Number(n) if n > 0.0 && n <= 1.0 => Ok(Some(Line::Part(n))),
            _ => match self.bytes(name, PAGE, limit) {
                Ok(bytes) => Ok(bytes.map(Line::Bytes)),
                Err(error) => Err(BadConfig {
                    accepted: format!("a part of the limit above 0 and up to 1, or {}", error.accepted),
                    ..error
                }),
            },
        }
    }

    /// Bytes that are whole pages.
    pub fn pages(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, BadConfig> {
        let bytes = match self.bytes(name, min, max) {
            Ok(Some(bytes)) if bytes % PAGE != 0 => Err(self.not_bytes(name, min, max)),
            bytes => bytes,
        };
        bytes.map_err(|error| BadConfig { accepted: format!("a multiple of {PAGE}: {}", error.accepted), ..error })
    }

    /// It cannot be taken.
    pub fn refused(&self, name: &str, accepted: String) -> BadConfig {
        BadConfig { field: self.field(name), value: self.given(name).to_string(), accepted }
    }

    fn not_bytes(&self, name: &str, min: u64, max: u64) -> BadConfig {
        self.refused(name, format!("bytes as a number, or as \"512MiB\" (B, KiB, MiB, GiB), from {min} to {max}"))
    }

    fn checked(
        &self,
        name: &str,
        is_good: impl FnOnce(f64) -> bool,
        accepted: impl FnOnce() -> String,
    ) -> Result<Option<f64>, BadConfig> {
        match *self.given(name) {
            Given::Nothing => Ok(None),
            Given::Number(n) if is_good(n) => Ok(Some(n)),
            _ => Err(self.refused(name, accepted())),
        }
    }

    fn field(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { [self.path, ".", name].concat() }
    }

    fn given(&self, name: &str) -> &'a Given {
        self.fields.iter().find(|(field, _)| field == name).map_or(&Given::Nothing, |(_, given)| given)
    }
}
