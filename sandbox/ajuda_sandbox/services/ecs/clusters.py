"""ECS clusters, and tags on anything of ECS."""

from moto.servicediscovery.models import servicediscovery_backends

from .. import iam
from .world import check_tags, invalid, page
from ...core.wire import Refusal

INSIGHTS_OFF = [{"name": "containerInsights", "value": "disabled"}]


def create(world, asked):
    """CreateCluster: an active cluster of that name is answered as it is, and refused with other settings (three public
    logs)."""
    name = asked.get("clusterName") or "default"
    found = world.clusters.get(name)
    if found and found["status"] == "ACTIVE":
        if any(found.get(key) != asked[key] for key in ("settings", "configuration") if key in asked):
            raise invalid("Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
        return {"cluster": _shown(world, found, EVERYTHING)}
    check_tags(asked.get("tags"))
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
    iam.service_linked_role(world.account, "ecs.amazonaws.com", world.partition)
    cluster = {
        "clusterArn": world.arn("cluster", name),
        "clusterName": name,
        "status": "ACTIVE",
        "settings": asked.get("settings") or INSIGHTS_OFF,
        "capacityProviders": asked.get("capacityProviders") or [],
        "defaultCapacityProviderStrategy": asked.get("defaultCapacityProviderStrategy") or [],
    }
    _configure(world, cluster, asked)
    world.clusters[name] = cluster
    world.tags.pop(cluster["clusterArn"], None)
    world.tag(cluster["clusterArn"], asked.get("tags"))
    return {"cluster": _shown(world, cluster, EVERYTHING)}


def _configure(world, cluster, asked):
    if "configuration" in asked:
        cluster["configuration"] = asked["configuration"]
    defaults = asked.get("serviceConnectDefaults")
    if defaults is not None:
        namespace = defaults.get("namespace")
        if namespace:
            cluster["serviceConnectDefaults"] = {"namespace": namespace_arn(world, namespace, make=True)}
        else:
            # An empty namespace clears the default (ClusterServiceConnectDefaultsRequest).
            cluster.pop("serviceConnectDefaults", None)


def namespace_arn(world, namespace, make=False):
    """A Cloud Map namespace by name or ARN. A cluster's new default is made, as an HTTP
    namespace (ClusterServiceConnectDefaultsRequest.namespace)."""
    backend = servicediscovery_backends[world.account][world.region]
    for known in backend.namespaces.values():
        if namespace in (known.arn, known.name):
            return known.arn
    if not make or namespace.startswith("arn:"):
        raise Refusal("NamespaceNotFoundException", "The specified namespace wasn't found.")
    backend.create_http_namespace(name=namespace, creator_request_id="ecs", description="", tags=[])
    return namespace_arn(world, namespace)


EVERYTHING = ("SETTINGS", "CONFIGURATIONS", "TAGS")


def _shown(world, cluster, include):
    tasks = [t for t in world.tasks.values() if t.cluster is cluster and t.last_status != "STOPPED"]
    shown = dict(cluster)
    shown["registeredContainerInstancesCount"] = 0
    shown["runningTasksCount"] = sum(t.last_status == "RUNNING" for t in tasks)
    shown["pendingTasksCount"] = sum(t.last_status in ("PROVISIONING", "PENDING", "ACTIVATING") for t in tasks)
    shown["activeServicesCount"] = sum(s.cluster is cluster and s.status == "ACTIVE" for s in world.services)
    shown["statistics"] = []
    shown["tags"] = world.tags_of(cluster["clusterArn"]) if "TAGS" in include else []
    if "SETTINGS" not in include:
        shown["settings"] = []
    if "CONFIGURATIONS" not in include:
        shown.pop("configuration", None)
    return shown


def describe(world, asked):
    """DescribeClusters."""
    found, failures = [], []
    for name in asked.get("clusters") or ["default"]:
        cluster = world.clusters.get(name.split("/")[-1])
        if cluster:
            found.append(_shown(world, cluster, asked.get("include", ())))
        else:
            arn = name if name.startswith("arn:") else world.arn("cluster", name)
            failures.append({"arn": arn, "reason": "MISSING"})
    return {"clusters": found, "failures": failures}


def listing(world, asked):
    """ListClusters."""
    arns = sorted(c["clusterArn"] for c in world.clusters.values() if c["status"] == "ACTIVE")
    items, token = page(arns, asked)
    return {"clusterArns": items, "nextToken": token}


def update(world, asked):
    """UpdateCluster and UpdateClusterSettings."""
    cluster = world.cluster(asked.get("cluster"))
    for new in asked.get("settings") or []:
        cluster["settings"] = [s for s in cluster["settings"] if s["name"] != new["name"]] + [new]
    _configure(world, cluster, asked)
    return {"cluster": _shown(world, cluster, EVERYTHING)}


def put_capacity_providers(world, asked):
    """PutClusterCapacityProviders."""
    cluster = world.cluster(asked.get("cluster"))
    cluster["capacityProviders"] = asked["capacityProviders"]
    cluster["defaultCapacityProviderStrategy"] = asked["defaultCapacityProviderStrategy"]
    return {"cluster": _shown(world, cluster, EVERYTHING)}


def delete(world, asked):
    """DeleteCluster: refused while services or tasks are there; INACTIVE afterwards."""
    cluster = world.cluster(asked.get("cluster"))
    if any(s.cluster is cluster and s.status == "ACTIVE" for s in world.services):
        raise Refusal("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    if any(t.cluster is cluster and t.last_status != "STOPPED" for t in world.tasks.values()):
        raise Refusal("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
    cluster["status"] = "INACTIVE"
    shown = _shown(world, cluster, EVERYTHING)
    world.tags.pop(cluster["clusterArn"], None)
    return {"cluster": shown}


def _taggable(world, arn):
    known = {c["clusterArn"] for c in world.clusters.values() if c["status"] == "ACTIVE"}
    known |= {s.arn for s in world.services if s.status != "INACTIVE"}
    known |= set(world.tasks)
    known |= {d["taskDefinitionArn"] for family in world.definitions.values() for d in family.values()}
    if arn not in known:
        raise invalid("The specified resource cannot be found. Specify a valid resource and try again.")


def tag_resource(world, asked):
    """TagResource."""
    _taggable(world, asked["resourceArn"])
    check_tags(asked["tags"])
    world.tag(asked["resourceArn"], asked["tags"])


def untag_resource(world, asked):
    """UntagResource."""
    _taggable(world, asked["resourceArn"])
    for key in asked["tagKeys"]:
        world.tags.get(asked["resourceArn"], {}).pop(key, None)


def list_tags(world, asked):
    """ListTagsForResource."""
    _taggable(world, asked["resourceArn"])
    return {"tags": world.tags_of(asked["resourceArn"])}


OPERATIONS = {
    "CreateCluster": create,
    "DescribeClusters": describe,
    "ListClusters": listing,
    "UpdateCluster": update,
    "UpdateClusterSettings": update,
    "PutClusterCapacityProviders": put_capacity_providers,
    "DeleteCluster": delete,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags,
}
