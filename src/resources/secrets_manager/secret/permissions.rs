//! What IAM must allow for the calls of a secret.

use super::Secret;
use crate::aws::grant::{Permissions, Permitted, anywhere, on};

const SECRETS: &[&str] = &[
    "secretsmanager:secret:{stack}/*",
    "secretsmanager:secret:{name}-??????",
];

impl Permitted for Secret {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["secretsmanager:ListSecrets"]),
            on(SECRETS, &["secretsmanager:DescribeSecret"]),
        ]],
        create: &[&[
            on(SECRETS, &["secretsmanager:CreateSecret"]).tagged(),
            on(SECRETS, &["secretsmanager:TagResource"]),
            // A secret that is made of others, and one that its deletion is taken back of.
            on(
                SECRETS,
                &[
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:RestoreSecret",
                ],
            )
            .owned(),
            on(&["{key}"], &["kms:GenerateDataKey", "kms:Decrypt"]).via("secretsmanager"),
        ]],
        update: &[&[
            on(
                SECRETS,
                &["secretsmanager:TagResource", "secretsmanager:UntagResource"],
            ),
            on(
                SECRETS,
                &[
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:UpdateSecret",
                ],
            )
            .owned(),
            on(&["{key}"], &["kms:GenerateDataKey", "kms:Decrypt"]).via("secretsmanager"),
        ]],
        delete: &[&[on(SECRETS, &["secretsmanager:DeleteSecret"]).owned()]],
    };
}
