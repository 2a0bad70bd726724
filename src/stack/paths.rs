//! Path patterns of a load balancer: which of them take each other's requests, and in which order they
//! are asked.
//!
//! `*` stands for any characters, also for none, `?` for exactly one ("Path conditions" in the user guide
//! for Application Load Balancers).

use super::model::{Service, Stack};

/// Whether every path that `narrow` matches is matched by `wide`. Some pairs that only odd mixtures of
/// `*` and `?` make equal are not seen.
pub(crate) fn covers(wide: &str, narrow: &str) -> bool {
    let (wide, narrow) = (wide.as_bytes(), narrow.as_bytes());
    // Row by row: whether the first characters of `wide` cover the first ones of `narrow`.
    let mut row = vec![false; narrow.len() + 1];
    row[0] = true;
    for &w in wide {
        let mut next = vec![false; narrow.len() + 1];
        next[0] = w == b'*' && row[0];
        for (at, &n) in narrow.iter().enumerate() {
            next[at + 1] = match w {
                b'*' => row[at + 1] || next[at],
                b'?' => n != b'*' && row[at],
                _ => w == n && row[at],
            };
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

/// Whether both match the same paths.
pub(crate) fn are_equal(one: &str, other: &str) -> bool {
    covers(one, other) && covers(other, one)
}

/// A pattern of `wide` that takes the requests of a pattern of `narrow` if it is asked first.
pub(crate) fn hides<'a>(wide: &'a Service, narrow: &'a Service) -> Option<(usize, usize)> {
    wide.paths
        .iter()
        .enumerate()
        .find_map(|(of_wide, pattern)| {
            let hidden = |path: &String| covers(pattern, path) && !covers(path, pattern);
            Some((of_wide, narrow.paths.iter().position(hidden)?))
        })
}

/// The public services with paths in the order in which their rules are asked: narrow patterns before
/// those that cover them, otherwise by name; and those for which no order is right, because they hide
/// each other.
pub fn in_order(stack: &Stack) -> (Vec<&Service>, Vec<&Service>) {
    let mut left: Vec<&Service> = stack
        .services
        .values()
        .filter(|service| service.public && !service.paths.is_empty())
        .collect();
    let mut order = Vec::new();
    while let Some(next) = left.iter().position(|wide| {
        let mut others = left.iter().filter(|narrow| narrow.name != wide.name);
        others.all(|narrow| hides(wide, narrow).is_none())
    }) {
        order.push(left.remove(next));
    }
    (order, left)
}

#[cfg(test)]
mod tests {
    use super::{are_equal, covers};

    #[test]
    fn a_pattern_covers_what_it_matches_all_of() {
        for (wide, narrow) in [
            ("/api/*", "/api/billing/*"),
            ("/*", "/"),
            ("*", "/api"),
            ("/api*", "/api/*"),
            ("/?pi/*", "/api/v1"),
            ("/a/*/z", "/a/b/*/z"),
            ("/a?", "/a?"),
            ("/*.png", "/img/?.png"),
        ] {
            assert!(covers(wide, narrow), "{wide} covers {narrow}");
            assert_eq!(
                covers(narrow, wide),
                wide == narrow,
                "{narrow} covers {wide}"
            );
        }
        for (one, other) in [
            ("/api/*", "/api"),
            ("/api/*", "/apis/*"),
            ("/a?", "/a*"),
            ("*/z", "/a/*"),
            ("/API/*", "/api/*"),
        ] {
            assert!(!covers(one, other), "{one} does not cover {other}");
        }
        assert!(are_equal("/api/*", "/api/**") && !are_equal("/api/*", "/api/?*"));
    }
}
