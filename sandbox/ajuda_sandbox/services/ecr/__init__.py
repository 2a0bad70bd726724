"""ECR: repositories are filled with the images that were announced, tags that must not
move do not, images are described by tag."""

from __future__ import annotations

from datetime import timedelta

from moto.ecr.responses import ECRResponse

from ...core import wire
from . import registry
from ...core.wire import Refusal, amends, checks


def install(sandbox) -> None:
    """Mends ECR."""

    @amends(ECRResponse, "CreateRepository")
    def create(response, sent, reply):
        if sandbox.images is not None:
            sandbox.images.fill(sent["repositoryName"], response.region)

    # "Updates the image scanning configuration for the specified repository"; Repository echoes it.
    @amends(ECRResponse, "PutImageScanningConfiguration")
    def scanning(response, sent, reply):
        repository = response.ecr_backend.repositories[sent["repositoryName"]]
        repository.image_scanning_configuration = sent["imageScanningConfiguration"]

    @checks(ECRResponse, "PutImage")
    def put(response, sent):
        repository = response.ecr_backend.repositories.get(sent["repositoryName"])
        tag = sent.get("imageTag")
        if repository is None or repository.image_tag_mutability != "IMMUTABLE" or tag is None:
            return
        for image in repository.images:
            if tag in image.image_tags and image.image_manifest != sent["imageManifest"]:
                raise Refusal(
                    "ImageTagAlreadyExistsException",
                    f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be "
                    "overwritten because the repository is immutable.",
                )

    @checks(ECRResponse, "DescribeImages")
    def missing(response, sent):
        repository = response.ecr_backend.repositories.get(sent["repositoryName"])
        for wanted in (sent.get("imageIds") or []) if repository is not None else []:
            digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
            found = any(
                (digest is None or image.get_image_digest() == digest) and (tag is None or tag in image.image_tags)
                for image in repository.images
            )
            if not found:
                raise Refusal(
                    "ImageNotFoundException",
                    f"The image with imageId {{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}} does not exist "
                    f"within the repository with name '{repository.name}' in the registry with id '{response.current_account}'",
                )

    @amends(ECRResponse, "DescribeImages")
    def described(response, sent, reply):
        details = reply.get("imageDetails", [])
        for image in details:
            image["imageTags"] = [tag for tag in image.get("imageTags", []) if tag]
            if not image["imageTags"]:
                del image["imageTags"]
            held = next(i for i in repository_of(response, sent).images if i.get_image_digest() == image["imageDigest"])
            image["imageSizeInBytes"] = registry.size(held.image_manifest) or 180_000_000
            # "The last completed scan", absent where there was none (ECR API, ImageDetail.imageScanFindingsSummary).
            if findings := getattr(held, "findings", None):
                image["imageScanStatus"] = {"status": "COMPLETE"}
                image["imageScanFindingsSummary"] = {
                    "imageScanCompletedAt": held.image_pushed_at,
                    "findingSeverityCounts": findings,
                }
        status = (sent.get("filter") or {}).get("tagStatus", "ANY")
        if status != "ANY":
            reply["imageDetails"] = [i for i in details if ("imageTags" in i) == (status == "TAGGED")]
        reply["imageDetails"].sort(key=lambda image: image["imageDigest"])

    @amends(ECRResponse, "ListImages")
    def listed(response, sent, reply):
        for image in reply.get("imageIds", []):
            if image.get("imageTag") in (None, "None", ""):
                image.pop("imageTag", None)

    @amends(ECRResponse, "GetAuthorizationToken")
    def token(response, sent, reply):
        for data in reply["authorizationData"]:
            # "Authorization tokens are valid for 12 hours" (GetAuthorizationToken).
            data["expiresAt"] = wire.now() + timedelta(hours=12)
            # The registry is here: an image pushed to it is there for ECR's API and for tasks.
            data["proxyEndpoint"] = sandbox.registry.endpoint()

    # Repository.encryptionConfiguration: AES256 when nothing was asked for.
    @amends(ECRResponse, "CreateRepository", "DescribeRepositories")
    def shown(response, sent, reply):
        for repository in reply.get("repositories", [reply["repository"]] if "repository" in reply else []):
            repository.setdefault("encryptionConfiguration", {"encryptionType": "AES256"})
            repository.setdefault("imageScanningConfiguration", {"scanOnPush": False})
            repository.setdefault("imageTagMutability", "MUTABLE")


def repository_of(response, sent):
    """The repository that a call names; it exists."""
    return response.ecr_backend.repositories[sent["repositoryName"]]
