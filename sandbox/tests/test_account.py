"""The account: its first day, its images, its models, its inventory."""

import json
import urllib.error

import pytest
from botocore.exceptions import ClientError

from stack import Stack


def test_seed_has_zones_images_and_certificates(sandbox):
    asked = {"zones": ["example.org"], "images": ["app:v1", "ghcr.io/open-webui/open-webui:v0.12.4"], "certificates": ["ai.example.org"]}
    sandbox.control("POST", "seed", asked)
    sandbox.control("POST", "seed", asked)
    zones = sandbox.client("route53").list_hosted_zones()["HostedZones"]
    assert [z["Name"] for z in zones] == ["example.org."] and not zones[0]["Config"]["PrivateZone"]
    certificates = sandbox.client("acm").list_certificates()["CertificateSummaryList"]
    assert [(c["DomainName"], c["Status"]) for c in certificates] == [("ai.example.org", "ISSUED")]


def test_images_appear_when_their_repository_does(sandbox):
    sandbox.control("POST", "seed", {"images": ["app:v1"]})
    ecr = sandbox.client("ecr")
    ecr.create_repository(repositoryName="app")
    image = ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "v1"}])["imageDetails"][0]
    assert image["imageTags"] == ["v1"] and image["imagePushedAt"]
    digest = image["imageDigest"]
    manifest = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"][0]
    index = json.loads(manifest["imageManifest"])
    assert {(m["platform"]["os"], m["platform"]["architecture"]) for m in index["manifests"]} == {
        ("linux", "amd64"), ("linux", "arm64"),
    }
    child = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageDigest": index["manifests"][0]["digest"]}])
    assert json.loads(child["images"][0]["imageManifest"])["config"]
    sandbox.control("POST", "images", {"image": "app:v2", "architectures": ["arm64"]})
    assert {t for i in ecr.describe_images(repositoryName="app")["imageDetails"] for t in i.get("imageTags", [])} == {"v1", "v2"}
    sandbox.control("POST", "images", {"image": "app:v2", "behaviour": "missing"})
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "v2"}])
    assert ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "v1"}])["imageDetails"][0]["imageDigest"] == digest
    assert [i["image"] for i in sandbox.control("GET", "images")] == ["app:v1", "app:v2"]
    with pytest.raises(urllib.error.HTTPError):
        sandbox.control("POST", "images", {"image": "app:v3", "behaviour": "odd"})


def test_an_image_of_the_wrong_architecture_cannot_be_pulled(sandbox):
    stack = Stack(sandbox)
    sandbox.control("POST", "images", {"image": "app:arm", "architectures": ["arm64"]})
    definition = stack.define("123456789012.dkr.ecr.us-east-1.amazonaws.com/app:arm")
    arn = stack.ecs.run_task(cluster="main", taskDefinition=definition, networkConfiguration=stack.network)["tasks"][0]["taskArn"]
    stack.tasks("STOPPED")
    task = stack.ecs.describe_tasks(cluster="main", tasks=[arn])["tasks"][0]
    assert "does not contain descriptor matching platform 'linux/amd64'" in task["stoppedReason"]


def test_models_are_available_until_told_otherwise(sandbox):
    bedrock = sandbox.client("bedrock")
    model = "amazon.titan-embed-text-v2:0"
    good = bedrock.get_foundation_model_availability(modelId=model)
    assert good["agreementAvailability"]["status"] == good["regionAvailability"] == "AVAILABLE"
    sandbox.control("POST", "models", {"model": model, "available": False})
    assert bedrock.get_foundation_model_availability(modelId=model)["agreementAvailability"]["status"] == "NOT_AVAILABLE"
    sandbox.control("POST", "models", {"model": model, "available": True})
    assert bedrock.get_foundation_model_availability(modelId=model)["entitlementAvailability"] == "AVAILABLE"
    details = bedrock.get_foundation_model(modelIdentifier=model)["modelDetails"]
    assert details["outputModalities"] == ["EMBEDDING"] and details["modelLifecycle"]["status"] == "ACTIVE"
    texts = bedrock.list_foundation_models(byOutputModality="TEXT")["modelSummaries"]
    assert texts and all("TEXT" in m["outputModalities"] for m in texts)
    profiles = bedrock.list_inference_profiles(typeEquals="SYSTEM_DEFINED")["inferenceProfileSummaries"]
    claude = next(p for p in profiles if p["inferenceProfileId"].startswith("us.anthropic.claude-sonnet-4-6"))
    assert bedrock.get_inference_profile(inferenceProfileIdentifier=claude["inferenceProfileArn"])["models"] == claude["models"]
    with pytest.raises(ClientError, match="invalid"):
        bedrock.get_foundation_model_availability(modelId="none.such")
    assert bedrock.get_use_case_for_model_access()["formData"]
    sandbox.control("POST", "models", {"use_case": False})
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        bedrock.get_use_case_for_model_access()


def test_inventory_shows_everything_and_records_nothing(sandbox):
    before = sandbox.control("GET", "inventory")
    assert sandbox.control("GET", "requests") == []
    stack = Stack(sandbox)
    stack.listen()
    stack.serve(stack.define())
    sandbox.control("GET", "inventory")
    found = sandbox.control("GET", "inventory")
    assert found == sandbox.control("GET", "inventory")
    assert len(found["ecs"]["services"]) == len(found["ecs"]["tasks"]) == 1
    assert len(found["elasticloadbalancing"]["listeners"]) == 1 and "app" in found["ecr"]["repositories"]
    assert stack.vpc in found["ec2"]["vpcs"] and stack.vpc not in before["ec2"]["vpcs"]
    sandbox.control("POST", "reset")
    after = sandbox.control("GET", "inventory")
    assert {s: {k: len(v) for k, v in kinds.items()} for s, kinds in after.items()} == {
        s: {k: len(v) for k, v in kinds.items()} for s, kinds in before.items()
    }
