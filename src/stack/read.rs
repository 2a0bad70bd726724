//! Typed access to a parsed table that collects errors instead of stopping.
//!
//! Every key asked for is remembered, so that what nobody asked for can be reported.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Span};
use super::report::Report;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    /// What was read.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// One table of the file, which may be absent.
pub(crate) struct Table<'r> {
    report: &'r Report,
    path: String,
    pattern: String,
    span: Span,
    entries: Option<&'r DeTable<'r>>,
    asked: Vec<&'static str>,
    open: bool,
}

impl<'r> Table<'r> {
    /// The whole file.
    pub fn root(report: &'r Report, entries: &'r DeTable<'r>) -> Self {
        Self {
            report,
            path: String::new(),
            pattern: String::new(),
            span: 0..0,
            entries: Some(entries),
            asked: Vec::new(),
            open: false,
        }
    }

    /// A table at a path, for keys that nothing else in this module reads.
    pub(super) fn inner(
        &self,
        name: &str,
        pattern: &str,
        span: Span,
        entries: Option<&'r DeTable<'r>>,
    ) -> Table<'r> {
        Table {
            report: self.report,
            path: join(&self.path, name),
            pattern: join(&self.pattern, pattern),
            span,
            entries,
            asked: Vec::new(),
            open: false,
        }
    }

    /// Whether the file has this table.
    pub fn written(&self) -> bool {
        self.entries.is_some()
    }

    /// Whether the file has this key.
    pub fn has(&self, key: &str) -> bool {
        self.entries.is_some_and(|table| table.contains_key(key))
    }

    /// The table's own path, such as `service.web`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of one of its keys.
    pub fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Where the table is named.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// Where the problems go.
    pub fn report(&self) -> &'r Report {
        self.report
    }

    /// The raw value of a key.
    pub fn raw(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'r>>> {
        self.asked.push(key);
        self.report.ask(join(&self.pattern, key));
        let (name, value) = self.entries?.get_key_value(key)?;
        self.report
            .place(&self.path_of(key), name.span(), value.span());
        Some(value)
    }

    /// Every entry, with the names in the order of the alphabet; no key is unknown then.
    pub fn entries(&mut self) -> Vec<(At<&'r str>, &'r Spanned<DeValue<'r>>)> {
        self.open = true;
        let entries = self.entries.into_iter().flat_map(|table| table.iter());
        entries
            .map(|(name, value)| {
                let path = self.path_of(name.get_ref());
                self.report.place(&path, name.span(), value.span());
                let name = At {
                    value: name.get_ref().as_ref(),
                    span: name.span(),
                };
                (name, value)
            })
            .collect()
    }

    /// A table inside this one; absent tables read as empty.
    pub fn table(&mut self, key: &'static str) -> Table<'r> {
        let value = self.raw(key);
        let span = self.report.key(&self.path_of(key));
        let path = self.path_of(key);
        let entries = match value.map(|value| (value, value.get_ref())) {
            Some((_, DeValue::Table(entries))) => Some(entries),
            Some((value, _)) => {
                let expected = format!("a table: [{path}]");
                self.report
                    .reject(&path, wrong_type(&path, &expected, value));
                None
            }
            None => None,
        };
        self.inner(key, key, span, entries)
    }

    /// Tables named by the user, such as `[service.web]`, with their names.
    pub fn tables(&mut self, key: &'static str) -> Vec<(At<&'r str>, Table<'r>)> {
        let mut outer = self.table(key);
        let mut tables = Vec::new();
        for (name, value) in outer.entries() {
            let path = outer.path_of(name.value);
            if let DeValue::Table(entries) = value.get_ref() {
                let span = name.span.clone();
                let table = outer.inner(name.value, "NAME", span, Some(entries));
                tables.push((name, table));
            } else {
                let expected = format!("a table: [{path}]");
                let problem = wrong_type(&path, &expected, value)
                    .hint(format!("write [{key}.NAME] above it"));
                self.report.reject(&path, problem);
            }
        }
        tables
    }

    /// Reports a key that must be there.
    pub fn missing(&self, key: &str, hint: impl Into<String>) {
        let problem = Problem::new(
            self.span(),
            format!("`{}` is missing", self.path_of(key)),
            format!("needs `{key}`"),
        );
        self.report.add(problem.hint(hint));
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        if self.open {
            return;
        }
        for (name, _) in self.entries.into_iter().flat_map(|table| table.iter()) {
            if !self.asked.contains(&name.get_ref().as_ref()) {
                self.report
                    .unknown(&self.path, name.get_ref(), name.span(), self.asked.clone());
            }
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// A value of another type than asked for.
pub(super) fn wrong_type(path: &str, expected: &str, value: &Spanned<DeValue<'_>>) -> Problem {
    let found = match value.get_ref() {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Problem::new(
        value.span(),
        format!("`{path}` must be {expected}"),
        format!("this is {found}"),
    )
}
