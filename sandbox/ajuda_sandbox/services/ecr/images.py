"""Which container images exist, for which architectures, and how they behave.

`fill` puts what was announced into a repository as a multi-architecture image
index (OCI image-spec, image-index.md) as soon as the repository exists.
"""

import hashlib
import json
import re

BEHAVIOURS = ("ok", "crash", "unhealthy", "slow", "stuck", "oom", "missing")
ARCHITECTURES = ("amd64", "arm64")
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OWN = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/")


def install(sandbox):
    """Gives the sandbox its catalogue."""
    sandbox.images = Images(sandbox)
    sandbox.on_reset(sandbox.images.forget)


def split(image):
    """`name:tag` or `name@digest` → (name, tag or digest); the registry host of an ECR goes."""
    image = OWN.sub("", image)
    if "@" in image:
        name, digest = image.split("@", 1)
        return re.sub(r":[^:/]+$", "", name), digest
    name, colon, tag = image.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (image, "latest")


def is_outside(image):
    """Whether the first part of the name is a registry host other than ECR's."""
    first = image.split("/", 1)[0]
    return not OWN.match(image) and "/" in image and ("." in first or ":" in first)


class Images:
    """The catalogue: what was announced, by name and tag."""

    def __init__(self, sandbox):
        self._sandbox = sandbox
        self.forget()

    def forget(self):
        """Nothing is announced."""
        self._known = {}

    def announce(
        self, image, behaviour="ok", architectures=ARCHITECTURES, logs=None, exit_code=None, pushed=None, findings=None
    ):
        """Says that an image exists (or, "missing", that it does not) and how it behaves ("stuck": it is pulled until
        another behaviour is announced); `pushed`: when it was pushed, in
        seconds since 1970; `findings`: how many a scan found, by severity."""
        if behaviour not in BEHAVIOURS:
            raise ValueError(f"behaviour is one of {', '.join(BEHAVIOURS)}, not {behaviour}")
        name, tag = split(image)
        entry = {
            "image": f"{name}:{tag}",
            "behaviour": behaviour,
            "architectures": list(architectures),
            "digest": digest(index(f"{name}:{tag}", architectures)),
        }
        if logs is not None:
            entry["logs"] = list(logs)
        if exit_code is not None:
            entry["exit_code"] = int(exit_code)
        if pushed is not None:
            entry["pushed"] = int(pushed)
        if findings is not None:
            entry["findings"] = dict(findings)
        self._known[(name, tag)] = entry
        if not is_outside(image):
            for region in list(self._ecr()):
                self.fill(name, region)
        return entry

    def first(self, image):
        """Says that an image exists, unless something was said of it before."""
        return self._known.get(split(image)) or self.announce(image)

    def describe(self):
        """All entries, in order of their names."""
        return [self._known[key] for key in sorted(self._known)]

    def fill(self, repository_name, region=None):
        """Puts every announced image of a repository into it; harmless when repeated."""
        from moto.ecr.models import Image

        regions = [region] if region else list(self._ecr())
        for backend in (self._ecr()[name] for name in regions):
            repository = backend.repositories.get(repository_name)
            for (name, tag), entry in sorted(self._known.items()):
                if repository is None or name != repository_name:
                    continue
                repository.images = [i for i in repository.images if tag not in i.image_tags]
                if entry["behaviour"] == "missing":
                    continue
                held = {i._image_digest for i in repository.images}
                for architecture in entry["architectures"]:
                    text = manifest(entry["image"], architecture)
                    if digest(text) not in held:
                        repository.images.append(
                            Image(self._sandbox.account, None, text, name, MANIFEST, digest(text))
                        )
                text = index(entry["image"], entry["architectures"])
                image = Image(self._sandbox.account, tag, text, name, INDEX, digest(text))
                image.image_pushed_at = entry.get("pushed", image.image_pushed_at)
                image.findings = entry.get("findings")
                repository.images.append(image)

    def pull(self, image, region):
        """What a task gets that pulls `image`: its entry, or None when there is none."""
        name, tag = split(image)
        if tag.startswith("sha256:"):
            entry = next((e for (n, _), e in self._known.items() if n == name and e["digest"] == tag), None)
        else:
            entry = self._known.get((name, tag))
        if entry and entry["behaviour"] == "missing":
            return None
        if OWN.match(image):
            repository = self._ecr()[region].repositories.get(name)
            held = repository.images if repository else []
            found = next((i for i in held if i._image_digest == tag or tag in i.image_tags), None)
            if found is None:
                return None
            return entry or {"image": image, "behaviour": "ok", "digest": found.get_image_digest()}
        # What exists in registries outside cannot be known here.
        return entry or {"image": image, "behaviour": "ok", "digest": digest(index(f"{name}:{tag}", ARCHITECTURES))}

    def _ecr(self):
        from moto.ecr.models import ecr_backends

        return ecr_backends[self._sandbox.account]


def digest(text):
    """The digest under which a registry keeps a manifest."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _blob(kind, image, part, size):
    return {"mediaType": kind, "digest": digest(f"{image} {part}"), "size": size}


def manifest(image, architecture):
    """The manifest of one architecture."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _blob(CONFIG, image, f"config {architecture}", 1470),
            "layers": [_blob(LAYER, image, f"layer {architecture}", 175_000_000)],
        }
    )


def index(image, architectures):
    """The index that lists one manifest for each architecture."""
    manifests = []
    for architecture in architectures:
        text = manifest(image, architecture)
        manifests.append(
            {
                "mediaType": MANIFEST,
                "digest": digest(text),
                "size": len(text),
                "platform": {"architecture": architecture, "os": "linux"},
            }
        )
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
