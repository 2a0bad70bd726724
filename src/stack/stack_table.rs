//! `[stack]`: the name, the place and the tags of everything.

use std::collections::BTreeMap;

use super::model::Unmanaged;
use super::problem::Problem;
use super::read::{At, Table};
use super::text::{self, all};
use super::value_error::{ValueError, word};

/// What `[stack]` says, and what every other table wants to know of it.
#[derive(Debug, Clone)]
pub(crate) struct StackTable {
    pub name: String,
    pub region: Option<String>,
    pub account: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub disposable: bool,
    pub unmanaged: Unmanaged,
}

impl StackTable {
    /// The region, if the file says it.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

pub(crate) fn read(root: &mut Table<'_>) -> StackTable {
    let mut table = root.table("stack");
    let name = table.parsed("name", name);
    if !table.has("name") {
        table.missing("name", "write [stack] and name = \"chat\" at the top");
    }
    let region = table.parsed("region", text::region);
    let account = table.parsed("account", account);
    let tags = tags(&mut table);
    let disposable = table.flag("disposable", false);
    let unmanaged = table.parsed("unmanaged", |text| {
        word(
            text,
            &[("keep", Unmanaged::Keep), ("remove", Unmanaged::Remove)],
        )
    });
    table.finish();
    StackTable {
        name: name.unwrap_or_else(|| "stack".to_owned()),
        region,
        account,
        tags,
        disposable,
        unmanaged: unmanaged.unwrap_or(Unmanaged::Keep),
    }
}

/// Names of load balancers may not begin with `internal-`, those of security groups not with `sg-`.
fn name(text: &str) -> Result<String, ValueError> {
    for reserved in ["internal", "sg", "aws"] {
        if text == reserved
            || text
                .strip_prefix(reserved)
                .is_some_and(|rest| rest.starts_with('-'))
        {
            return Err(ValueError::new(
                "cannot be used as a name",
                format!("AWS keeps names that begin with `{reserved}-` for itself"),
            ));
        }
    }
    text::slug(text, 2, 20)
}

fn account(text: &str) -> Result<String, ValueError> {
    if text.len() == 12 && all(text, |c| c.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    let wrong = ValueError::new("is not an account", "must be 12 digits in quotes");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    Err(if digits.len() == 12 {
        wrong.hint(format!("write \"{digits}\""))
    } else {
        wrong
    })
}

/// AWS takes 50 tags of an object, and as many as 13 of a database are ours.
const MOST_TAGS: usize = 35;

/// All keys and values together. This one is not AWS's word: it documents the length of one tag and the number of
/// them. Every create call carries them all, in some services as text of its query, and what is longer than any
/// cost report needs is refused here rather than by the one service that minds it.
const MOST_TAG_BYTES: usize = 8 * 1024;

/// Keys to 128 and values to 256 characters, and no more than AWS's 50 with our own.
fn tags(table: &mut Table<'_>) -> BTreeMap<String, String> {
    let report = table.report();
    let mut inner = table.table("tags");
    let mut tags = BTreeMap::new();
    // Where each key stands, by how IAM compares it.
    let mut keys: BTreeMap<String, At<&str>> = BTreeMap::new();
    for (name, value) in inner.entries() {
        let path = inner.path_of(name.value);
        let Some(text) = inner.text_of(&path, value) else {
            continue;
        };
        if let Err(wrong) = tag_key(name.value) {
            report.add(wrong.at(&path, name.span));
        } else if let Some(same) = keys.get(&name.value.to_lowercase()) {
            // IAM API, CreateRole, Tags: keys are compared without regard to case.
            let what = format!("`{path}` differs from `{}` only in case", same.value);
            let label = "IAM takes both for one tag, and refuses a role that has it twice";
            let problem = Problem::new(name.span, what, label);
            let problem = problem.hint("write one of them");
            report.add(problem.also(same.span.clone(), "the same tag"));
        } else if text.to_ascii_lowercase().starts_with("aws:") {
            // ECS API, Tag: "as a prefix for either keys or values".
            report.add(Problem::new(
                value.span(),
                format!("`{path}` cannot be the value of a tag"),
                "AWS keeps values that begin with `aws:` for itself",
            ));
        } else if text.chars().count() > 256 || !text.chars().all(is_tag_character) {
            report.add(Problem::new(
                value.span(),
                format!("`{path}` cannot be the value of a tag"),
                "must be up to 256 letters, digits, spaces and `_.:/=+-@`",
            ));
        } else {
            keys.insert(name.value.to_lowercase(), name.clone());
            tags.insert(name.value.to_owned(), text);
        }
    }
    if tags.len() > MOST_TAGS {
        report.add(Problem::new(
            inner.span(),
            format!("{} tags are too many", tags.len()),
            format!("must be {MOST_TAGS} or fewer: AWS takes 50, and some are ours"),
        ));
    }
    let bytes: usize = tags.iter().map(|(key, text)| key.len() + text.len()).sum();
    if bytes > MOST_TAG_BYTES {
        report.add(Problem::new(
            inner.span(),
            format!("the tags are {bytes} bytes in all"),
            "must be 8192 bytes or fewer, keys and values together",
        ));
    }
    tags
}

fn tag_key(text: &str) -> Result<(), ValueError> {
    let lower = text.to_ascii_lowercase();
    for reserved in ["aws:", "ajuda:"] {
        if lower.starts_with(reserved) {
            return Err(ValueError::new(
                "cannot be a tag",
                format!("`{reserved}` is reserved"),
            ));
        }
    }
    if lower == "name" {
        return Err(ValueError::new(
            "cannot be a tag",
            "every object's `Name` is its own",
        ));
    }
    if text.is_empty() || text.chars().count() > 128 || !text.chars().all(is_tag_character) {
        return Err(ValueError::new(
            "cannot be a tag",
            "must be 1 to 128 letters, digits, spaces and `_.:/=+-@`",
        ));
    }
    Ok(())
}

fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}
