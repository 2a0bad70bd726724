//! What IAM must allow for the calls of a service.

use super::Service;
use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on, pass_role};

const SERVICES: &[&str] = &["ecs:service/{cluster}/*"];
// What a service rolls out is looked at until it is done.
const WATCH: &[Grant] = &[
    anywhere(&[
        "ecs:ListTasks",
        "ecs:DescribeTasks",
        "elasticloadbalancing:DescribeTargetHealth",
    ]),
    on(
        &[
            "ecs:service/{cluster}/*",
            "ecs:service-deployment/{cluster}/*",
        ],
        &[
            "ecs:ListServiceDeployments",
            "ecs:DescribeServiceDeployments",
        ],
    ),
    on(&["logs:log-group:/ecs/{stack}/*"], &["logs:GetLogEvents"]),
];
// A release image is kept in the repository under a tag of its own.
const HOLD: Grant = on(
    &["ecr:repository/{repository}"],
    &[
        "ecr:BatchGetImage",
        "ecr:PutImage",
        "ecr:BatchDeleteImage",
        "ecr:DescribeImages",
    ],
);

impl Permitted for Service {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&[
            "ecs:DescribeServices",
            "ecs:DescribeTaskDefinition",
        ])]],
        create: &[
            WATCH,
            &[
                on(SERVICES, &["ecs:CreateService"]).tagged(),
                on(SERVICES, &["ecs:TagResource"]),
                HOLD,
                pass_role(&["ecs.amazonaws.com"]),
            ],
        ],
        update: &[
            WATCH,
            &[
                on(SERVICES, &["ecs:TagResource", "ecs:UntagResource"]),
                // A tag that leaves the file is taken off the running tasks as well.
                on(&["ecs:task/{cluster}/*"], &["ecs:UntagResource"]),
                on(SERVICES, &["ecs:UpdateService"]).owned(),
                HOLD,
                pass_role(&["ecs.amazonaws.com"]),
            ],
        ],
        delete: &[&[
            on(SERVICES, &["ecs:DeleteService"]).owned(),
            // Network interfaces outlive tasks for a while, and hold subnets and groups.
            anywhere(&["ec2:DescribeNetworkInterfaces"]),
        ]],
    };
}
