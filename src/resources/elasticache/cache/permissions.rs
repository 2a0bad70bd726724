//! What IAM must allow for the calls of a cache.

use super::Cache;
use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, linked_role, on};

const GROUPS: &[&str] = &[
    "elasticache:replicationgroup:{stack}",
    "elasticache:replicationgroup:{stack}-*",
    "elasticache:replicationgroup:{name}",
];
// What a group is made with is asked about as well.
pub(super) const WITH: &[&str] = &[
    "elasticache:parametergroup:default.*",
    "elasticache:subnetgroup:{cache-subnet-group}",
];
const TOKEN: Grant = on(
    &[
        "secretsmanager:secret:{stack}/*",
        "secretsmanager:secret:{secret}-??????",
    ],
    &["secretsmanager:GetSecretValue"],
)
.owned();

impl Permitted for Cache {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&[
                "elasticache:DescribeReplicationGroups",
                "elasticache:DescribeCacheClusters",
            ]),
            on(GROUPS, &["elasticache:ListTagsForResource"]),
        ]],
        create: &[&[
            on(GROUPS, &["elasticache:CreateReplicationGroup"]).tagged(),
            on(WITH, &["elasticache:CreateReplicationGroup"]),
            on(GROUPS, &["elasticache:AddTagsToResource"]),
            TOKEN,
            linked_role(
                &["iam:role/aws-service-role/elasticache.amazonaws.com/*"],
                "elasticache.amazonaws.com",
            ),
        ]],
        update: &[&[
            on(
                GROUPS,
                &[
                    "elasticache:AddTagsToResource",
                    "elasticache:RemoveTagsFromResource",
                ],
            ),
            on(
                GROUPS,
                &[
                    "elasticache:ModifyReplicationGroup",
                    "elasticache:IncreaseReplicaCount",
                    "elasticache:DecreaseReplicaCount",
                ],
            )
            .owned(),
            TOKEN,
        ]],
        delete: &[&[on(GROUPS, &["elasticache:DeleteReplicationGroup"]).owned()]],
    };
}
