"""Service Connect's side in Cloud Map: one Cloud Map service for each name that is offered.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html
"""

from moto.servicediscovery.models import servicediscovery_backends

from .clusters import namespace_arn
from .world import invalid
from ...core.wire import Refusal


def check(world, cluster, definition, connect):
    """Refuses a namespace that is not there and port names that no container has."""
    if not connect or not connect.get("enabled"):
        return
    namespace = connect.get("namespace") or cluster.get("serviceConnectDefaults", {}).get("namespace")
    if not namespace:
        raise invalid("No namespace was specified for Service Connect and the cluster has no default namespace.")
    namespace_arn(world, namespace)
    ports = {p.get("name") for c in definition["containerDefinitions"] for p in c["portMappings"]}
    for offered in connect.get("services", []):
        if offered["portName"] not in ports:
            raise invalid(
                f"The portName {offered['portName']} in the serviceConnectConfiguration does not match any "
                "portMappings name in the task definition."
            )


def register(service):
    """Makes the Cloud Map services of what a service offers: [(discovery name, ARN)]."""
    connect = service.settings.get("serviceConnectConfiguration") or {}
    if not connect.get("enabled"):
        return []
    world = service.world
    namespace = connect.get("namespace") or service.cluster.get("serviceConnectDefaults", {}).get("namespace")
    backend = servicediscovery_backends[world.account][world.region]
    home = next((n for n in backend.namespaces.values() if namespace in (n.arn, n.name)), None)
    if home is None:
        return []
    made = []
    for offered in connect.get("services", []):
        name = offered.get("discoveryName") or offered["portName"]
        same = next((s for s in backend.services.values() if (s.namespace_id, s.name) == (home.id, name)), None)
        if same is None:
            same = backend.create_service(
                name=name,
                namespace_id=home.id,
                creator_request_id=service.arn,
                description="Created by Amazon ECS Service Connect",
                dns_config={},
                health_check_config={},
                health_check_custom_config={},
                tags=[{"Key": "AmazonECSManaged", "Value": "true"}],
                service_type="HTTP",
            )
        made.append((name, same.arn))
    return made


def unregister(service):
    """Removes them again."""
    backend = servicediscovery_backends[service.world.account][service.world.region]
    arns = {arn for _, arn in getattr(service, "discovered", ())}
    for made in [s for s in backend.services.values() if s.arn in arns]:
        backend.delete_service(made.id)
    service.discovered = []


def refuse_taken(world, cluster, connect, own=None):
    """A discovery name belongs to one service of a namespace."""
    for other in world.services:
        if other is own or other.status == "INACTIVE" or other.cluster is not cluster:
            continue
        taken = {name for name, _ in other.discovered}
        for offered in (connect or {}).get("services", []):
            name = offered.get("discoveryName") or offered["portName"]
            if name in taken:
                raise Refusal("InvalidParameterException", f"The discoveryName {name} is already used in the namespace.")
