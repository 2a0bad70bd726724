//! What IAM must allow for the calls of an instance.

use super::DbInstance;
use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, linked_role, on, pass_role};

const INSTANCES: &[&str] = &["rds:db:{stack}", "rds:db:{stack}-*", "rds:db:{name}"];
// What an instance is made with is asked about as well.
pub(super) const WITH: &[&str] = &[
    "rds:subgrp:{db-subnet-group}",
    "rds:pg:{db-parameter-group}",
    "rds:og:default:*",
];
const SNAPSHOTS: &[&str] = &[
    "rds:snapshot:{stack}-*",
    "rds:snapshot:{name}-*",
    "rds:snapshot:rds:{name}-*",
];
// "Controlling access to an Amazon RDS KMS key" in the RDS user guide.
pub(super) const KEY: Grant = on(
    &["{key}"],
    &[
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey",
    ],
)
.via("rds");
// The master's password is read where it is set.
pub(super) const PASSWORD: Grant = on(
    &[
        "secretsmanager:secret:{stack}/*",
        "secretsmanager:secret:{secret}-??????",
    ],
    &["secretsmanager:GetSecretValue"],
)
.owned();

impl Permitted for DbInstance {
    const PERMISSIONS: Permissions = Permissions {
        read: &[
            &[anywhere(&[
                "rds:DescribeDBInstances",
                "rds:DescribeDBEngineVersions",
            ])],
            super::history::GRANTS,
        ],
        create: &[&[
            on(
                INSTANCES,
                &[
                    "rds:CreateDBInstance",
                    "rds:RestoreDBInstanceFromDBSnapshot",
                    "rds:RestoreDBInstanceToPointInTime",
                ],
            )
            .tagged(),
            on(
                WITH,
                &[
                    "rds:CreateDBInstance",
                    "rds:RestoreDBInstanceFromDBSnapshot",
                    "rds:RestoreDBInstanceToPointInTime",
                ],
            ),
            on(SNAPSHOTS, &["rds:RestoreDBInstanceFromDBSnapshot"]),
            anywhere(&[
                "rds:DescribeDBSnapshots",
                "rds:DescribeDBInstanceAutomatedBackups",
            ]),
            on(INSTANCES, &["rds:AddTagsToResource"]),
            on(INSTANCES, &["rds:ModifyDBInstance"]).owned(),
            PASSWORD,
            KEY,
            pass_role(&["monitoring.rds.amazonaws.com"]),
            linked_role(
                &["iam:role/aws-service-role/rds.amazonaws.com/*"],
                "rds.amazonaws.com",
            ),
        ]],
        update: &[&[
            on(
                INSTANCES,
                &["rds:AddTagsToResource", "rds:RemoveTagsFromResource"],
            ),
            on(INSTANCES, &["rds:ModifyDBInstance"]).owned(),
            on(WITH, &["rds:ModifyDBInstance"]),
            PASSWORD,
            KEY,
            pass_role(&["monitoring.rds.amazonaws.com"]),
        ]],
        delete: &[&[
            // Its protection is taken off, and a last snapshot is taken with its tags.
            on(INSTANCES, &["rds:ModifyDBInstance", "rds:DeleteDBInstance"]).owned(),
            on(
                SNAPSHOTS,
                &["rds:CreateDBSnapshot", "rds:AddTagsToResource"],
            ),
            on(INSTANCES, &["rds:CreateDBSnapshot"]).owned(),
            // Instances that another has taken the place of carry no tag of ownership, and go with the stack.
            on(
                &["rds:db:{restored}", "rds:db:{displaced}"],
                &[
                    "rds:ModifyDBInstance",
                    "rds:DeleteDBInstance",
                    "rds:CreateDBSnapshot",
                ],
            )
            .unowned(),
        ]],
    };
}
