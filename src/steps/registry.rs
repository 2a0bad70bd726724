//! ECR repositories: one for each image of ours that a service runs.

use std::collections::BTreeMap;

use super::BuildContext;
use crate::engine::Ref;
use crate::resources::Repository;

/// Repositories by their name.
pub(super) type Registry = BTreeMap<String, Ref<Repository>>;

pub(super) fn declare(context: &mut BuildContext<'_>) -> Registry {
    let mut registry = Registry::new();
    let wanted = &context.stack.registry;
    for service in context.stack.services.values() {
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
            disposable: context.stack.disposable,
            tags: context.tags(),
        };
        let repository = context.graph.add("registry", name.clone(), repository);
        registry.insert(name.clone(), repository);
    }
    registry
}
