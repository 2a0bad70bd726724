//! What the lives of `permissions_verbs.rs` do not ask for, by verb, and why it is allowed all the same.

/// Why, of which verbs, and what.
pub const UNASKED: &[(&str, &[&str], &[&str])] = &[
    (
        "no permission is needed for it (`GetCallerIdentity`, STS API)",
        &["plan"],
        &["sts:GetCallerIdentity"],
    ),
    (
        "models are agreed to when `--accept-model-agreements` is said, in `tests/cli/models.rs`",
        &["up", "adopt"],
        &[
            "aws-marketplace:Subscribe",
            "aws-marketplace:ViewSubscriptions",
            "bedrock:CreateFoundationModelAgreement",
        ],
    ),
    (
        "the same, and what an agreement says is read for it",
        &["plan"],
        &["bedrock:ListFoundationModelAgreementOffers"],
    ),
    (
        "images are pushed in `tests/push/permissions.rs`",
        &["update"],
        &[
            "ecr:BatchCheckLayerAvailability",
            "ecr:CompleteLayerUpload",
            "ecr:GetAuthorizationToken",
            "ecr:InitiateLayerUpload",
        ],
    ),
    (
        "a layer that comes with the last request is a part, too (\"Pushing an image\", ECR user guide); the sandbox asks about \
         those alone that come by themselves",
        &["update"],
        &["ecr:UploadLayerPart"],
    ),
    (
        "the configuration of an image for one processor alone tells which that is",
        &["plan"],
        &["ecr:GetDownloadUrlForLayer"],
    ),
    (
        "what others have changed by hand is put back, or removed",
        &["up", "adopt"],
        &[
            "application-autoscaling:DeleteScalingPolicy",
            "ec2:DeleteRoute",
            "ec2:ModifySubnetAttribute",
            "ec2:ReplaceNetworkAclEntry",
            "ec2:ReplaceRoute",
            "ec2:ReplaceRouteTableAssociation",
            "ecr:PutImageScanningConfiguration",
            "ecr:PutImageTagMutability",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:RemoveListenerCertificates",
            "elasticloadbalancing:SetRulePriorities",
            "elasticloadbalancing:SetSecurityGroups",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRoleDescription",
            "s3:PutBucketOwnershipControls",
            "s3:PutEncryptionConfiguration",
            "secretsmanager:UpdateSecret",
            "sns:SetTopicAttributes",
            "sns:Unsubscribe",
            "wafv2:UpdateWebACL",
        ],
    ),
    (
        "a run that was cut off, or a roll-out that fails, is ended",
        &["up", "adopt", "update", "secrets", "db"],
        &["ecs:StopTask"],
    ),
    ("the same", &["update"], &["ecs:StopServiceDeployment"]),
    (
        "a secret without a value, as a run that was cut off leaves it, gets one",
        &["up", "adopt"],
        &["secretsmanager:PutSecretValue"],
    ),
    (
        "a tag that has left the file goes with the next change of the database",
        &["secrets"],
        &["rds:RemoveTagsFromResource"],
    ),
    (
        "a secret whose deletion is scheduled comes back",
        &["up", "adopt"],
        &["secretsmanager:RestoreSecret"],
    ),
    (
        "revisions go when there are more than ten, and the images that only they hold",
        &["update", "secrets", "db"],
        &["ecs:DeleteTaskDefinitions", "ecs:DeregisterTaskDefinition"],
    ),
    (
        "the same",
        &["up", "adopt", "update", "secrets", "db"],
        &["ecr:BatchDeleteImage"],
    ),
    (
        "the services are brought to what the file says by then",
        &["db"],
        &["ecr:PutImage", "ecs:RegisterTaskDefinition"],
    ),
    (
        "autoscaling is suspended while a database is migrated, in `tests/operate/migration.rs`",
        &["update"],
        &["application-autoscaling:RegisterScalableTarget"],
    ),
    (
        "a database that is gone comes back from what is left of it, in `tests/cli/gone.rs`",
        &["up", "adopt"],
        &[
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:RestoreDBInstanceToPointInTime",
        ],
    ),
    (
        "the file names no KMS key",
        &["up", "adopt"],
        &["logs:AssociateKmsKey", "logs:DisassociateKmsKey"],
    ),
    (
        "roles are read one by one where not all may be read",
        &["plan"],
        &["iam:GetRolePolicy"],
    ),
    (
        "the path of the role that signs, where the caller is a session",
        &["plan"],
        &["iam:GetRole"],
    ),
    (
        "services make their own role at their first use, where AWS has not made it yet",
        &["up", "adopt"],
        &["iam:CreateServiceLinkedRole"],
    ),
    (
        "a quota is used up, or was never changed; a trail and a detector are there",
        &["plan"],
        &[
            "cloudtrail:GetTrailStatus",
            "guardduty:GetDetector",
            "servicequotas:GetAWSDefaultServiceQuota",
            "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
        ],
    ),
    (
        "buckets that the index of tags does not list",
        &["plan"],
        &["s3:ListAllMyBuckets"],
    ),
    (
        "RDS copies the tags of an instance to its last snapshot, which the sandbox does not ask about",
        &["destroy"],
        &["rds:AddTagsToResource"],
    ),
];
