//! Takes everything out of a bucket that keeps it from being deleted: versions and delete markers. Unfinished
//! uploads go with it (`DeleteBucket`).

use aws_sdk_s3::types as api;

use crate::aws::{Job, answer_of, classify};
use crate::engine::{Class, Fault, Sent};

use crate::resources::sdk::build_error;

/// Empties a bucket, a thousand objects a call (S3 API, `DeleteObjects`).
///
/// # Errors
/// The fault of any call or of any object, or when the operator stops the run.
pub(super) async fn empty(job: &Job, bucket: &str) -> Result<(), Fault> {
    let mut deleted = 0;
    loop {
        // What was listed is gone, so the next page is the first again.
        let request = job.s3.list_object_versions().bucket(bucket);
        let page = answer_of("s3:ListObjectVersions", request.send().await)?;
        let versions = page.versions().iter().map(|it| (it.key(), it.version_id()));
        let markers = page
            .delete_markers()
            .iter()
            .map(|it| (it.key(), it.version_id()));
        let objects = versions
            .chain(markers)
            .filter_map(|(key, version)| {
                let object = api::ObjectIdentifier::builder()
                    .key(key?)
                    .set_version_id(version.map(str::to_owned));
                Some(object.build())
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(build_error("s3:DeleteObjects"))?;
        if objects.is_empty() {
            return Ok(());
        }
        deleted += objects.len();
        delete(job, bucket, objects).await?;
        job.note(format!("{deleted} objects deleted"));
        go_on(job)?;
    }
}

async fn delete(job: &Job, bucket: &str, objects: Vec<api::ObjectIdentifier>) -> Result<(), Fault> {
    let batch = api::Delete::builder()
        .set_objects(Some(objects))
        .quiet(true)
        .build()
        .map_err(build_error("s3:DeleteObjects"))?;
    let request = job.s3.delete_objects().bucket(bucket).delete(batch);
    let answer = answer_of("s3:DeleteObjects", request.send().await)?;
    // The call succeeds although some of its objects may not go.
    match answer.errors().first() {
        None => Ok(()),
        Some(error) => {
            let code = error.code().unwrap_or("Unknown").to_owned();
            let message = error.message().unwrap_or("no message");
            Err(Fault {
                operation: "s3:DeleteObjects".to_owned(),
                class: classify(&code, message),
                message: format!("{}: {message}", error.key().unwrap_or_default()),
                code,
                request_id: None,
                sent: Sent::Answered,
                hint: None,
            })
        }
    }
}

fn go_on(job: &Job) -> Result<(), Fault> {
    if job.cancel().is_stopped() {
        return Err(Fault::new(
            job.address().to_string(),
            Class::Interrupted,
            "stopped by the operator while it was emptied",
        ));
    }
    Ok(())
}
