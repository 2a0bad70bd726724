//! The kinds of AWS objects, one file each. Adding one is a file and a line here.

use crate::aws::Cloud;
use crate::engine::{AnyKind, KindOf};

mod db_parameters;
mod ec2;
mod ownership;
mod rds;
mod sdk;

macro_rules! kinds {
    ($($module:ident :: $kind:ident,)*) => {
        $(mod $module; pub use $module::*;)*

        /// Every kind, what is needed before what needs it: the reverse is the order in which
        /// objects that left the file are deleted.
        pub static KINDS: &[&dyn AnyKind<Cloud>] = &[$(&KindOf::<$kind>::new(),)*];
    };
}

kinds! {
    log_group::LogGroup,
    vpc::Vpc,
    repository::Repository,
    db_parameter_group::DbParameterGroup,
}
