//! What people see: questions that name their stack, ends that say what runs and what to type, lines that
//! fit a terminal of 80 columns.

use serde_json::{Value, json};

use crate::binary::{Desk, Ended};
use crate::support::hints;
use crate::support::terminal::on_a_terminal;

const WEB: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";
const ALL: [&str; 3] = ["stdin", "stdout", "stderr"];

fn up(desk: &Desk) -> Ended {
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    up
}

fn push(desk: &Desk, image: &str, behaviour: &str) {
    let said = json!({ "image": image, "behaviour": behaviour });
    desk.sandbox.control("POST", "images", Some(said));
}

/// What a terminal of so many columns shows; a question is answered with `answer`.
fn shown(desk: &Desk, words: &[&str], columns: &str, answer: Option<(&str, &str)>) -> String {
    let mut command = desk.command();
    command.arg("deploy").args(words).arg("--sandbox");
    // A line for each event, not a tree that draws over itself.
    for (name, value) in [("COLUMNS", columns), ("CI", "1"), ("NO_COLOR", "1")] {
        command.env(name, value);
    }
    for variable in ["GOOGLE_CLIENT_SECRET", "SEALION_API_KEY"] {
        command.env(variable, "a-value-for-tests");
    }
    let steps: Vec<(&str, &str)> = answer.into_iter().collect();
    on_a_terminal(&command, &ALL, &steps).said
}

fn last(ended: &Ended) -> &str {
    ended.err.trim_end().lines().last().unwrap_or_default()
}

#[test]
fn every_question_names_the_stack_the_region_the_account_and_the_sandbox() {
    let text = format!(
        "{WEB}secrets = {{ KEY = {{ generate = 32 }} }}\n[database]\nname = \"tiny\"\nextensions = [\"pg_trgm\"]\n"
    );
    let desk = Desk::with(&text);
    let place = "the stack tiny in the sandbox (us-east-1, account 123456789012)?";
    let wait = "account 123456789012)?";
    let ask = |words: &[&str]| {
        let said = shown(&desk, words, "400", Some((wait, "no\n")));
        assert!(
            said.contains("not confirmed; nothing was changed"),
            "{said}"
        );
        said
    };
    let first = ask(&["up"]);
    assert!(first.contains(" resources of the stack tiny"), "{first}");
    assert!(first.contains("create "), "{first}");
    // The warning is beside the question, and not above the plan.
    let (warning, plan) = (
        first.find("warning: there is no [domain]"),
        first.find("plan: "),
    );
    assert!(warning > plan, "{first}");
    up(&desk);
    assert_eq!(desk.deploy(&["db", "backup", "--name", "one"]).code, 0);
    for (words, says) in [
        (&["update", "--restart"][..], "change the service web of"),
        (&["scale", "web=2"], "change the service web of"),
        (
            &["secrets", "rotate", "web/KEY"],
            "make a new value of secret/web/KEY in",
        ),
        (
            &["secrets", "rotate", "database-app"],
            "make a new value of secret/database-app in",
        ),
        (
            &["db", "restore", "--snapshot", "one"],
            "restore the database tiny of",
        ),
        (
            &["db", "extensions", "--upgrade"],
            "bring the extensions up to date in the database of",
        ),
        (&["destroy"], "resources of"),
    ] {
        let said = ask(words);
        assert!(
            said.contains(&format!("{says} {place}")),
            "{words:?}: {said}"
        );
    }
    let destroy = ask(&["destroy"]);
    for taken in [
        "web goes down",
        "the data in db-instance/main goes: no snapshot stays",
        "3 secrets go at once, and there is no way back",
        "what is in bucket/access-logs and repository/web goes",
        "type tiny to confirm:",
    ] {
        assert!(destroy.contains(taken), "{taken}: {destroy}");
    }
}

