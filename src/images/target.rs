//! The stack's own repository, and the token that opens it: in memory only, for as long as the push lasts.

use aws_sdk_ecr::types::ImageTagMutability;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::credentials::Login;
use super::remote::Remote;
use crate::aws::grant::{Grant, anywhere, on};
use crate::aws::{Cloud, STACK_TAG, fault, is_loopback};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::Fault;
use crate::message::{commands, message};

/// A repository of the stack, ready to be written to.
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What images are pulled from.
    pub uri: String,
    /// Whether a tag, once pushed, cannot be moved.
    pub immutable: bool,
    pub(super) remote: Remote,
}

/// The repository `name` of this stack.
///
/// # Errors
/// It is not there or not this stack's, ECR gives no token, or names a registry that may not be trusted
/// with it.
pub async fn target(cloud: &Cloud, name: &str) -> Result<Target, CommandError> {
    let found = cloud
        .ecr
        .describe_repositories()
        .repository_names(name)
        .send()
        .await
        .map_err(fault("ecr:DescribeRepositories"));
    let found = match found {
        Ok(answer) => answer.repositories.unwrap_or_default().pop(),
        Err(fault) if fault.is_absent() => None,
        Err(fault) => {
            return Err(CommandError::fault(
                &format!("cannot look at {name}"),
                &fault,
            ));
        }
    };
    let Some(found) = found else {
        return Err(
            CommandError::error(format!("the repository {name} is not there")).hint(message![
                commands::up(),
                " makes it; it brings up all else without the image, too",
            ]),
        );
    };
    let missing = |field| {
        let fault = Fault::incomplete("ecr:DescribeRepositories", field);
        CommandError::fault(&format!("cannot look at {name}"), &fault)
    };
    let arn = found
        .repository_arn
        .ok_or_else(|| missing("repositoryArn"))?;
    let uri = found
        .repository_uri
        .ok_or_else(|| missing("repositoryUri"))?;
    check_owner(cloud, name, &arn).await?;
    let (registry, login) = registry_login(cloud).await?;
    let remote = Remote::with_login(&registry, name, login, cloud.ca_bundle.as_ref())
        .map_err(|problem| problem.stop(format!("cannot push to {name}")))?;
    Ok(Target {
        remote,
        name: name.to_owned(),
        arn,
        uri,
        immutable: matches!(
            found.image_tag_mutability,
            Some(ImageTagMutability::Immutable | ImageTagMutability::ImmutableWithExclusion)
        ),
    })
}

/// Only a repository of this stack is written to.
async fn check_owner(cloud: &Cloud, name: &str, arn: &str) -> Result<(), CommandError> {
    let answer = cloud
        .ecr
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .map_err(fault("ecr:ListTagsForResource"))
        .map_err(|fault| CommandError::fault(&format!("cannot tell whose {name} is"), &fault))?;
    let stack = answer.tags().iter().find(|tag| tag.key() == STACK_TAG);
    match stack.map(|tag| tag.value()) {
        Some(stack) if stack == cloud.place.stack => Ok(()),
        Some(other) => Err(CommandError::new(
            ErrorKind::Refused,
            format!("the repository {name} belongs to stack {other}"),
        )),
        None => Err(CommandError::new(
            ErrorKind::Refused,
            format!("the repository {name} was not made by ajuda"),
        )),
    }
}

/// ECR's registry and what opens it (ECR API, `GetAuthorizationToken`: user and password, base64).
async fn registry_login(cloud: &Cloud) -> Result<(String, Login), CommandError> {
    let what = "cannot sign in to ECR";
    let missing = |field| {
        let fault = Fault::incomplete("ecr:GetAuthorizationToken", field);
        CommandError::fault(what, &fault)
    };
    let answer = cloud
        .ecr
        .get_authorization_token()
        .send()
        .await
        .map_err(fault("ecr:GetAuthorizationToken"))
        .map_err(|fault| CommandError::fault(what, &fault))?;
    let data = answer
        .authorization_data()
        .first()
        .ok_or_else(|| missing("authorizationData"))?;
    let endpoint = data
        .proxy_endpoint()
        .ok_or_else(|| missing("proxyEndpoint"))?;
    let token = data
        .authorization_token()
        .and_then(|token| STANDARD.decode(token).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| missing("authorizationToken"))?;
    let (user, password) = token
        .split_once(':')
        .ok_or_else(|| missing("authorizationToken"))?;
    let registry = host(endpoint).ok_or_else(|| {
        CommandError::error(what).detail(format!(
            "it names `{endpoint}`, and the token goes nowhere without TLS"
        ))
    })?;
    let login = Login::Password {
        user: user.to_owned(),
        password: password.to_owned(),
    };
    Ok((registry, login))
}

/// The host of an endpoint, with its port; without TLS only one on this machine.
fn host(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    let secure = match url.scheme() {
        // The registry's client speaks plain HTTP to this machine.
        "https" => !is_loopback(&url),
        "http" => is_loopback(&url),
        _ => false,
    };
    let host = url.host_str().filter(|_| secure)?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// What pushing an image needs ("Pushing a Docker image to an Amazon ECR private repository"): the registry's own calls are asked about by IAM as these.
pub(crate) const GRANTS: &[Grant] = &[
    anywhere(&["ecr:GetAuthorizationToken"]),
    on(
        &["ecr:repository/{repository}"],
        &[
            "ecr:DescribeRepositories",
            "ecr:ListTagsForResource",
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload",
            "ecr:PutImage",
        ],
    ),
];
