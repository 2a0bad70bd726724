//! Which service is meant, and which image of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::image_reference::is_version;
use crate::presets;
use crate::stack::{self, Stack};

impl Session {
    /// The services of these names, or all where none is named.
    pub(in crate::cli) fn services(&self, named: &[String]) -> Result<Vec<String>, CommandError> {
        if named.is_empty() {
            return Ok(self.stack.services.keys().cloned().collect());
        }
        let named: BTreeSet<&String> = named.iter().collect();
        named.into_iter().map(|name| self.service(name)).collect()
    }

    /// The service of this name.
    fn service(&self, name: &str) -> Result<String, CommandError> {
        known(&self.stack, name).map(|service| service.name.clone())
    }

    /// The service of this name, or the app where none is named.
    pub(in crate::cli) fn service_or_app(
        &self,
        named: Option<&str>,
    ) -> Result<String, CommandError> {
        match named {
            Some(name) => self.service(name),
            None => app(&self.stack).ok_or_else(|| {
                CommandError::error("which service?").hint("name it: `--service NAME`")
            }),
        }
    }

    /// The same, with what the file says of it.
    pub(in crate::cli) fn service_of(
        &self,
        named: Option<&str>,
    ) -> Result<&stack::Service, CommandError> {
        known(&self.stack, &self.service_or_app(named)?)
    }
}

/// The service that the file calls `name`.
///
/// # Errors
/// It has none of that name, and these instead.
pub(in crate::cli) fn known<'s>(
    stack: &'s Stack,
    name: &str,
) -> Result<&'s stack::Service, CommandError> {
    stack.services.get(name).ok_or_else(|| {
        let known: Vec<&str> = stack.services.keys().map(String::as_str).collect();
        CommandError::error(format!("there is no service `{name}` in the file"))
            .hint(format!("the file has {}", known.join(", ")))
    })
}

/// The service that is meant when none is named: the app.
pub(in crate::cli) fn app(stack: &Stack) -> Option<String> {
    let public = |service: &&stack::Service| service.public;
    let services = || stack.services.values();
    let only = (stack.services.len() == 1)
        .then(|| services().next())
        .flatten();
    presets::app(stack)
        .or(only)
        .or_else(|| services().find(public))
        .map(|service| service.name.clone())
}

/// `--image TAG` is for the app, `--image SERVICE=TAG` for any service.
pub(super) fn choose(
    stack: &Stack,
    images: &[String],
) -> Result<BTreeMap<String, String>, CommandError> {
    let mut chosen = BTreeMap::new();
    for image in images {
        let (service, tag) = match image.split_once('=') {
            Some((service, tag)) => (service.to_owned(), tag),
            None => {
                let app = app(stack).ok_or_else(|| {
                    CommandError::error("--image does not say which service it is for")
                        .hint("write it like `--image SERVICE=TAG`")
                })?;
                (app, image.as_str())
            }
        };
        let known: Vec<&str> = stack.services.keys().map(String::as_str).collect();
        let Some(declared) = stack.services.get(&service) else {
            return Err(CommandError::error(format!(
                "--image names the service `{service}`, which is not in the file"
            ))
            .hint(format!("the file has {}", known.join(", "))));
        };
        if !is_version(tag) {
            return Err(
                CommandError::error(format!("--image says `{tag}`, which is not a tag"))
                    .hint("write it like `--image v2`, or a digest: `--image sha256:…`"),
            );
        }
        if let Some(written) = declared
            .image
            .tag
            .as_deref()
            .filter(|written| *written != tag)
        {
            return Err(CommandError::new(
                ErrorKind::Refused,
                format!("the file says that {service} runs `{written}`, so `{tag}` cannot be chosen here"),
            )
            .hint("change the tag in the file, or take it out of the file to choose it here"));
        }
        chosen.insert(service, tag.to_owned());
    }
    Ok(chosen)
}