#[test]
fn the_last_line_says_what_runs_and_where_or_what_to_type() {
    let desk = Desk::with(WEB);
    let first = up(&desk);
    let address = first
        .out
        .lines()
        .find_map(|line| line.strip_prefix("address"));
    let address = address.unwrap().trim().to_owned();
    let runs = |version: &str| format!("web runs {version}, 1 of 1 healthy, {address}");
    assert_eq!(last(&first), runs("v1"));
    assert_eq!(last(&up(&desk)), runs("v1"), "also when nothing was to do");
    push(&desk, "web:v2", "ok");
    push(&desk, "web:v3", "crash");
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    assert_eq!(last(&update), runs("v2"), "{}", update.err);
    // Tags first, digests after them.
    let (tag, image) = (
        update.err.find("tag  \"v1\" → \"v2\""),
        update
            .err
            .find("image  v1 → sha256:")
            .or(update.err.find("image  sha256:")),
    );
    assert!(tag.is_some() && tag < image, "{}", update.err);
    let failed = desk.deploy(&["update", "--image", "v3", "--yes"]);
    assert_eq!(failed.code, 5, "{}", failed.err);
    assert!(
        failed.err.contains(&format!("rolled back: {}", runs("v2"))),
        "{}",
        failed.err
    );
    assert!(
        last(&failed).starts_with("next: `ajuda deploy logs --sandbox --service web --since 1h`"),
        "{}",
        failed.err
    );
    let history = desk.deploy(&["history"]);
    assert!(
        history.out.contains("web exited with code 1"),
        "{}",
        history.out
    );
    let history = desk.deploy(&["history", "--output", "json"]);
    let history: Value = serde_json::from_str(&history.out).unwrap();
    assert_eq!(
        history["deployments"][0]["crashed"]["exit_code"], 1,
        "{history:#}"
    );
    assert_eq!(
        history["deployments"][1]["crashed"],
        Value::Null,
        "{history:#}"
    );
    let back = desk.deploy(&["rollback", "--yes"]);
    assert_eq!(last(&back), runs("v1"), "{}", back.err);
    let scaled = desk.deploy(&["scale", "web=2", "--yes"]);
    assert_eq!(
        last(&scaled),
        runs("v1").replace("1 of 1", "2 of 2"),
        "{}",
        scaled.err
    );
    let none = desk.deploy(&["scale", "web=0", "--yes"]);
    assert_eq!(last(&none), "web runs no task", "{}", none.err);
    let unwatched = desk.deploy(&["scale", "web=1", "--no-wait", "--yes"]);
    assert!(
        last(&unwatched).contains("`ajuda deploy status --sandbox`"),
        "{}",
        unwatched.err
    );
}

/// A migration works on the same service in several steps, and is one change of it.
#[test]
fn what_is_changed_in_several_steps_counts_once() {
    let desk = Desk::copy("examples/sandbox.toml");
    up(&desk);
    push(&desk, "ajuda-digital:v2", "ok");
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    assert_eq!(update.code, 0, "{}", update.err);
    assert!(
        update.err.contains("done: 2 created, 1 changed\n"),
        "{}",
        update.err
    );
    assert!(
        last(&update).starts_with("open-webui runs v2, 1 of 1 healthy, https://"),
        "{}",
        update.err
    );
}

