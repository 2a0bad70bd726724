//! Ownership is a tag.

use std::collections::BTreeMap;

use crate::engine::{Address, Applied, Claim, Ownership, TagKeys};

use super::{Cloud, Job};

/// Names the stack an object belongs to.
pub const STACK_TAG: &str = "ajuda:stack";
/// Names the object's address in its stack.
pub const ADDRESS_TAG: &str = "ajuda:address";

/// Hashes of what was last applied.
pub const APPLIED_TAG: &str = "ajuda:applied";
/// Hashes of the keys of the tags that the file has set.
pub const KEYS_TAG: &str = "ajuda:tags";
/// Names the region of the stack: IAM is one for all regions.
pub const REGION_TAG: &str = "ajuda:region";
/// On objects that hold data: whether the file says that the stack is disposable. It tells people and
/// decides nothing, because whoever may write tags can write it.
pub const DISPOSABLE_TAG: &str = "ajuda:disposable";

/// Tags, by key.
pub type Tags = BTreeMap<String, String>;

/// The tags of an object that a stack file speaks of: neither ours, nor AWS's, nor its display name.
pub fn user_tags(tags: &Tags) -> Tags {
    tags.iter()
        .filter(|(key, _)| {
            !key.starts_with("ajuda:") && !key.starts_with("aws:") && key.as_str() != "Name"
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

impl Cloud {
    /// Whose an object with these tags is. `named` is the declared resource whose name it bears.
    /// `None`: neither ours nor in anybody's way.
    pub fn owner(&self, tags: &Tags, named: Option<&Address>) -> Option<Ownership> {
        let of = tags.get(STACK_TAG);
        let here = |region: &String| *region == self.place.region;
        if of == Some(&self.place.stack)
            && tags.get(REGION_TAG).is_none_or(here)
            && let Some(address) = tags.get(ADDRESS_TAG).and_then(|text| Address::parse(text))
        {
            let (address, moved_from) = match self.moved.get(&address) {
                Some(now) => (now.clone(), Some(address)),
                None => (address, None),
            };
            return Some(Ownership::Ours(Claim {
                address,
                moved_from,
                applied: tags.get(APPLIED_TAG).and_then(|text| Applied::parse(text)),
                tag_keys: tags.get(KEYS_TAG).and_then(|text| TagKeys::parse(text)),
            }));
        }
        named.map(|named| Ownership::Foreign {
            named: named.clone(),
            of: of.cloned(),
        })
    }

    /// An address, and those that the file has renamed to it.
    pub fn addresses<'a>(&'a self, address: &'a Address) -> impl Iterator<Item = &'a Address> {
        let before = self.moved.iter().filter(move |(_, now)| *now == address);
        std::iter::once(address).chain(before.map(|(before, _)| before))
    }

    /// AWS's name for a resource: `<stack>-<name>`, or the stack's own for the one called `main`.
    pub fn name(&self, address: &Address) -> String {
        self.place.name(address.name())
    }
}

/// Whether the object of a job may go together with the data in it, and although it is protected:
/// the file says that it is `disposable`, or the operator named it.
pub fn may_destroy(job: &Job, disposable: bool) -> bool {
    disposable || job.is_forced(job.address())
}

/// Every tag that the object of a job carries: the file's, its display name and those of ownership.
pub fn all_tags(job: &Job, of_file: &Tags) -> Tags {
    let mut tags = of_file.clone();
    tags.insert("Name".to_owned(), job.name(job.address()));
    tags.insert(STACK_TAG.to_owned(), job.place.stack.clone());
    tags.insert(REGION_TAG.to_owned(), job.place.region.clone());
    tags.insert(ADDRESS_TAG.to_owned(), job.address().to_string());
    if let Some(applied) = job.applied() {
        tags.insert(APPLIED_TAG.to_owned(), applied.to_string());
    }
    if let Some(keys) = job.tag_keys() {
        tags.insert(KEYS_TAG.to_owned(), keys.to_string());
    }
    tags
}

/// The keys of the tags that an update takes off the object of a job, before it writes the others: those
/// that have left the file and, with the last of them, what was noted of them. None at most updates.
pub fn tags_taken_out(job: &Job) -> Vec<String> {
    let mut keys = job.taken_out().to_vec();
    if !keys.is_empty() && job.tag_keys().is_none() {
        keys.push(KEYS_TAG.to_owned());
    }
    keys
}

/// Tags in a service's own type, built by `make` from key and value.
pub fn tag_list<T>(tags: &Tags, make: impl Fn(&str, &str) -> T) -> Vec<T> {
    tags.iter().map(|(key, value)| make(key, value)).collect()
}

/// The tags of an answer, by key and value of each in the service's own type.
pub fn tags_from<'a, K, V>(tags: impl Iterator<Item = (K, V)>) -> Tags
where
    K: Into<Option<&'a str>>,
    V: Into<Option<&'a str>>,
{
    tags.filter_map(|(key, value)| Some((key.into()?.to_owned(), value.into()?.to_owned())))
        .collect()
}

/// A text with what the value of a tag cannot hold replaced by `_`, 256 characters at most: for texts that
/// are neither the file's nor ours, such as names of callers. A role's session may be called `ann,bob`
/// (STS API, `AssumeRole.RoleSessionName`); ACM, ECS, Elastic Load Balancing, IAM, CloudWatch Logs and WAF
/// take letters, digits, spaces and `_.:/=+-@` only (their API models, `TagValue`), and S3 no commas.
pub fn tag_value(text: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    text.chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .take(256)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::tag_value;

    #[test]
    fn values_fit_into_tags() {
        assert_eq!(
            tag_value("arn:aws:sts::123456789012:assumed-role/deploy/ann,bob"),
            "arn:aws:sts::123456789012:assumed-role/deploy/ann_bob"
        );
        assert_eq!(tag_value("role/a,b=c"), "role/a_b=c");
        assert_eq!(tag_value(&"x".repeat(300)).len(), 256);
    }
}
