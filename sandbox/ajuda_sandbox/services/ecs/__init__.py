"""ECS: every operation of this stack, on a world of its own in place of moto's.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
"""

from moto.core.resource_tagging import TaggedResource
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from ...core import wire
from . import clusters, definitions, deployments, exec, run, services, targets
from .world import world_of


def install(sandbox):
    """Replaces ECS."""
    for module in (clusters, definitions, services, deployments, exec, run):
        for operation, act in module.OPERATIONS.items():
            _replace(sandbox, operation, act)
    targets.install(sandbox)
    EC2ContainerServiceResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {}
    _for_others(sandbox)


def _replace(sandbox, operation, act):
    @wire.replaces(EC2ContainerServiceResponse, operation)
    def answer(response, asked):
        return act(world_of(sandbox, response.region), asked)


def _for_others(sandbox):
    """What other services of moto ask ECS's backend."""

    def iter_tagged_resources(self):
        for arn, tags in world_of(sandbox, self.region_name).tags.items():
            kind = arn.split(":")[5].split("/")[0]
            yield TaggedResource(arn=arn, tags=dict(tags), resource_type=f"ecs:{kind}")

    def tag_resource(self, arn, tags):
        world_of(sandbox, self.region_name).tags.setdefault(arn, {}).update(tags)

    def untag_resource(self, arn, tag_keys):
        for key in tag_keys:
            world_of(sandbox, self.region_name).tags.get(arn, {}).pop(key, None)

    # Application Auto Scaling asks whether the service that it is to scale exists.
    def describe_services(self, cluster_str, service_names_or_arns):
        world = world_of(sandbox, self.region_name)
        cluster = world.clusters.get(cluster_str.split("/")[-1])
        found = [s for s in (world.service(cluster, n) for n in service_names_or_arns) if s and s.status == "ACTIVE"]
        return found, []

    for act in (iter_tagged_resources, tag_resource, untag_resource, describe_services):
        setattr(EC2ContainerServiceBackend, act.__name__, act)
