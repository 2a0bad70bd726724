//! Questions before something changes: what, of which stack, where, and which answer says yes.

use super::json::Origin;
use crate::engine::{Action, Item, Plan, Resource, Summary};
use crate::resources::{DbInstance, Secret, Service};
use crate::stack::Stack;

/// `what` ends where the stack belongs, such as `change open-webui of`; `right` is the answer that says yes.
pub(super) fn question(what: &str, origin: Option<&Origin>, right: &str) -> String {
    let whose = origin.map_or_else(|| "the stack".to_owned(), target);
    let how = match right {
        "yes" => "(yes/no)".to_owned(),
        name => format!("type {name} to confirm:"),
    };
    format!("{what} {whose}? {how}")
}

/// A stack and its place. Who has several terminals open reads this before the answer.
fn target(origin: &Origin) -> String {
    let Origin {
        stack,
        account,
        region,
        sandbox,
    } = origin;
    match sandbox {
        true => format!("the stack {stack} in the sandbox ({region}, account {account})"),
        false => format!("the stack {stack} in {region} of AWS account {account}"),
    }
}

/// What a plan does, as a question begins: `create 3, change 1 and delete 2 resources`.
pub fn changes(plan: &Plan) -> String {
    let Summary {
        create,
        update,
        replace,
        delete,
        ..
    } = plan.summary();
    let all = [
        ("create", create),
        ("change", update),
        ("replace", replace),
        ("delete", delete),
    ];
    let parts = all.into_iter().filter(|(_, count)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(verb, count)| format!("{verb} {count}"))
        .collect();
    let things = match create + update + replace + delete {
        1 => "resource",
        _ => "resources",
    };
    format!("{} {things}", listed(&parts))
}

/// What removing a stack takes away, a sentence each, for whoever is asked.
pub fn removal(plan: &Plan, stack: &Stack) -> Vec<String> {
    let gone = || {
        let items = plan.items.iter();
        items.filter(|item| item.action == Action::Delete)
    };
    let named = |items: Vec<&Item>| -> Vec<String> {
        items
            .into_iter()
            .map(|item| item.address.to_string())
            .collect()
    };
    let of_kind =
        |kind: &str| -> Vec<&Item> { gone().filter(|item| item.address.kind() == kind).collect() };
    let mut lines = Vec::new();
    let services: Vec<String> = of_kind(Service::KIND)
        .into_iter()
        .map(|item| item.address.name().to_owned())
        .collect();
    match services.as_slice() {
        [] => {}
        [one] => lines.push(format!("{one} goes down")),
        many => lines.push(format!("{} go down", listed(many))),
    }
    let databases = named(of_kind(DbInstance::KIND));
    let snapshot = stack.database.as_ref().is_some_and(|it| it.final_snapshot) && !stack.disposable;
    if !databases.is_empty() {
        let after = match snapshot {
            true => "a final snapshot stays",
            false => "no snapshot stays, and there is no way back",
        };
        lines.push(format!("the data in {} goes: {after}", listed(&databases)));
    }
    let secrets = of_kind(Secret::KIND).len();
    if secrets > 0 {
        let many = match secrets {
            1 => "1 secret goes".to_owned(),
            many => format!("{many} secrets go"),
        };
        let after = match stack.disposable {
            true => "at once, and there is no way back",
            false => "and can be restored for 30 days",
        };
        lines.push(format!("{many} {after}"));
    }
    let is_listed = |item: &&Item| ![DbInstance::KIND, Secret::KIND].contains(&item.address.kind());
    let rest = named(gone().filter(|item| item.data).filter(is_listed).collect());
    if !rest.is_empty() {
        lines.push(format!(
            "what is in {} goes, and there is no way back",
            listed(&rest)
        ));
    }
    lines
}

/// `a`, `a and b`, `a, b and c`.
fn listed(all: &[String]) -> String {
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_people_do() {
        let all = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(listed(&all[..0]), "");
        assert_eq!(listed(&all[..1]), "a");
        assert_eq!(listed(&all[..2]), "a and b");
        assert_eq!(listed(&all), "a, b and c");
    }

    #[test]
    fn a_question_names_stack_region_account_and_sandbox() {
        let mut origin = Origin {
            stack: "chat".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            sandbox: false,
        };
        assert_eq!(
            question("change app of", Some(&origin), "yes"),
            "change app of the stack chat in eu-west-1 of AWS account 123456789012? (yes/no)"
        );
        origin.sandbox = true;
        assert_eq!(
            question("delete 3 resources of", Some(&origin), "chat"),
            "delete 3 resources of the stack chat in the sandbox (eu-west-1, account 123456789012)? \
             type chat to confirm:"
        );
    }
}
