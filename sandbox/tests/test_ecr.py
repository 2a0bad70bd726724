"""ECR: announced images, immutable tags, images by tag."""

import json

import pytest
from stack_parts import TAGS, refused


def manifest(mark):
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {"size": 1, "digest": "sha256:" + mark * 64},
            "layers": [{"digest": "sha256:" + mark * 64, "size": 1}],
        }
    )


@pytest.fixture
def ecr(sandbox):
    client = sandbox.client("ecr")
    client.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE", tags=TAGS)
    return client


def test_an_immutable_tag_does_not_move(ecr):
    ecr.put_image(repositoryName="app", imageManifest=manifest("a"), imageTag="v1")
    with refused("ImageTagAlreadyExistsException", "immutable"):
        ecr.put_image(repositoryName="app", imageManifest=manifest("b"), imageTag="v1")
    ecr.put_image(repositoryName="app", imageManifest=manifest("b"), imageTag="v2")
    found = ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "v2"}])["imageDetails"]
    assert [image["imageTags"] for image in found] == [["v2"]]
    with refused("ImageNotFoundException", "imageTag:'v3'"):
        ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "v3"}])
    with refused("RepositoryNotEmptyException"):
        ecr.delete_repository(repositoryName="app")


def test_announced_images_appear_with_their_repository(sandbox):
    sandbox.control("POST", "seed", {"zones": [], "images": ["ajuda-digital:v1"]})
    ecr = sandbox.client("ecr")
    with refused("RepositoryNotFoundException"):
        ecr.describe_images(repositoryName="ajuda-digital")
    ecr.create_repository(repositoryName="ajuda-digital")
    image = ecr.describe_images(repositoryName="ajuda-digital", imageIds=[{"imageTag": "v1"}])["imageDetails"][0]
    read = ecr.batch_get_image(repositoryName="ajuda-digital", imageIds=[{"imageTag": "v1"}])["images"][0]
    index = json.loads(read["imageManifest"])
    assert read["imageId"]["imageDigest"] == image["imageDigest"]
    assert {m["platform"]["architecture"] for m in index["manifests"]} == {"amd64", "arm64"}


def test_a_repository_answers_what_it_was_made_with(ecr):
    found = ecr.describe_repositories(repositoryNames=["app"])["repositories"][0]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["encryptionConfiguration"]["encryptionType"] == "AES256"
    assert ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"] == TAGS
    with refused("LifecyclePolicyNotFoundException"):
        ecr.get_lifecycle_policy(repositoryName="app")


def test_an_image_says_when_it_was_pushed_and_what_a_scan_found(sandbox, ecr):
    sandbox.control("POST", "images", {"image": "app:old", "pushed": 1_700_000_000, "findings": {"CRITICAL": 2}})
    sandbox.control("POST", "images", {"image": "app:new"})
    of = lambda tag: ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": tag}])["imageDetails"][0]
    assert of("old")["imagePushedAt"].timestamp() == 1_700_000_000
    assert of("old")["imageScanFindingsSummary"]["findingSeverityCounts"] == {"CRITICAL": 2}
    assert "imageScanFindingsSummary" not in of("new")
