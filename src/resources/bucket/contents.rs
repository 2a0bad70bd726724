//! Takes everything out of a bucket: versions, delete markers and unfinished uploads.

use aws_sdk_s3::types as api;

use crate::aws::{Job, absent_is_done, classify, fault};
use crate::engine::{Class, Fault, Sent};

use super::super::sdk::unbuilt;

/// Empties a bucket, a thousand objects a call (S3 API, `DeleteObjects`).
///
/// # Errors
/// The fault of any call or of any object, or when the operator stops the run.
pub(super) async fn empty(job: &Job, bucket: &str) -> Result<(), Fault> {
    let mut deleted = 0;
    loop {
        // What was listed is gone, so the next page is the first again.
        let page = job
            .s3
            .list_object_versions()
            .bucket(bucket)
            .send()
            .await
            .map_err(fault("s3:ListObjectVersions"))?;
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
            .map_err(unbuilt("s3:DeleteObjects"))?;
        if objects.is_empty() {
            break;
        }
        deleted += objects.len();
        delete(job, bucket, objects).await?;
        job.note(format!("{deleted} objects deleted"));
        go_on(job)?;
    }
    abort_uploads(job, bucket).await
}

async fn delete(job: &Job, bucket: &str, objects: Vec<api::ObjectIdentifier>) -> Result<(), Fault> {
    let batch = api::Delete::builder()
        .set_objects(Some(objects))
        .quiet(true)
        .build()
        .map_err(unbuilt("s3:DeleteObjects"))?;
    let answer = job
        .s3
        .delete_objects()
        .bucket(bucket)
        .delete(batch)
        .send()
        .await
        .map_err(fault("s3:DeleteObjects"))?;
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

async fn abort_uploads(job: &Job, bucket: &str) -> Result<(), Fault> {
    let (mut key, mut id) = (None, None);
    loop {
        let page = job
            .s3
            .list_multipart_uploads()
            .bucket(bucket)
            .set_key_marker(key)
            .set_upload_id_marker(id)
            .send()
            .await
            .map_err(fault("s3:ListMultipartUploads"))?;
        for upload in page.uploads() {
            let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else {
                continue;
            };
            job.s3
                .abort_multipart_upload()
                .bucket(bucket)
                .key(key)
                .upload_id(id)
                .send()
                .await
                .map_err(fault("s3:AbortMultipartUpload"))
                .map(|_| ())
                .or_else(absent_is_done)?;
            go_on(job)?;
        }
        if page.is_truncated() != Some(true) {
            return Ok(());
        }
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
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
