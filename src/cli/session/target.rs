//! Who signs requests and where they go, said where it is not what an operator would take for given.

use crate::aws::Cloud;
use crate::cli::options::Common;
use crate::render::Console;

/// Says which credentials sign where the environment names two: keys come before `AWS_PROFILE`, as in
/// every AWS tool.
pub(super) fn name_signer(common: &Common, console: &Console) {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if common.profile.is_none()
        && let (Some(profile), Some(_)) = (set("AWS_PROFILE"), set("AWS_ACCESS_KEY_ID"))
    {
        console.say(format!(
            "{} the keys of AWS_ACCESS_KEY_ID sign, not those of the profile {profile} that AWS_PROFILE \
             names: pass --profile {profile}, or unset one of the two",
            console.talk_style().accent("warning:")
        ));
    }
}

/// Says to whom requests go, when that is not AWS.
pub(super) fn name_endpoints(cloud: &Cloud, console: &Console) {
    if cloud.endpoints.is_empty() {
        return;
    }
    let all: Vec<String> = cloud.endpoints.iter().map(ToString::to_string).collect();
    let warning = console.talk_style().accent("warning:");
    console.name_target(format!(
        "{warning} requests go to {}, as AWS_ENDPOINT_URL or the profile says, not to AWS's own hosts",
        all.join(" and to ")
    ));
}
