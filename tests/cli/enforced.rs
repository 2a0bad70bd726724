//! Commands under just the policies that `permissions` prints, and what IAM allowed of all that they asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};

/// The verbs that have policies.
pub const VERBS: [&str; 8] = [
    "plan", "up", "adopt", "update", "exec", "secrets", "db", "destroy",
];

/// The policy documents of a verb for the file that the desk has.
pub fn documents(desk: &Desk, verb: &str) -> Vec<Value> {
    let ended = desk.deploy(&["permissions", verb, "--output", "json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let said: Value = serde_json::from_str(&ended.out).unwrap();
    let policies = said["permissions"][0]["policies"].as_array().unwrap();
    policies.iter().map(|one| one["document"].clone()).collect()
}

/// Every action that documents allow.
pub fn actions(documents: &[Value]) -> BTreeSet<String> {
    let statements = documents
        .iter()
        .flat_map(|one| one["Statement"].as_array().unwrap());
    let actions = statements.flat_map(|one| one["Action"].as_array().unwrap());
    texts(actions)
}

fn texts<'v>(values: impl IntoIterator<Item = &'v Value>) -> BTreeSet<String> {
    let texts = values.into_iter().map(|one| one.as_str().unwrap());
    texts.map(str::to_owned).collect()
}

/// The documents without an action.
pub fn without(documents: &[Value], action: &str) -> Vec<Value> {
    let mut documents = documents.to_vec();
    for document in &mut documents {
        let statements = document["Statement"].as_array_mut().unwrap();
        for one in statements.iter_mut() {
            one["Action"]
                .as_array_mut()
                .unwrap()
                .retain(|one| one != action);
        }
        statements.retain(|one| one["Action"] != json!([]));
    }
    documents
}

/// The caller may do this from now on, and nothing else.
pub fn enforce(desk: &Desk, documents: &[Value]) {
    let documents = json!({ "documents": documents });
    desk.sandbox.control("POST", "policies", Some(documents));
}

/// The caller may do everything again.
pub fn release(desk: &Desk) {
    desk.sandbox.control("POST", "policies", Some(json!({})));
}

/// The actions that IAM was asked about.
fn asked(desk: &Desk) -> BTreeSet<String> {
    let requests = desk.sandbox.control("GET", "requests", None);
    let requests = requests.as_array().unwrap().iter();
    texts(requests.flat_map(|one| one["actions"].as_array().unwrap()))
}

/// What policies were in force for a verb, and what they allowed of what was asked for.
#[derive(Default)]
struct Record {
    documents: Vec<Value>,
    /// An action, an ARN and what a condition sees, each as JSON.
    allowed: BTreeSet<String>,
}

/// Commands on one desk, each under the policies of its verb.
pub struct Enforced<'d> {
    desk: &'d Desk,
    policies: BTreeMap<&'static str, Vec<Value>>,
    /// By verb; a new one for each file.
    records: Vec<(&'static str, Record)>,
}

impl<'d> Enforced<'d> {
    /// Under the policies of the file that the desk has.
    pub fn of(desk: &'d Desk) -> Self {
        let mut new = Self {
            desk,
            policies: BTreeMap::new(),
            records: Vec::new(),
        };
        new.read();
        new
    }

    /// From now on under the policies of the file that is there now.
    pub fn read(&mut self) {
        let of_verb = |verb| (verb, documents(self.desk, verb));
        self.policies = VERBS.map(of_verb).into();
        for (verb, documents) in &self.policies {
            let record = Record {
                documents: documents.clone(),
                allowed: BTreeSet::new(),
            };
            self.records.push((verb, record));
        }
    }

    /// What is done under the policies of a verb, however it is done.
    pub fn during<T>(&mut self, verb: &'static str, what: &str, act: impl FnOnce(&Desk) -> T) -> T {
        let documents = &self.policies[verb];
        self.desk.sandbox.control("DELETE", "requests", None);
        self.desk.sandbox.control("GET", "allowed", None);
        enforce(self.desk, documents);
        let made = act(self.desk);
        let allowed = self.desk.sandbox.control("GET", "allowed", None);
        release(self.desk);
        let declared = actions(documents);
        let asked = asked(self.desk);
        let undeclared: Vec<&String> = asked.difference(&declared).collect();
        assert_eq!(undeclared, [""; 0], "{what} under the policies of {verb}");
        let record = self.records.iter_mut().rev().find(|(of, _)| *of == verb);
        let allowed = allowed.as_array().unwrap().iter().map(Value::to_string);
        record.unwrap().1.allowed.extend(allowed);
        made
    }

    /// A command under the policies of a verb.
    pub fn ends(&mut self, verb: &'static str, words: &[&str]) -> Ended {
        let act = |desk: &Desk| match words.iter().position(|word| *word == "--") {
            // What follows `--` is the task's.
            Some(at) => {
                let (own, theirs) = words.split_at(at);
                let mut command = desk.command();
                run(command
                    .arg("deploy")
                    .args(own)
                    .arg("--sandbox")
                    .args(theirs))
            }
            None => desk.deploy(words),
        };
        self.during(verb, &format!("{words:?}"), act)
    }

    /// A command that gets through under the policies of a verb.
    pub fn succeeds(&mut self, verb: &'static str, words: &[&str]) -> Ended {
        let ended = self.ends(verb, words);
        assert_eq!(
            ended.code, 0,
            "{words:?} under the policies of {verb}: {}{}",
            ended.out, ended.err
        );
        ended
    }

    /// What the policies of each verb allow, and how much of it was needed. Reads are those of every verb, whoever asked.
    pub fn needs(&self) -> Needs {
        let mut all = Needs::new();
        for verb in VERBS {
            let by: &[&str] = match verb {
                "plan" => &VERBS,
                // What has left the file goes as it does with the stack.
                "up" => &["up", "destroy"],
                // The same, without the tags that what `up` made carries.
                "adopt" => &["up", "adopt", "destroy"],
                _ => &[verb],
            };
            // Each file's own documents are held against what was asked for under them.
            for round in self.records.chunks(VERBS.len()) {
                let of = |name: &str| &round.iter().find(|(of, _)| *of == name).unwrap().1;
                let requests = by.iter().flat_map(|name| &of(name).allowed);
                let requests: Vec<Value> = requests
                    .map(|one| serde_json::from_str(one).unwrap())
                    .collect();
                let wish = json!({ "documents": of(verb).documents, "requests": requests });
                let needed = self.desk.sandbox.control("POST", "needed", Some(wish));
                let need = all.entry(verb).or_default();
                need.declared.extend(actions(&of(verb).documents));
                need.needed.extend(texts(needed.as_array().unwrap()));
            }
        }
        all
    }
}

/// By verb.
pub type Needs = BTreeMap<&'static str, Need>;

/// Actions that policies allow.
#[derive(Debug, Default)]
pub struct Need {
    pub declared: BTreeSet<String>,
    /// Those without which a request would be denied: each alone taken out of all the documents, and every request that
    /// they allowed put to what is left.
    pub needed: BTreeSet<String>,
}
