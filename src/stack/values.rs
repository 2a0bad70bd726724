//! Single values of a table: texts, lists, numbers and flags, each refused at its place.

use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::DeValue;

use super::problem::Problem;
use super::read::{Table, wrong_type};
use super::secret_names::is_secret;
use super::value_error::ValueError;

impl Table<'_> {
    /// The value of a key as text, read by `parse`, whose refusal is reported at the value.
    pub fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, ValueError>,
    ) -> Option<T> {
        let value = self.raw(key)?;
        let path = self.path_of(key);
        let text = self.text_of(&path, value)?;
        match parse(&text) {
            Ok(parsed) => Some(parsed),
            Err(wrong) => {
                self.report().reject(&path, wrong.at(&path, value.span()));
                None
            }
        }
    }

    /// The same for a list of texts; what cannot be read is left out.
    pub fn parsed_list<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Option<Vec<T>> {
        let value = self.raw(key)?;
        let path = self.path_of(key);
        let DeValue::Array(items) = value.get_ref() else {
            let problem = wrong_type(&path, "a list, such as [\"a\", \"b\"]", value);
            self.report().reject(&path, problem);
            return None;
        };
        let mut parsed = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let name = format!("{path}[{index}]");
            self.report().place(&name, item.span(), item.span());
            match self.text_of(&name, item).map(|text| parse(&text)) {
                Some(Ok(item)) => parsed.push(item),
                Some(Err(wrong)) => {
                    self.report().spoil(&path);
                    self.report().reject(&name, wrong.at(&path, item.span()));
                }
                None => self.report().spoil(&path),
            }
        }
        Some(parsed)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.raw(key) else {
            return default;
        };
        let path = self.path_of(key);
        match value.get_ref() {
            DeValue::Boolean(flag) => *flag,
            other => {
                let mut problem = wrong_type(&path, "true or false", value);
                if matches!(other.as_str(), Some("true" | "false")) {
                    problem = problem.hint("write it without quotes");
                }
                self.report().reject(&path, problem);
                default
            }
        }
    }

    /// A whole number within limits; `unit` is said in messages.
    pub fn number(
        &mut self,
        key: &'static str,
        limits: RangeInclusive<u32>,
        unit: &str,
    ) -> Option<u32> {
        let value = self.raw(key)?;
        let path = self.path_of(key);
        let (min, max) = (*limits.start(), *limits.end());
        let DeValue::Integer(integer) = value.get_ref() else {
            let mut problem = wrong_type(&path, "a whole number", value);
            if value
                .get_ref()
                .as_str()
                .is_some_and(|t| t.parse::<u32>().is_ok())
            {
                problem = problem.hint("write it without quotes");
            }
            self.report().reject(&path, problem);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        if let Some(number) = number.filter(|number| limits.contains(number)) {
            return Some(number);
        }
        let unit = if unit.is_empty() {
            String::new()
        } else {
            format!(" {unit}")
        };
        let problem = Problem::new(
            value.span(),
            format!("`{path}` is out of range"),
            format!("must be {min} to {max}{unit}"),
        );
        self.report().reject(&path, problem);
        None
    }

    /// The value as text, or a problem.
    pub(super) fn text_of(&self, path: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            let mut problem = wrong_type(path, "text in quotes", value);
            if is_secret(path.rsplit('.').next().unwrap_or_default()) {
                self.report().hide(value.span());
            } else if let Some(literal) = literal(value.get_ref()) {
                problem = problem.hint(format!("write \"{literal}\""));
            }
            self.report().reject(path, problem);
            return None;
        };
        // "TOML parsers should feel free to normalize newline to whatever makes sense for their platform":
        // a file means the same whatever editor has saved it.
        let text = if self.report().has_crlf(&value.span()) {
            text.replace("\r\n", "\n")
        } else {
            text.to_owned()
        };
        if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        {
            let problem = Problem::new(
                value.span(),
                format!("`{path}` holds a control character"),
                "AWS takes none",
            );
            self.report().reject(path, problem);
            return None;
        }
        Some(text)
    }
}

/// A number or flag as it was written.
fn literal(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Integer(integer) => Some(integer.to_string()),
        DeValue::Float(float) => Some(float.to_string()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}
