//! The requests by which a verb holds its stack's lease. How often it shows that it lives is a question of time, so
//! no test counts that.

use serde_json::Value;

/// Whether a request is about a lease: its log group is made, tagged or deleted.
pub fn is_of_lease(request: &Value) -> bool {
    let names = |key: &str| {
        let name = request[key].as_str();
        name.is_some_and(|name| name.contains("/lease-"))
    };
    names("target") || names("about")
}

/// Whether it shows that the holder of a lease lives.
pub fn renews_lease(request: &Value) -> bool {
    is_of_lease(request) && request["operation"] == "TagResource"
}

/// The same requests as of a verb that never renewed its lease: each renewal looks for it and tags it.
pub fn without_renewals(all: Vec<Value>) -> Vec<Value> {
    let mut looked = false;
    let mut is_first = |request: &Value| {
        let looks = request["operation"] == "DescribeLogGroups";
        let again = looks && looked;
        looked |= looks;
        !again && !renews_lease(request)
    };
    let all = all.into_iter();
    all.filter(|request| is_first(request)).collect()
}
