//! What an account holds, without what legitimately differs from run to run.

use std::collections::BTreeMap;

use ajuda::aws::ADDRESS_TAG;
use serde_json::{Map, Value, json};

/// The tag with hashes of what was last applied.
const APPLIED_TAG: &str = "ajuda:applied";

/// What AWS makes up for an object, by kind and place. Each value is called by its object wherever it
/// stands, so that a reference to the wrong object, or to one that is gone, is still a difference.
const MADE_UP: &[(&str, &str)] = &[
    (
        "acm certificates",
        "/DomainValidationOptions/0/ResourceRecord/Name",
    ),
    (
        "acm certificates",
        "/DomainValidationOptions/0/ResourceRecord/Value",
    ),
    ("application-autoscaling targets", "/ScalableTargetARN"),
    ("ec2 addresses", "/PrivateIpAddress"),
    ("ec2 addresses", "/PublicIp"),
    ("ecs services", "/deployments/0/id"),
    (
        "elasticache replication-groups",
        "/NodeGroups/0/PrimaryEndpoint/Address",
    ),
    (
        "elasticache replication-groups",
        "/NodeGroups/0/ReaderEndpoint/Address",
    ),
    ("elasticloadbalancing load-balancers", "/DNSName"),
    // The name ends with a hash of what cannot be changed, the VPC's id among it.
    ("elasticloadbalancing target-groups", "/TargetGroupName"),
    ("iam roles", "/RoleId"),
    ("rds instances", "/DbiResourceId"),
    ("rds instances", "/Endpoint/Address"),
    ("secretsmanager secrets", "/ARN"),
    ("servicediscovery namespaces", "/Id"),
];

/// Fields whose values nothing refers to and no two runs share, by the beginning of their kind.
const BLANK: &[(&str, &str)] = &[
    // Serial numbers and times.
    ("acm", "Serial"),
    ("logs", "creationTime"),
    // Where in a subnet's range a network interface was put, and what is named after that.
    ("ec2", "MacAddress"),
    ("ec2", "PrivateDnsName"),
    ("ec2", "PrivateIp"),
    ("ec2", "PrivateIpAddress"),
    ("ec2", "PublicDnsName"),
    ("ec2", "PublicIp"),
    ("ecs tasks", "privateIpv4Address"),
    // In which of the given subnets AWS put a node, a task or an instance.
    ("ec2 network-interfaces", "AvailabilityZone"),
    ("ec2 network-interfaces", "SubnetId"),
    ("ecs tasks", "availabilityZone"),
    ("ecs tasks", "details"),
    ("elasticache", "PreferredAvailabilityZone"),
    ("rds instances", "AvailabilityZone"),
    // Each container of a task.
    ("ecs tasks", "containerArn"),
    ("ecs tasks", "runtimeId"),
];

/// The inventory of a sandbox in a form in which two runs can be compared.
pub fn normal(inventory: &Value) -> Value {
    let names = names(inventory);
    let mut services = Map::new();
    for (service, kinds) in members(inventory) {
        for (kind, objects) in members(kinds) {
            let kind = format!("{service} {kind}");
            let mut all: Vec<Value> = members(objects)
                .map(|(id, object)| json!({ "id": word(id, &names), "is": plain(&kind, object, &names) }))
                .collect();
            all.sort_by_cached_key(Value::to_string);
            services.insert(kind, Value::Array(all));
        }
    }
    Value::Object(services)
}

/// The differences, a line each: what is missing, what is too much, and what is not as it should be.
pub fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (kind, wanted) in members(expected) {
        let all = |of: &Value| of.as_array().cloned().unwrap_or_default();
        let mut there = all(&found[kind]);
        let mut missing = all(wanted);
        missing.retain(|object| {
            let at = there.iter().position(|one| one == object);
            at.map(|at| there.swap_remove(at)).is_none()
        });
        for object in missing {
            match there.iter().position(|one| one["id"] == object["id"]) {
                Some(at) => compare(
                    &format!("{kind} {}", object["id"]),
                    &object,
                    &there.swap_remove(at),
                    &mut lines,
                ),
                None => lines.push(format!("{kind}: missing {object}")),
            }
        }
        lines.extend(there.iter().map(|one| format!("{kind}: besides {one}")));
    }
    lines
}

