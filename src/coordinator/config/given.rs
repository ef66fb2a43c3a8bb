//! Options as they were given.

use std::fmt;

use serde_json::Value;

use crate::decimal::Decimal;

/// What was given as an option, or as all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Given {
    /// `undefined` or `null`, which count as not given.
    #[default]
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// Any number.
    Number(f64),
    /// A text.
    Text(String),
    /// Options by name.
    Section(Vec<(String, Given)>),
    /// What no option is, in words.
    Other(String),
}

/// What stands before the driver's words for a value that is no option. As in `src/js/options.js`.
const WORDS: char = '\0';
/// Letters of a text that an error shows.
const SHOWN_MAX: usize = 40;

impl From<String> for Given {
    fn from(mut text: String) -> Self {
        if text.starts_with(WORDS) {
            text.remove(0);
            return Given::Other(text);
        }
        Given::Text(text)
    }
}

impl From<&Value> for Given {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Given::Nothing,
            Value::Bool(flag) => Given::Flag(*flag),
            Value::Number(number) => number.as_f64().map_or(Given::Nothing, Given::Number),
            Value::String(text) => text.clone().into(),
            Value::Array(_) => Given::Other("an array".into()),
            Value::Object(fields) => {
                Given::Section(fields.iter().map(|(name, value)| (name.clone(), value.into())).collect())
            }
        }
    }
}

/// As an error shows it: short.
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Given::Nothing => f.write_str("null"),
            Given::Flag(flag) => flag.fmt(f),
            Given::Number(number) => Decimal(*number).fmt(f),
            Given::Text(text) => match text.char_indices().nth(SHOWN_MAX) {
                Some((end, _)) => write!(f, "{:?}…", &text[..end]),
                None => write!(f, "{text:?}"),
            },
            Given::Section(_) => f.write_str("an object"),
            Given::Other(words) => f.write_str(words),
        }
    }
}
