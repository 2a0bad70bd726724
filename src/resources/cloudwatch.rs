//! The kinds of CloudWatch.

kinds! {
    alarm::Alarm,
}
