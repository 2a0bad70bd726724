//! What reading a file leaves behind beside the values: problems, places, and the keys asked for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Problem, Span};
use super::secret_names::is_secret;
use super::suggest::{list, nearest};

/// Where a key stands, and whether its value could be used.
#[derive(Debug, Clone)]
struct Place {
    key: Span,
    value: Span,
    sound: bool,
}

/// Collects problems instead of stopping at the first, and remembers where each path stands.
#[derive(Debug, Default)]
pub struct Report {
    problems: RefCell<Vec<Problem>>,
    /// Where they are.
    found: RefCell<BTreeSet<(usize, usize)>>,
    places: RefCell<BTreeMap<String, Place>>,
    asked: RefCell<BTreeSet<String>>,
    hidden: RefCell<Vec<Span>>,
    unknown: RefCell<Vec<Unknown>>,
    /// Where lines end in CRLF.
    breaks: Vec<usize>,
}

/// A key that nobody asked for.
#[derive(Debug)]
struct Unknown {
    table: String,
    key: String,
    span: Span,
    known: Vec<&'static str>,
}

impl Report {
    /// An empty report on a file.
    pub fn on(source: &str) -> Self {
        Self {
            breaks: source.match_indices("\r\n").map(|(at, _)| at).collect(),
            ..Self::default()
        }
    }

    /// Whether a line of the file ends in CRLF within a span.
    pub fn has_crlf(&self, span: &Span) -> bool {
        let before = self.breaks.partition_point(|at| *at < span.start);
        self.breaks.get(before).is_some_and(|at| *at < span.end)
    }

    /// Adds a problem.
    pub fn add(&self, problem: Problem) {
        let span = (problem.span.start, problem.span.end);
        self.found.borrow_mut().insert(span);
        self.problems.borrow_mut().push(problem);
    }

    /// Remembers where a path stands.
    pub fn place(&self, path: &str, key: Span, value: Span) {
        let place = Place {
            key,
            value,
            sound: true,
        };
        self.places.borrow_mut().insert(path.to_owned(), place);
    }

    /// Marks a path's value as unusable, so that later checks do not judge its default.
    pub fn spoil(&self, path: &str) {
        if let Some(place) = self.places.borrow_mut().get_mut(path) {
            place.sound = false;
        }
    }

    /// Adds a problem about the value of a path and marks it as unusable.
    pub fn reject(&self, path: &str, problem: Problem) {
        self.spoil(path);
        self.add(problem);
    }

    /// Whether none of these paths was written with an unusable value.
    pub fn sound(&self, paths: &[&str]) -> bool {
        let places = self.places.borrow();
        paths
            .iter()
            .all(|path| places.get(*path).is_none_or(|place| place.sound))
    }

    /// Whether the file says anything at this path.
    pub fn written(&self, path: &str) -> bool {
        self.places.borrow().contains_key(path)
    }

    /// Where the value of a path stands, else its nearest table that does.
    pub fn at(&self, path: &str) -> Span {
        let places = self.places.borrow();
        if let Some(place) = places.get(path) {
            return place.value.clone();
        }
        let mut path = path;
        while let Some((parent, _)) = path.rsplit_once('.') {
            if let Some(place) = places.get(parent) {
                return place.key.clone();
            }
            path = parent;
        }
        0..0
    }

    /// Where the key of a path stands, else its nearest table that does.
    pub fn key(&self, path: &str) -> Span {
        let key = self.places.borrow().get(path).map(|p| p.key.clone());
        key.unwrap_or_else(|| self.at(path))
    }

    /// Notes that the reader knows this path.
    pub fn ask(&self, path: String) {
        self.asked.borrow_mut().insert(path);
    }

    /// Notes a key that nobody asked for; judged once every table has been read.
    pub fn unknown(&self, table: &str, key: &str, span: Span, known: Vec<&'static str>) {
        self.unknown.borrow_mut().push(Unknown {
            table: table.to_owned(),
            key: key.to_owned(),
            span,
            known,
        });
    }

    /// Turns the unknown keys into problems: the nearest right word, another table, or all words.
    pub fn report_unknown_keys(&self) {
        let unknown = self.unknown.take();
        for Unknown {
            table,
            key,
            span,
            known,
        } in unknown
        {
            let message = if table.is_empty() {
                format!("there is no table `[{key}]`")
            } else {
                format!("`[{table}]` has no key `{key}`")
            };
            let label = match nearest(&key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "unknown".to_owned(),
            };
            let mut problem = Problem::new(span, message, label);
            if problem.label == "unknown" {
                problem = problem.hint(match self.homes(&key).as_slice() {
                    _ if is_secret(&key) && table == "database" => {
                        "the database's passwords are made up and kept in Secrets Manager"
                            .to_owned()
                    }
                    _ if is_secret(&key) => "the values of secrets stay out of the file".to_owned(),
                    [home] if *home != table => format!("`{key}` belongs in `[{home}]`"),
                    _ => format!("there {}", all(&known)),
                });
            }
            self.add(problem);
        }
    }

    /// The tables that have this key.
    fn homes(&self, key: &str) -> Vec<String> {
        let asked = self.asked.borrow();
        let paths = asked.iter().filter_map(|path| path.rsplit_once('.'));
        paths
            .filter(|(_, name)| *name == key)
            .map(|(table, _)| table.to_owned())
            .collect()
    }

    /// Notes that a secret's value stands here.
    pub fn hide(&self, span: Span) {
        self.hidden.borrow_mut().push(span);
    }

    /// Whether a problem was found at exactly this place.
    pub fn found_at(&self, span: &Span) -> bool {
        self.found.borrow().contains(&(span.start, span.end))
    }

    /// Every path the reader asked for.
    pub fn into_asked(self) -> BTreeSet<String> {
        self.asked.into_inner()
    }

    /// The problems found and the places to blank.
    pub fn into_problems(self) -> (Vec<Problem>, Vec<Span>) {
        (self.problems.into_inner(), self.hidden.into_inner())
    }
}

/// `is only …` or `are …`.
fn all(known: &[&'static str]) -> String {
    let mut known = known.to_vec();
    known.sort_unstable();
    match known.as_slice() {
        [only] => format!("is only `{only}`"),
        _ => format!(
            "are {}",
            list(known.iter().copied()).replace(" or ", " and ")
        ),
    }
}
