//! The ids of a network that is not the stack's, checked before something is made in it.

use super::Common;
use super::file::refused;
use super::session::Session;
use crate::engine::Class;
use crate::exit::Stop;
use crate::operate::existing_network::findings;
use crate::render::Console;
use crate::stack;

/// What is to be known of the network that the file names; nothing where it is the stack's own.
///
/// # Errors
/// `up` is known to fail in it: told at its places in the file.
pub(super) async fn check(
    session: &Session,
    common: &Common,
    console: &Console,
) -> Result<Vec<String>, Stop> {
    let found = match findings(&session.cloud, &session.stack).await {
        Ok(found) => found,
        Err(fault) => {
            let way = match fault.class {
                Class::Denied => {
                    ": allow ec2:DescribeVpcAttribute, ec2:DescribeSubnets, ec2:DescribeRouteTables and \
                     ec2:DescribeVpcEndpoints to whoever runs this"
                }
                _ => "",
            };
            return Ok(vec![format!(
                "the network that the file names could not be checked: {fault}{way}"
            )]);
        }
    };
    let fails = found.iter().filter(|finding| finding.fails);
    let wrong: Vec<_> = fails
        .map(|one| (one.place.as_str(), one.message.as_str(), one.right.as_str()))
        .collect();
    if !wrong.is_empty() {
        let wrong = stack::refuse_ids(&session.source, &common.file, wrong);
        return Err(refused(&session.source, &common.file, &wrong, console));
    }
    let advice = found.iter();
    Ok(advice
        .map(|one| format!("{}: {}; {}", one.place, one.message, one.right))
        .collect())
}
