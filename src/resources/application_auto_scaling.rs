//! The kinds of Application Auto Scaling.

kinds! {
    scalable_target::ScalableTarget,
}
