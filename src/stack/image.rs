//! Image references: a short name is a repository of ours, one with a registry's host is somebody else's.

use super::model::Image;
use super::text::{all, partition, region};
use super::value_error::ValueError;
use crate::image_reference::{ImageReference, is_digest, is_tag};

/// Tags that move, so that the same file would mean another program tomorrow.
const MOVING: [&str; 7] = [
    "latest", "main", "master", "dev", "edge", "nightly", "stable",
];

/// What the host of a private registry of ECR ends in ("Amazon ECR endpoints and quotas", and the partitions of
/// botocore's `endpoints.json`).
const SUFFIXES: [&str; 9] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "on.aws",
    "on.amazonwebservices.com.cn",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

impl Image {
    /// The ARN of the private ECR repository that the reference names by its registry's host, in whatever account
    /// and region: `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`. `None` for a repository of the stack
    /// and for any other registry.
    pub fn ecr_repository(&self) -> Option<String> {
        let (host, repository) = self.name.split_once('/').filter(|_| !self.ours)?;
        let (account, rest) = host.split_once('.')?;
        let rest = ["dkr.ecr.", "dkr.ecr-fips.", "dkr-ecr.", "dkr-ecr-fips."]
            .iter()
            .find_map(|start| rest.strip_prefix(start))?;
        let (of, suffix) = rest.split_once('.')?;
        let is_ecr = account.len() == 12
            && all(account, |c| c.is_ascii_digit())
            && region(of).is_ok()
            && SUFFIXES.contains(&suffix);
        is_ecr.then(|| {
            let partition = partition(of);
            format!("arn:{partition}:ecr:{of}:{account}:repository/{repository}")
        })
    }
}

pub(crate) fn parse(text: &str) -> Result<Image, ValueError> {
    let parts = ImageReference::of(text);
    let ImageReference { name, tag, digest } = parts;
    let ours = parts.host().is_none();
    check_name(&parts)?;
    check_tag(tag, ours)?;
    if let Some(digest) = digest {
        check_digest(digest)?;
    }
    if !ours && tag.is_none() && digest.is_none() {
        return Err(
            ValueError::new("has no version", "needs a tag or a digest").hint(format!(
                "write \"{name}:v1.2.3\": without one, nobody can say which program runs"
            )),
        );
    }
    Ok(Image {
        ours,
        name: name.to_owned(),
        tag: parts.written_version().map(str::to_owned),
    })
}

/// ECR's rule for repositories, which is the strictest in use.
fn check_name(parts: &ImageReference<'_>) -> Result<(), ValueError> {
    let wrong = |label: &str| Err(ValueError::new("is not an image", label));
    let host = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
    if parts.host().is_some_and(|name| !all(name, host)) {
        return wrong("the registry's name is not a host");
    }
    let (name, repository) = (parts.name, parts.repository());
    if repository.contains("://") || name.starts_with("http") && name.contains(':') {
        return wrong("must be without a scheme, such as `ghcr.io/owner/name:v1`");
    }
    let part = |part: &str| {
        all(part, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c)
        }) && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    if !(2..=256).contains(&repository.len()) {
        return wrong("must be 2 to 256 characters long, such as `chat`");
    }
    if !repository.split('/').all(part) {
        return wrong(
            "must be lowercase letters, digits and `._-/`, such as `chat` or `ghcr.io/owner/name:v1`",
        );
    }
    Ok(())
}

fn check_tag(tag: Option<&str>, ours: bool) -> Result<(), ValueError> {
    let Some(tag) = tag else {
        return Ok(());
    };
    if !is_tag(tag) {
        return Err(ValueError::new(
            "has a tag that is not one",
            "must be up to 128 letters, digits and `._-`",
        ));
    }
    if MOVING.contains(&tag) {
        let wrong = ValueError::new(
            format!("says `:{tag}`, which moves"),
            "the program would change without the file",
        );
        return Err(if ours {
            wrong.hint("leave the tag out, and give it on the command line with --image")
        } else {
            wrong.hint("name a release, or a digest: `@sha256:…`")
        });
    }
    Ok(())
}

fn check_digest(digest: &str) -> Result<(), ValueError> {
    if is_digest(digest) {
        Ok(())
    } else {
        Err(ValueError::new(
            "has a digest that is not one",
            "must be `sha256:` and 64 hexadecimal digits",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_image_in_a_private_registry_of_ecr_names_its_repository() {
        let arn = |text: &str| parse(text).ok().and_then(|image| image.ecr_repository());
        for (image, repository) in [
            (
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/platform/web:v1",
                "arn:aws:ecr:us-east-1:123456789012:repository/platform/web",
            ),
            (
                "210987654321.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web:v1",
                "arn:aws-us-gov:ecr:us-gov-west-1:210987654321:repository/web",
            ),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/web:v1",
                "arn:aws-cn:ecr:cn-north-1:123456789012:repository/web",
            ),
            (
                "123456789012.dkr-ecr.eu-west-1.on.aws/web:v1",
                "arn:aws:ecr:eu-west-1:123456789012:repository/web",
            ),
        ] {
            assert_eq!(arn(image).as_deref(), Some(repository), "{image}");
        }
        for other in [
            "web:v1",
            "ghcr.io/owner/web:v1",
            "public.ecr.aws/docker/library/nginx:1.29",
            "123456789012.dkr.ecr.us-east-1.example.com/web:v1",
            "12345.dkr.ecr.us-east-1.amazonaws.com/web:v1",
        ] {
            assert_eq!(arn(other), None, "{other}");
        }
    }
}
