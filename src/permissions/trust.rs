//! Trust policies for the roles of CI systems, by OpenID Connect: a job takes a role without a long-lived key.

use serde_json::{Value, json};

/// Which jobs of which system may take the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// GitHub Actions on `github.com`.
    GitHub {
        /// `OWNER/REPOSITORY`.
        repository: String,
        /// Their ids, owner first: those of the repositories that have immutable subject claims.
        ids: Option<(u64, u64)>,
        /// Which of its jobs.
        jobs: Jobs,
    },
    /// GitLab CI/CD.
    GitLab {
        /// `gitlab.com`, or the host of one's own.
        host: String,
        /// `GROUP/PROJECT`, with subgroups.
        project: String,
        /// Which of its jobs; GitLab's subjects have no environment.
        jobs: Jobs,
    },
}

/// Which jobs of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jobs {
    /// Those of a branch.
    Branch(String),
    /// Those of a tag.
    Tag(String),
    /// Those of a deployment environment.
    Environment(String),
}

impl Trust {
    /// The issuer's host, by which IAM names the provider.
    pub fn host(&self) -> &str {
        match self {
            Self::GitHub { .. } => "token.actions.githubusercontent.com",
            Self::GitLab { host, .. } => host,
        }
    }

    /// The audience that tokens are for: what `aws-actions/configure-aws-credentials` asks for, and what the `id_tokens` of a
    /// GitLab job have to say.
    pub fn audience(&self) -> String {
        match self {
            Self::GitHub { .. } => "sts.amazonaws.com".to_owned(),
            Self::GitLab { host, .. } => format!("https://{host}"),
        }
    }

    /// The subjects of the jobs' tokens.
    ///
    /// GitHub: `repo:OWNER/REPOSITORY:…`, and `repo:OWNER@ID/REPOSITORY@ID:…` for repositories that were made, renamed or
    /// transferred since 2026-07-15 or have chosen it ("Immutable subject claims", OpenID Connect reference of GitHub
    /// Actions). GitLab: `project_path:GROUP/PROJECT:ref_type:branch:ref:NAME` ("ID token authentication").
    pub fn subjects(&self) -> Vec<String> {
        match self {
            Self::GitHub {
                repository,
                ids,
                jobs,
            } => {
                let jobs = match jobs {
                    Jobs::Branch(name) => format!("ref:refs/heads/{name}"),
                    Jobs::Tag(name) => format!("ref:refs/tags/{name}"),
                    // A colon in a name is %3A in the claim ("Filtering for a specific environment").
                    Jobs::Environment(name) => format!("environment:{}", name.replace(':', "%3A")),
                };
                let mut subjects = vec![format!("repo:{repository}:{jobs}")];
                if let (Some((owner_id, id)), Some((owner, name))) =
                    (ids, repository.split_once('/'))
                {
                    subjects.push(format!("repo:{owner}@{owner_id}/{name}@{id}:{jobs}"));
                }
                subjects
            }
            Self::GitLab { project, jobs, .. } => {
                let (kind, name) = match jobs {
                    Jobs::Branch(name) | Jobs::Environment(name) => ("branch", name),
                    Jobs::Tag(name) => ("tag", name),
                };
                vec![format!("project_path:{project}:ref_type:{kind}:ref:{name}")]
            }
        }
    }

    /// The trust policy, for a provider of the account ("Create a role for OpenID Connect federation" in the IAM user
    /// guide). The audience and the subject are compared in full, and no wildcard is in them: a name with `*` is taken for
    /// the character.
    pub fn document(&self, partition: &str, account: &str) -> Value {
        let host = self.host();
        let (audience, subject) = (format!("{host}:aud"), format!("{host}:sub"));
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {
                    "Federated": format!("arn:{partition}:iam::{account}:oidc-provider/{host}"),
                },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": { audience: self.audience(), subject: self.subjects() },
                },
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Jobs, Trust};

    #[test]
    fn subjects_are_what_each_system_writes() {
        let github = |ids, jobs| Trust::GitHub {
            repository: "octocat/my-repo".into(),
            ids,
            jobs,
        };
        let branch = || Jobs::Branch("main".into());
        assert_eq!(
            github(None, branch()).subjects(),
            ["repo:octocat/my-repo:ref:refs/heads/main"]
        );
        // The example of GitHub's own page.
        assert_eq!(
            github(Some((123456, 456789)), branch()).subjects(),
            [
                "repo:octocat/my-repo:ref:refs/heads/main",
                "repo:octocat@123456/my-repo@456789:ref:refs/heads/main"
            ]
        );
        assert_eq!(
            github(None, Jobs::Environment("a:b".into())).subjects(),
            ["repo:octocat/my-repo:environment:a%3Ab"]
        );
        let gitlab = Trust::GitLab {
            host: "gitlab.com".into(),
            project: "my/group/project".into(),
            jobs: branch(),
        };
        assert_eq!(
            gitlab.subjects(),
            ["project_path:my/group/project:ref_type:branch:ref:main"]
        );
        let document = gitlab.document("aws", "123456789012");
        let statement = &document["Statement"][0];
        assert_eq!(
            statement["Principal"]["Federated"],
            "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
        );
        let tests = &statement["Condition"]["StringEquals"];
        assert_eq!(tests["gitlab.com:aud"], "https://gitlab.com");
        assert_eq!(tests["gitlab.com:sub"].as_array().unwrap().len(), 1);
    }
}
