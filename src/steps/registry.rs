//! ECR repositories: one for each image of ours that a service runs.

use std::collections::BTreeMap;

use super::Site;
use crate::engine::Ref;
use crate::resources::Repository;

/// Repositories by their name.
pub(super) type Registry = BTreeMap<String, Ref<Repository>>;

pub(super) fn declare(site: &mut Site<'_>) -> Registry {
    let mut registry = Registry::new();
    let wanted = &site.stack.registry;
    for service in site.stack.services.values() {
        let name = &service.image.name;
        if !service.image.ours || registry.contains_key(name) {
            continue;
        }
        let repository = Repository {
            name: name.clone(),
            scan_on_push: wanted.scan_on_push,
            immutable_tags: wanted.immutable_tags,
            keep_images: wanted.keep_images,
            kms_key: wanted.kms_key.clone(),
            disposable: site.stack.disposable,
            tags: site.tags(),
        };
        let repository = site.graph.add("registry", name.clone(), repository);
        registry.insert(name.clone(), repository);
    }
    registry
}
