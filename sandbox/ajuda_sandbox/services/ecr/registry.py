"""ECR's registry: the OCI distribution protocol on the sandbox's own port, in front of the same repositories
that ECR's API describes.

Each request is named as the action that ECR asks permission for ("Private repository policies" in the ECR user
guide), under the service `ecr`.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import tempfile
import uuid
from urllib.parse import parse_qs, unquote

from ...core import calls

ROUTE = re.compile(r"^/v2/(?:(?P<name>.+?)/(?P<kind>blobs/uploads|blobs|manifests)/(?P<rest>[^/]*))?$")
DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")
KINDS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
PART = 1 << 16


def install(sandbox):
    """Gives the sandbox its registry."""
    sandbox.registry = Registry(sandbox)
    sandbox.on_reset(sandbox.registry.forget)


def is_for_registry(path):
    """Whether a request is for the registry and not for AWS's API."""
    return ROUTE.match(path.partition("?")[0]) is not None


class Refused(Exception):
    """An error of the protocol (distribution-spec, "Error codes")."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def refusal(status, code, message):
    """An error's answer."""
    text = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return status, [("Content-Type", "application/json")], text


class Registry:
    """Blobs are kept in a directory that goes when the sandbox ends, manifests with ECR's images."""

    def __init__(self, sandbox):
        self._sandbox = sandbox
        self._kept = None
        self.forget()

    @property
    def _room(self):
        if self._kept is None:
            self._kept = tempfile.mkdtemp(prefix="ajuda-sandbox-registry-")
        return self._kept

    def part(self):
        """A copy of the sandbox has blobs of its own, the same ones."""
        if self._kept is not None:
            before, self._kept = self._kept, None
            shutil.copytree(before, self._room, dirs_exist_ok=True)

    def close(self):
        """The directory goes."""
        if self._kept is not None:
            shutil.rmtree(self._kept, ignore_errors=True)
            self._kept = None

    def forget(self):
        """No blob is here, no upload is open, and the registry is this one."""
        self.elsewhere = None
        self._uploads = {}
        self.close()

    def endpoint(self):
        """Where GetAuthorizationToken sends clients."""
        return self.elsewhere or self._sandbox.url

    def move(self, url=None):
        """Names another registry on this machine in this one's place; without a URL, this one again."""
        if url is not None and not re.match(r"^http://127\.0\.0\.1:\d+$", url):
            raise ValueError(f"a registry on this machine looks like http://127.0.0.1:5000, not {url}")
        self.elsewhere = url
        return {"url": self.endpoint()}

    def call(self, method, path, headers):
        """The request in ECR's words: the action that it needs permission for."""
        found = ROUTE.match(path.partition("?")[0])
        kind, name = found["kind"], found["name"] or ""
        operation = {
            (None, "GET"): "GetAuthorizationToken",
            ("blobs", "HEAD"): "BatchCheckLayerAvailability",
            ("blobs", "GET"): "GetDownloadUrlForLayer",
            ("blobs/uploads", "POST"): "InitiateLayerUpload",
            ("blobs/uploads", "PATCH"): "UploadLayerPart",
            ("blobs/uploads", "PUT"): "CompleteLayerUpload",
            ("manifests", "HEAD"): "BatchGetImage",
            ("manifests", "GET"): "BatchGetImage",
            ("manifests", "PUT"): "PutImage",
        }.get((kind, method), "Unknown")
        call = calls.Call("ecr", operation, self._sandbox.region, f"{name}/{found['rest'] or ''}".strip("/"))
        call.reading = method in ("GET", "HEAD")
        return call

    def answer(self, call, method, path, headers, body):
        """(status, header pairs, body) of a request; `body` reads as a file does."""
        url, _, query = path.partition("?")
        found = ROUTE.match(url)
        try:
            self._admit(headers)
            if found["kind"] is None:
                return 200, [("Content-Type", "application/json")], b"{}"
            name = found["name"]
            with self._sandbox.lock:
                repository = self._repository(name)
            if repository is None:
                raise Refused(
                    404,
                    "NAME_UNKNOWN",
                    f"The repository with name '{name}' does not exist in the registry with id '{self._sandbox.account}'",
                )
            rest = unquote(found["rest"])
            if found["kind"] == "manifests":
                return self._manifest(repository, method, rest, headers, body)
            if found["kind"] == "blobs":
                return self._blob(name, rest)
            return self._upload(name, method, rest, parse_qs(query), body)
        except Refused as wrong:
            answer = refusal(wrong.status, wrong.code, wrong.message)
            if wrong.status == 401:
                answer[1].append(("WWW-Authenticate", 'Basic realm="https://sandbox/",service="ecr.amazonaws.com"'))
            return answer

    def _admit(self, headers):
        # GetAuthorizationToken: "the token is a base64-encoded string that can be decoded" into user and password;
        # moto's is always this one (moto/ecr/responses.py).
        scheme, _, token = (headers.get("Authorization") or "").partition(" ")
        expected = f"AWS:{self._sandbox.account}-auth-token"
        if scheme != "Basic" or base64.b64decode(token or b"").decode("utf-8", "replace") != expected:
            raise Refused(401, "UNAUTHORIZED", "Not Authorized")

    def _repository(self, name):
        from moto.ecr.models import ecr_backends

        # The registry's host names its region; on one port, the region is where the repository is.
        regions = ecr_backends[self._sandbox.account]
        return next((r.repositories[name] for r in regions.values() if name in r.repositories), None)

    def _place(self, name, digest):
        if not DIGEST.match(digest):
            raise Refused(400, "DIGEST_INVALID", f"Invalid parameter at 'digest': '{digest}'")
        # Blobs belong to a repository: another's are not seen.
        return os.path.join(self._room, hashlib.sha256(name.encode()).hexdigest()[:16] + digest[7:])

    def _blob(self, name, digest):
        place = self._place(name, digest)
        if not os.path.exists(place):
            raise Refused(404, "BLOB_UNKNOWN", f"The blob '{digest}' does not exist in the repository '{name}'")
        with open(place, "rb") as file:
            content = file.read()
        pairs = [("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", digest)]
        return 200, pairs + [("Content-Length", str(len(content)))], content

    def _upload(self, name, method, session, query, body):
        if method == "POST":
            session = str(uuid.uuid4())
            self._uploads[session] = name
            return 202, [("Location", f"/v2/{name}/blobs/uploads/{session}"), ("Range", "0-0")], b""
        if self._uploads.get(session) != name:
            raise Refused(404, "BLOB_UPLOAD_UNKNOWN", f"The upload '{session}' does not exist")
        held = os.path.join(self._room, session)
        hash_ = hashlib.sha256()
        with open(held, "a+b") as file:
            file.seek(0)
            while part := file.read(PART):
                hash_.update(part)
            while part := body.read(PART):
                hash_.update(part)
                file.write(part)
            size = file.tell()
        if method == "PATCH":
            location = ("Location", f"/v2/{name}/blobs/uploads/{session}")
            return 202, [location, ("Range", f"0-{max(size - 1, 0)}")], b""
        del self._uploads[session]
        digest = (query.get("digest") or [""])[0]
        if "sha256:" + hash_.hexdigest() != digest:
            os.unlink(held)
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        os.replace(held, self._place(name, digest))
        return 201, [("Location", f"/v2/{name}/blobs/{digest}"), ("Docker-Content-Digest", digest)], b""

    def _manifest(self, repository, method, version, headers, body):
        if method == "PUT":
            return self._put(repository, version, headers, body.read().decode("utf-8"))
        with self._sandbox.lock:
            found = next(
                (i for i in repository.images if i.get_image_digest() == version or version in i.image_tags), None
            )
        if found is None:
            raise Refused(404, "MANIFEST_UNKNOWN", "Requested image not found")
        text = found.image_manifest.encode()
        return (
            200,
            [
                ("Content-Type", found.image_manifest_media_type or KINDS[1]),
                ("Docker-Content-Digest", found.get_image_digest()),
                ("Content-Length", str(len(text))),
            ],
            text,
        )

    def _put(self, repository, version, headers, text):
        from moto.ecr.models import Image

        try:
            said = json.loads(text)
        except ValueError:
            raise Refused(400, "MANIFEST_INVALID", "Invalid parameter at 'ImageManifest'") from None
        kind = said.get("mediaType") or headers.get("Content-Type")
        if kind not in KINDS:
            raise Refused(400, "MANIFEST_INVALID", f"Manifest type '{kind}' is not supported")
        digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        tag = None if DIGEST.match(version) else version
        if tag is None and version != digest:
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        with self._sandbox.lock:
            self._complete(repository, said)
            tagged = next((i for i in repository.images if tag and tag in i.image_tags), None)
            if tagged is not None and tagged.get_image_digest() != digest:
                if repository.image_tag_mutability == "IMMUTABLE":
                    raise Refused(
                        400,
                        "TAG_INVALID",
                        f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be "
                        "overwritten because the repository is immutable.",
                    )
                tagged.image_tags.remove(tag)
            held = next((i for i in repository.images if i.get_image_digest() == digest), None)
            if held is None:
                held = Image(self._sandbox.account, tag, text, repository.name, kind, digest)
                repository.images.append(held)
            elif tag and tag not in held.image_tags:
                held.update_tag(tag)
        # ECR answers without a Location.
        return 201, [("Docker-Content-Digest", digest)], b""

    def _complete(self, repository, said):
        """Everything that a manifest names must be there first (PutImage: LayersNotFoundException)."""
        blobs = [said["config"], *said["layers"]] if "config" in said and "layers" in said else []
        lacking = [b["digest"] for b in blobs if not os.path.exists(self._place(repository.name, b["digest"]))]
        held = {image.get_image_digest() for image in repository.images}
        lacking += [m["digest"] for m in said.get("manifests", []) if m["digest"] not in held]
        if lacking:
            raise Refused(400, "MANIFEST_BLOB_UNKNOWN", f"Images with digests '{', '.join(lacking)}' required for "
                          f"pushing the image into repository with name '{repository.name}' do not exist")


def size(text):
    """ImageDetail.imageSizeInBytes: "the size, in bytes, of the image in the repository", the layers of it; None for
    an index."""
    said = json.loads(text)
    return sum(layer["size"] for layer in said["layers"]) if "layers" in said else None
