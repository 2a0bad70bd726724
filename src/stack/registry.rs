//! `[registry]`: how our ECR repositories behave.

use super::arn;
use super::model::Registry;
use super::read::Table;
use super::stack_table::StackTable;

pub(crate) fn read(root: &mut Table<'_>, stack_table: &StackTable) -> Registry {
    let mut table = root.table("registry");
    let registry = Registry {
        scan_on_push: table.flag("scan_on_push", true),
        immutable_tags: table.flag("immutable_tags", true),
        keep_images: table
            .number("keep_images", 1..=1000, "images")
            .unwrap_or(30),
        kms_key: kms_key(&mut table, stack_table),
    };
    table.finish();
    registry
}

/// `kms_key`, in the stack's region.
pub(crate) fn kms_key(table: &mut Table<'_>, stack_table: &StackTable) -> Option<String> {
    table.parsed("kms_key", |text| {
        arn::same_region(arn::kms_key(text)?, stack_table.region())
    })
}
