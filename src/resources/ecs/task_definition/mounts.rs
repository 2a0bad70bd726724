//! What a container can write to while its root file system is read only.
//!
//! A directory on the task's disk ("Use bind mounts with Amazon ECS") is root's alone, unless the image
//! declares a `VOLUME` there with another owner. A container with another user gets a tmpfs: it has the
//! mode of the directory that it covers, which everybody may write to where that is `/tmp`.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as api;

use crate::engine::Fault;
use crate::stack::SecurityContext;

use super::props::{Mount, OPERATION, TaskDefinitionProps};
use crate::resources::sdk::{build_error, signed};

/// The part of a task's memory that one tmpfs may take.
const PART_OF_MEMORY: u32 = 4;

/// What a container of a task with that many MiB is given.
pub(super) fn wanted(security: &SecurityContext, memory: u32) -> BTreeMap<String, Mount> {
    let mount = match security.user {
        None => Mount::Disk,
        Some(_) => Mount::Memory(signed(memory / PART_OF_MEMORY)),
    };
    let paths = security.writable.iter();
    paths.map(|path| (path.clone(), mount.clone())).collect()
}

/// The paths on the task's disk, each with its volume's name.
fn on_disk(want: &TaskDefinitionProps) -> impl Iterator<Item = (String, &String)> {
    let paths = want.writable.iter();
    let disk = paths.filter(|(_, mount)| **mount == Mount::Disk);
    disk.enumerate()
        .map(|(index, (path, _))| (format!("writable-{index}"), path))
}

pub(super) fn volumes(want: &TaskDefinitionProps) -> Vec<api::Volume> {
    on_disk(want)
        .map(|(name, _)| api::Volume::builder().name(name).build())
        .collect()
}

pub(super) fn mount_points(want: &TaskDefinitionProps) -> Vec<api::MountPoint> {
    on_disk(want)
        .map(|(name, path)| {
            api::MountPoint::builder()
                .source_volume(name)
                .container_path(path)
                .read_only(false)
                .build()
        })
        .collect()
}

/// `None` where there is no tmpfs.
pub(super) fn linux(want: &TaskDefinitionProps) -> Result<Option<api::LinuxParameters>, Fault> {
    let in_memory = want
        .writable
        .iter()
        .filter_map(|(path, mount)| match mount {
            Mount::Memory(mib) => Some((path, *mib)),
            _ => None,
        });
    let tmpfs = in_memory
        .map(|(path, mib)| {
            api::Tmpfs::builder()
                .container_path(path)
                .size(mib)
                .build()
                .map_err(build_error(OPERATION))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok((!tmpfs.is_empty()).then(|| {
        api::LinuxParameters::builder()
            .set_tmpfs(Some(tmpfs))
            .build()
    }))
}

pub(super) fn read(
    definition: &api::TaskDefinition,
    container: &api::ContainerDefinition,
) -> BTreeMap<String, Mount> {
    let points = container.mount_points().iter().map(|point| {
        let source = point.source_volume().unwrap_or_default();
        let mut volumes = definition.volumes().iter();
        let volume = volumes.find(|volume| volume.name() == Some(source));
        let mount = if point.read_only() == Some(true) {
            Mount::Other(format!("{source}, read only"))
        } else if volume.is_some_and(is_of_task) {
            Mount::Disk
        } else {
            Mount::Other(source.to_owned())
        };
        (point.container_path().unwrap_or_default().to_owned(), mount)
    });
    let tmpfs = container.linux_parameters().into_iter();
    let tmpfs = tmpfs.flat_map(|linux| linux.tmpfs()).map(|one| {
        let mount = match one.mount_options() {
            [] => Mount::Memory(one.size()),
            options => Mount::Other(format!(
                "in memory, {} MiB at most, {}",
                one.size(),
                options.join(" ")
            )),
        };
        (one.container_path().to_owned(), mount)
    });
    points.chain(tmpfs).collect()
}

/// Whether a volume is a directory of the task's own: nothing says where else it is. AWS answers an
/// empty `host` for those.
fn is_of_task(volume: &api::Volume) -> bool {
    let host = volume
        .host()
        .and_then(api::HostVolumeProperties::source_path);
    host.is_none()
        && volume.docker_volume_configuration().is_none()
        && volume.efs_volume_configuration().is_none()
        && volume
            .fsx_windows_file_server_volume_configuration()
            .is_none()
        && volume.configured_at_launch() != Some(true)
}