fn compare(path: &str, wanted: &Value, found: &Value, lines: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one
                .keys()
                .chain(other.keys().filter(|key| !one.contains_key(*key)))
            {
                compare(&format!("{path}.{key}"), &wanted[key], &found[key], lines);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{path}.{index}"), one, other, lines);
            }
        }
        _ if wanted == found => {}
        _ => lines.push(format!("{path}: {wanted} became {found}")),
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// What AWS made up → what it belongs to.
fn names(inventory: &Value) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (service, kinds) in members(inventory) {
        for (kind, objects) in members(kinds) {
            let kind = format!("{service} {kind}");
            for (id, object) in members(objects) {
                let label = address(object).unwrap_or_else(|| id.clone());
                if blank(id) != *id && label != *id {
                    names.insert(id.clone(), format!("‹{label}›"));
                }
                for (of, place) in MADE_UP {
                    if let Some(text) = object.pointer(place).and_then(Value::as_str)
                        && *of == kind
                    {
                        names.insert(text.to_owned(), format!("‹{label} {place}›"));
                    }
                }
                for (version, stages) in members(&object["SecretVersionsToStages"]) {
                    names.insert(version.clone(), format!("‹{label} {stages}›"));
                }
            }
        }
    }
    names
}

fn address(value: &Value) -> Option<String> {
    match value {
        Value::Array(all) => all.iter().find_map(address),
        Value::Object(map) => {
            let of = |key: &str| map.get(key).and_then(Value::as_str);
            if let Some(text) = of(ADDRESS_TAG) {
                return Some(text.to_owned());
            }
            if of("Key").or(of("key")) == Some(ADDRESS_TAG) {
                return of("Value").or(of("value")).map(str::to_owned);
            }
            map.values().find_map(address)
        }
        _ => None,
    }
}

fn plain(kind: &str, value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(word(text, names)),
        Value::Array(all) => {
            let mut all: Vec<Value> = all.iter().map(|one| plain(kind, one, names)).collect();
            // AWS promises no order in what it lists.
            all.sort_by_cached_key(Value::to_string);
            Value::Array(all)
        }
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let tag = map.get("Key").or(map.get("key")).and_then(Value::as_str);
                let hashes = key == APPLIED_TAG
                    || tag == Some(APPLIED_TAG) && key.eq_ignore_ascii_case("value");
                let blank = BLANK
                    .iter()
                    .any(|(of, field)| field == key && kind.starts_with(of));
                let value = match value {
                    Value::Null => Value::Null,
                    _ if blank => Value::from("…"),
                    // Ids are among the values that were hashed: of how many fields is the same.
                    Value::String(text) if hashes => Value::from(text.len()),
                    other => plain(kind, other, names),
                };
                (word(key, names), value)
            })
            .collect(),
        other => other.clone(),
    }
}

/// A text with addresses for ids, and with what is generated blanked out.
fn word(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    // The longest first: one may stand in another.
    for (id, name) in names.iter().rev() {
        if text.contains(id.as_str()) {
            text = text.replace(id.as_str(), name);
        }
    }
    blank(&text)
}

/// A text without its generated parts: ids and times.
fn blank(text: &str) -> String {
    if is_time(text) {
        return "‹time›".to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        if rest.get(..36).is_some_and(is_uuid) {
            out.push('…');
            rest = &rest[36..];
            continue;
        }
        if rest.get(..16).is_some_and(is_minute) {
            out.push('…');
            rest = &rest[16..];
            continue;
        }
        let inside = |c: char| c.is_ascii_alphanumeric();
        let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        let proxy = out.ends_with("ecs-service-connect-");
        out.push_str(if proxy || is_generated(token) {
            "…"
        } else {
            token
        });
        let end = after.chars().next().map_or(0, char::len_utf8);
        out.push_str(&after[..end]);
        rest = &after[end..];
    }
    out
}

/// 8, 16, 17 or 32 hexadecimal digits, as EC2, load balancing and ECS make them, or 14 decimal ones
/// (the time in the name of a final snapshot) and more: account numbers have 12.
fn is_generated(token: &str) -> bool {
    let hex = token.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    let decimal = token.chars().all(|c| c.is_ascii_digit());
    hex && matches!(token.len(), 8 | 16 | 17 | 32) || decimal && token.len() >= 14
}

/// `01234567-89ab-cdef-0123-456789abcdef`.
fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    })
}

/// `2026-03-01-09-30`, as RDS names the snapshots that it takes by itself.
fn is_minute(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 | 10 | 13 => byte == b'-',
        _ => byte.is_ascii_digit(),
    })
}

/// `2026-03-01T09:30:00…` or `2026-03-01 09:30:00…`.
fn is_time(text: &str) -> bool {
    let pattern = b"0000-00-00T00:00:00";
    text.len() >= pattern.len()
        && text.bytes().zip(pattern).all(|(found, shape)| match shape {
            b'0' => found.is_ascii_digit(),
            b'T' => matches!(found, b'T' | b' '),
            other => found == *other,
        })
}
