//! `[storage]`: the bucket for uploads.

use super::model::Storage;
use super::read::Table;
use super::registry::kms_key;
use super::stack_table::StackTable;
use super::text::all;
use super::value_error::ValueError;

/// The table as written, or `None` when it is absent; the defaults are the same either way.
pub(crate) fn read(root: &mut Table<'_>, stack_table: &StackTable) -> (bool, Storage) {
    let mut table = root.table("storage");
    let days = |days: Option<u32>, default| days.unwrap_or(default);
    let storage = Storage {
        bucket: table.parsed("bucket", bucket),
        versioning: table.flag("versioning", true),
        noncurrent_days: days(table.number("noncurrent_days", 1..=36500, "days"), 30),
        abort_upload_days: days(table.number("abort_upload_days", 1..=36500, "days"), 7),
        kms_key: kms_key(&mut table, stack_table),
        access_logs: table.flag("access_logs", true),
    };
    let written = table.written();
    table.finish();
    (written, storage)
}

/// S3's naming rules for general purpose buckets; dots are left out, as they break TLS.
fn bucket(text: &str) -> Result<String, ValueError> {
    let wrong = |label: &str| Err(ValueError::new("cannot be a bucket's name", label));
    if !(3..=63).contains(&text.len()) {
        return wrong("must be 3 to 63 characters");
    }
    if text.contains('.') {
        return wrong("must have no dot: TLS fails for such buckets");
    }
    if !all(text, |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
    }) {
        return wrong("must be lowercase letters, digits and hyphens");
    }
    if text.starts_with('-') || text.ends_with('-') {
        return wrong("must begin and end with a letter or digit");
    }
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"]
        .iter()
        .any(|start| text.starts_with(start))
        || ["-s3alias", "--ol-s3", "--x-s3", "--table-s3"]
            .iter()
            .any(|end| text.ends_with(end));
    if reserved {
        return wrong("AWS keeps this prefix or suffix for itself");
    }
    Ok(text.to_owned())
}
