//! The sandbox that `--sandbox` goes to, with what a file takes for given in it.

use std::collections::BTreeMap;

use serde_json::json;

use crate::check::keys;
use crate::command_error::CommandError;
use crate::message::{Command, Verb, message};
use crate::render::Console;
use crate::sandbox::{Running, Sandbox};
use crate::stack::{Stack, is_zone_id};

/// A running sandbox, in whose partition of `region` the file's hosted zone, images and KMS keys exist.
pub(super) fn sandbox(
    stack: &Stack,
    region: &str,
    console: &Console,
) -> Result<Running, CommandError> {
    let home = Sandbox::of_user()?;
    let running = match home.running() {
        Some(running) => running,
        None => {
            let running = home.start(0, "fast", &mut |text| console.say(text))?;
            console.say(message![
                format!("started a sandbox at {} (", running.url),
                Command::new(Verb::SandboxStop),
                " ends it)",
            ]);
            running
        }
    };
    let zones: Vec<&str> = stack
        .domain
        .iter()
        .filter_map(|domain| domain.zone.as_deref())
        .filter(|zone| !is_zone_id(zone))
        .collect();
    // One that the file names by its id is of the domain above the name.
    let zone_ids: BTreeMap<&str, &str> = stack
        .domain
        .iter()
        .filter_map(|domain| Some((domain.zone.as_deref()?, domain.name.as_str())))
        .filter(|(zone, _)| is_zone_id(zone))
        .map(|(zone, name)| (zone, name.split_once('.').map_or(name, |(_, above)| above)))
        .collect();
    let images: Vec<String> = stack
        .services
        .values()
        .map(|service| {
            let tag = service.image.tag.as_deref().unwrap_or("v1");
            format!("{}:{tag}", service.image.name)
        })
        .collect();
    let keys: Vec<&String> = keys::named(stack).into_keys().collect();
    running
        .control()
        .post(
            "seed",
            &json!({ "zones": zones, "zone_ids": zone_ids, "images": images, "region": region, "keys": keys }),
        )
        .map_err(|error| {
            let what = format!("the sandbox did not answer: {error}");
            // One that another version of ajuda has started may know other words.
            let stop = Command::new(Verb::SandboxStop);
            CommandError::error(what).hint(message![stop, " ends it; the same command starts another"])
        })?;
    Ok(running)
}