#[test]
fn outputs_have_what_is_entered_elsewhere() {
    let desk = Desk::copy("examples/domain.toml");
    let names = json!({ "certificates": ["chat.example.org"] });
    let made = desk.sandbox.control("POST", "seed", Some(names));
    let theirs = made["certificates"]["chat.example.org"].as_str().unwrap();
    let written =
        "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-4000-8000-123456789012";
    desk.write(&desk.text().replace(written, theirs));
    up(&desk);
    let outputs = desk.deploy(&["outputs", "--output", "json"]);
    let outputs: Value = serde_json::from_str(&outputs.out).unwrap();
    assert_eq!(
        outputs["dns_record"],
        json!({ "name": "chat.example.org", "type": "CNAME", "value": outputs["load_balancer"] })
    );
    assert_eq!(outputs["cluster"], "chat-cluster");
    assert_eq!(outputs["bucket"], "chat-uploads-123456789012-us-east-1");
    assert_eq!(outputs["admin"]["email"], "admin@example.org");
    let get = outputs["admin"]["password_command"].as_str().unwrap();
    hints::check(get);
    let words: Vec<&str> = get
        .split(' ')
        .skip(2)
        .filter(|word| *word != "--sandbox")
        .collect();
    let password = desk.deploy(&[&words[..], &["--stdout"]].concat());
    assert_eq!(password.code, 0, "{}", password.err);
    assert!(password.out.len() >= 16, "a password");
    let said = desk.deploy(&["outputs"]).out;
    let record = format!(
        "chat.example.org CNAME {}",
        outputs["load_balancer"].as_str().unwrap()
    );
    for line in [
        record.as_str(),
        "`ajuda deploy secrets get --sandbox admin-password`",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn a_plain_web_app_sees_nothing_of_an_assistant() {
    let desk = Desk::copy("examples/any-web-app.toml");
    let mut said = String::new();
    for words in [
        &["plan"][..],
        &["up", "--yes"],
        &["outputs"],
        &["status"],
        &["history"],
        &["update", "--restart", "--yes"],
        &["secrets", "list"],
        &["db"],
        &["db", "extensions"],
        &["plan", "--refresh-only"],
        &["destroy", "--yes", "--delete-all-data"],
    ] {
        let ended = desk.deploy(words);
        assert_eq!(ended.code, 0, "{words:?}: {}", ended.err);
        said += &ended.out;
        said += &ended.err;
    }
    for word in ["google", "vector", "Google", "administrator", "Bedrock"] {
        assert!(!said.contains(word), "{word}: {said}");
    }
}

#[test]
fn what_is_not_there_is_told_with_the_region_and_the_account() {
    let text =
        format!("{WEB}secrets = {{ KEY = {{ generate = 32 }} }}\n[database]\nname = \"tiny\"\n");
    let desk = Desk::with(&text);
    up(&desk);
    for words in [
        &["update", "--restart", "--yes"][..],
        &["rollback", "--yes"],
        &["scale", "web=2", "--yes"],
        &["history"],
        &["destroy", "--yes"],
        &["outputs"],
        &["status"],
        &["run", "--", "true"],
        &["exec", "--", "true"],
        &["tunnel"],
        &["secrets", "get", "web/KEY", "--stdout"],
        &["secrets", "rotate", "web/KEY", "--yes"],
        &["db"],
        &["db", "backup"],
        &["db", "restore", "--to-time", "latest", "--yes"],
        &["plan", "--refresh-only"],
    ] {
        let mut command = desk.command();
        command
            .env("AJUDA_SANDBOX", "1")
            .env("AJUDA_REGION", "eu-west-1");
        let ended = crate::binary::run(command.arg("deploy").args(words));
        assert!(
            ended.err.contains("eu-west-1 of account 123456789012"),
            "{words:?}: {}",
            ended.err
        );
    }
}

/// Lines that a terminal of 80 columns would break where it wants to.
fn too_long(said: &str) -> Vec<&str> {
    let breakable = |line: &&str| {
        let parts: Vec<&str> = line.split('`').collect();
        // What is in backticks is one word.
        let outside: String = parts.iter().step_by(2).copied().collect();
        line.chars().count() > 80 && outside.split_whitespace().count() + parts.len() / 2 > 2
    };
    let logs = |line: &&str| !line.contains('─');
    said.lines().filter(breakable).filter(logs).collect()
}

#[test]
fn every_verb_fits_a_terminal_of_80_columns() {
    for file in ["stacks/production.toml", "examples/any-web-app.toml"] {
        let desk = Desk::copy(file);
        let name = if file.starts_with("stacks") {
            "open-webui"
        } else {
            "web"
        };
        let secret = if name == "web" {
            "web/SESSION_KEY"
        } else {
            "gateway-key"
        };
        for (words, answer) in [
            (&["plan"][..], None),
            (&["plan", "--full"], None),
            (&["check"], None),
            (&["up"], Some("yes\n")),
            (&["status"], None),
            (&["outputs"], None),
            (&["history"], None),
            (&["secrets", "list"], None),
            (&["secrets", "rotate", secret], Some("yes\n")),
            (&["db"], None),
            (&["db", "backups"], None),
            (&["db", "extensions"], None),
            (&["db", "upgrade"], None),
            (&["update", "--restart"], Some("yes\n")),
            (&["update", "--image", "v9"], None),
            (&["rollback"], Some("no\n")),
            (&["history", "nobody"], None),
            (&["adopt"], None),
            (&["unlock"], None),
            (&["plan", "--refresh-only"], None),
            (&["up"], None),
            (&["destroy"], None),
            (&["destroy", "--keep-data"], Some("no\n")),
        ] {
            let words: Vec<&str> = words.to_vec();
            let answer = answer.map(|answer| ("123456789012)?", answer));
            // A rollback of a stack of one deployment, and of a plain one, ends before it asks.
            let said = shown(&desk, &words, "80", answer);
            assert!(!said.contains("NEVER ENDED"), "{words:?}: {said}");
            if words[..] == ["plan", "--full"] {
                // Whole scripts and policies.
                continue;
            }
            let long = too_long(&said);
            assert!(long.is_empty(), "{file} {words:?}:\n{}", long.join("\n"));
        }
    }
}

/// A command that is copied without `--sandbox` would go to AWS.
#[test]
fn every_command_that_is_said_leads_to_the_same_place() {
    let desk = Desk::copy("examples/sandbox.toml");
    up(&desk);
    push(&desk, "ajuda-digital:v3", "crash");
    let update = desk.deploy(&["update", "--image", "v3", "--yes"]);
    assert_eq!(update.code, 5, "{}", update.err);
    let status = desk.deploy(&["status"]);
    let rollback = desk.deploy(&["rollback", "--yes"]);
    let restore = desk.deploy(&["rollback", "--restore-snapshot", "--yes"]);
    assert_eq!(restore.code, 0, "{}", restore.err);
    assert!(
        restore.err.contains("`ajuda deploy db cleanup --sandbox "),
        "{}",
        restore.err
    );
    let unknown = ["db", "restore", "--snapshot", "none", "--yes"];
    let json = desk.deploy(&[&unknown[..], &["--output", "json"]].concat());
    assert!(
        json.out.contains("`ajuda deploy db backups --sandbox`"),
        "{}",
        json.out
    );
    let mut count = 0;
    for ended in [update, status, rollback, restore, json] {
        for command in hints::commands(&(ended.out + &ended.err)) {
            assert!(command.contains(" --sandbox"), "{command}");
            count += 1;
        }
    }
    assert!(count >= 6, "{count} commands");
}
