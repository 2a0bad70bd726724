//! An image is pushed under just the policies of `update`, which need each of the actions that write it.

use crate::enforced::Enforced;
use crate::ground::{Ground, Where};
use crate::image::Image;

/// Those that nothing else asks for (`tests/cli/permissions_unasked.rs`).
const WRITES: [&str; 5] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:CompleteLayerUpload",
    "ecr:GetAuthorizationToken",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_pushed_under_just_the_policies_of_update() {
    let ground = Ground::new(Where::Sandbox).await;
    Image::new(1, "amd64", &[3_000_000, 70]).put(&ground.source, "app", "v2");
    let mut under = Enforced::of(&ground.desk);
    let push = |_: &_| ground.from(&ground.source.host, "v2", &[]);
    let pushed = under.during("update", "push", push);
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    let needed = &under.needs()["update"].needed;
    for action in WRITES {
        assert!(needed.contains(action), "{action} in {needed:?}");
    }
}
