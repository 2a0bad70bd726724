"""ECR's lifecycle policies run when they are asked to (POST /_sandbox/expire-images); ECR itself runs them within
24 hours, when nobody looks.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html: rules by priority; an image
that one rule has taken is no other's; an image that an index refers to goes only after the index.
"""

from __future__ import annotations

import fnmatch
import json
from datetime import datetime, timedelta, timezone

from moto.ecr.models import ecr_backends


def run(sandbox, region: str, days: float = 0) -> dict:
    """Expires images of every repository, as if `days` had gone by: {repository: [digest]}."""
    expired = {}
    for repository in ecr_backends[sandbox.account][region].repositories.values():
        if repository.lifecycle_policy:
            gone = _expired(repository, datetime.now(timezone.utc) + timedelta(days=days))
            repository.images = [image for image in repository.images if image not in gone]
            expired[repository.name] = [image.get_image_digest() for image in gone]
    return expired


def _expired(repository, now) -> list:
    held = _children(repository.images)
    taken, gone = set(), []
    for rule in sorted(json.loads(repository.lifecycle_policy)["rules"], key=lambda rule: rule["rulePriority"]):
        selection = rule["selection"]
        matching = [i for i in repository.images if id(i) not in taken and _selected(i, selection)]
        taken |= {id(image) for image in matching}
        matching.sort(key=_pushed, reverse=True)
        count = selection["countNumber"]
        if selection["countType"] == "imageCountMoreThan":
            old = matching[count:]
        else:
            old = [image for image in matching if now - _pushed(image) > timedelta(days=count)]
        gone += old
    # What an index that stays refers to stays.
    left = [image for image in repository.images if image not in gone]
    kept = {digest for image in left for digest in held.get(image.get_image_digest(), ())}
    return [image for image in gone if image.get_image_digest() not in kept]


def _children(images) -> dict:
    found = {}
    for image in images:
        manifests = json.loads(image.image_manifest).get("manifests", [])
        found[image.get_image_digest()] = [child["digest"] for child in manifests]
    return found


def _pushed(image):
    moment = image.image_pushed_at
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    elif not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(float(moment), timezone.utc)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _selected(image, selection) -> bool:
    tags = [tag for tag in image.image_tags if tag]
    status = selection["tagStatus"]
    if status == "any":
        return True
    if status == "untagged":
        return not tags
    patterns = selection.get("tagPatternList") or [prefix + "*" for prefix in selection.get("tagPrefixList", [])]
    # Every pattern of a list, by some tag (tagPatternList: "only the images with all specified tags").
    return bool(tags) and all(any(fnmatch.fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns)
