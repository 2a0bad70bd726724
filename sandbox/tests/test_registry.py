"""ECR's registry: the OCI distribution protocol in front of the repositories that ECR's API describes."""

import base64
import hashlib
import json
import urllib.error
import urllib.request

import pytest
from stack_parts import TAGS

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Registry:
    """A client of the registry that GetAuthorizationToken names."""

    def __init__(self, ecr):
        data = ecr.get_authorization_token()["authorizationData"][0]
        self.url, self.token = data["proxyEndpoint"], data["authorizationToken"]
        assert base64.b64decode(self.token).startswith(b"AWS:")

    def ask(self, method, path, body=None, kind="application/octet-stream", token=None):
        headers = {"Authorization": f"Basic {token or self.token}", "Content-Type": kind}
        request = urllib.request.Request(f"{self.url}/v2/{path}", data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def blob(self, name, content, said=None):
        status, headers, _ = self.ask("POST", f"{name}/blobs/uploads/", b"")
        assert status == 202
        session = headers["Location"].removeprefix("/v2/")
        return self.ask("PUT", f"{session}?digest={said or digest(content)}", content)

    def code(self, answer):
        return answer[0], json.loads(answer[2])["errors"][0]["code"]


@pytest.fixture
def ecr(sandbox):
    client = sandbox.client("ecr")
    client.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE", tags=TAGS)
    return client


@pytest.fixture
def registry(ecr):
    return Registry(ecr)


def image(registry, mark, name="app"):
    layer, config = mark * 1000, b'{"architecture":"amd64","os":"linux"}'
    for content in (layer, config):
        assert registry.blob(name, content)[0] == 201
    blob = {"mediaType": "application/octet-stream"}
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {**blob, "digest": digest(config), "size": len(config)},
            "layers": [{**blob, "digest": digest(layer), "size": len(layer)}],
        }
    ).encode()


def test_what_is_pushed_is_there_for_the_api(ecr, registry):
    text = image(registry, b"a")
    status, headers, _ = registry.ask("PUT", "app/manifests/v1", text, MANIFEST)
    assert (status, headers["Docker-Content-Digest"]) == (201, digest(text))
    found = ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "v1"}])["imageDetails"][0]
    assert (found["imageDigest"], found["imageSizeInBytes"]) == (digest(text), 1000)
    read = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"][0]
    assert read["imageManifest"].encode() == text
    assert registry.ask("GET", "app/manifests/v1")[2] == text
    assert registry.ask("GET", f"app/blobs/{digest(b'a' * 1000)}")[2] == b"a" * 1000
    # A second tag of the same image is the same image.
    assert registry.ask("PUT", "app/manifests/v2", text, MANIFEST)[0] == 201
    assert registry.ask("PUT", "app/manifests/v1", text, MANIFEST)[0] == 201
    (one,) = ecr.describe_images(repositoryName="app")["imageDetails"]
    assert sorted(one["imageTags"]) == ["v1", "v2"]


def test_a_part_at_a_time(registry):
    _, headers, _ = registry.ask("POST", "app/blobs/uploads/", b"")
    session = headers["Location"].removeprefix("/v2/")
    status, headers, _ = registry.ask("PATCH", session, b"first ")
    assert (status, headers["Range"]) == (202, "0-5")
    whole = digest(b"first second")
    assert registry.ask("PUT", f"{session}?digest={whole}", b"second")[0] == 201
    assert registry.ask("HEAD", f"app/blobs/{whole}")[0] == 200


def test_what_the_registry_refuses(sandbox, ecr, registry):
    text = image(registry, b"a")
    other = image(registry, b"b")
    assert registry.code(registry.blob("app", b"x", digest(b"y"))) == (400, "DIGEST_INVALID")
    assert registry.code(registry.ask("GET", "nope/manifests/v1")) == (404, "NAME_UNKNOWN")
    assert registry.code(registry.ask("GET", "app/manifests/v9")) == (404, "MANIFEST_UNKNOWN")
    assert registry.code(registry.ask("GET", f"app/blobs/{digest(b'z')}")) == (404, "BLOB_UNKNOWN")
    assert registry.ask("PUT", "app/manifests/v1", text, MANIFEST)[0] == 201
    assert registry.code(registry.ask("PUT", "app/manifests/v1", other, MANIFEST)) == (400, "TAG_INVALID")
    lacking = text.replace(digest(b"a" * 1000).encode(), digest(b"c").encode())
    assert registry.code(registry.ask("PUT", "app/manifests/v2", lacking, MANIFEST)) == (400, "MANIFEST_BLOB_UNKNOWN")
    answer = registry.ask("GET", "app/manifests/v1", token="eDp5")
    assert registry.code(answer) == (401, "UNAUTHORIZED")
    assert answer[1]["WWW-Authenticate"].startswith("Basic ")
    sandbox.control("POST", "faults", {"rules": [{"service": "ecr", "operation": "PutImage", "action": "deny"}]})
    answer = registry.ask("PUT", "app/manifests/v3", text, MANIFEST)
    assert registry.code(answer) == (403, "DENIED")
    assert b"is not authorized to perform: ecr:PutImage" in answer[2]
    sandbox.control("DELETE", "faults")


def test_blobs_belong_to_one_repository(ecr, registry):
    registry.blob("app", b"mine")
    ecr.create_repository(repositoryName="other")
    assert registry.code(registry.ask("GET", f"other/blobs/{digest(b'mine')}")) == (404, "BLOB_UNKNOWN")


def test_another_registry_of_this_machine_can_stand_in(sandbox, ecr):
    sandbox.control("POST", "registry", {"url": "http://127.0.0.1:5999"})
    assert ecr.get_authorization_token()["authorizationData"][0]["proxyEndpoint"] == "http://127.0.0.1:5999"
    with pytest.raises(urllib.error.HTTPError):
        sandbox.control("POST", "registry", {"url": "http://example.org"})
    sandbox.control("POST", "registry", {})
    assert ecr.get_authorization_token()["authorizationData"][0]["proxyEndpoint"] == sandbox.url
