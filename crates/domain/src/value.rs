//! A record's value with its type, so that a number can be compared as a number and a date as a date.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::PartialDate;

/// One column's value. Nothing known is no value at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// Another number, as its database writes it: rounding would make it another one.
    Real(String),
    /// Yes or no.
    Boolean(bool),
    /// A day, month or year.
    Date(PartialDate),
    /// Anything else.
    Text(String),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The number it is.
    #[expect(clippy::cast_precision_loss, reason = "what is compared with a number in prose has few digits")]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Real(text) => text.parse().ok(),
            Self::Boolean(_) | Self::Date(_) | Self::Text(_) => None,
        }
    }
}

impl fmt::Display for Value {
    /// As the value's own system writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(yes) => yes.fmt(f),
            Self::Date(date) => date.fmt(f),
            Self::Real(text) | Self::Text(text) => f.write_str(text),
        }
    }
}
