"""Cloud Map: filters, operations that take a while, namespaces in use."""

from __future__ import annotations

from moto.servicediscovery.models import servicediscovery_backends
from moto.servicediscovery.responses import ServiceDiscoveryResponse as Response

from ..core import wire
from ..core.wire import Refusal, amends, checks

# Seconds on AWS until an operation on an HTTP namespace is done.
OPERATION = 15


def install(sandbox) -> None:
    """Mends Cloud Map."""

    def backend(response):
        return servicediscovery_backends[response.current_account][response.region]

    def matches(value: str, filter_: dict) -> bool:
        if filter_.get("Condition") == "BEGINS_WITH":
            return any(value.startswith(want) for want in filter_["Values"])
        return value in filter_["Values"]

    @amends(Response, "ListNamespaces")
    def namespaces(response, sent, reply):
        found = reply["Namespaces"]
        for want in sent.get("Filters", []):
            read = {
                "NAME": lambda n: n["Name"],
                "TYPE": lambda n: n["Type"],
                "HTTP_NAME": lambda n: (n["Properties"].get("HttpProperties") or {}).get("HttpName", n["Name"]),
            }.get(want["Name"])
            found = [n for n in found if read is None or matches(read(n), want)]
        services = list(backend(response).services.values())
        for item in found:
            item["ServiceCount"] = sum(s.namespace_id == item["Id"] for s in services)
        page, token = wire.page(found, sent, "MaxResults", "NextToken", 100)
        return {"Namespaces": page, **({"NextToken": token} if token else {})}

    @amends(Response, "ListServices")
    def services(response, sent, reply):
        found = reply["Services"]
        for want in sent.get("Filters", []):
            if want["Name"] == "NAMESPACE_ID":
                found = [s for s in found if matches(s["NamespaceId"], want)]
        reply["Services"] = found

    @checks(Response, "CreateHttpNamespace", "CreatePrivateDnsNamespace")
    def create(response, sent):
        for known in backend(response).namespaces.values():
            if known.name != sent["Name"]:
                continue
            if sent.get("CreatorRequestId") and known.creator_request_id == sent["CreatorRequestId"]:
                # CreatorRequestId: a retry answers the operation that is or was under way.
                return {"OperationId": known.operation}
            raise Refusal(
                "NamespaceAlreadyExists",
                f"Namespace with name {known.name} and type {known.type} already exists",
                NamespaceId=known.id,
                CreatorRequestId=known.creator_request_id,
            )

    @amends(Response, "CreateHttpNamespace", "CreatePrivateDnsNamespace")
    def created(response, sent, reply):
        here = backend(response)
        operation = here.operations[reply["OperationId"]]
        operation.since = getattr(operation, "since", wire.monotonic())
        here.namespaces[operation.targets["NAMESPACE"]].operation = operation.id

    @checks(Response, "DeleteNamespace")
    def delete(response, sent):
        here = backend(response)
        used = [s.id for s in here.services.values() if s.namespace_id == sent["Id"]]
        if used:
            raise Refusal(
                "ResourceInUse", f"Namespace has the following services associated with it: {', '.join(used)}"
            )
        if sent["Id"] in here.namespaces:
            here.tagger.delete_all_tags_for_resource(here.namespaces[sent["Id"]].arn)

    @amends(Response, "DeleteNamespace")
    def deleted(response, sent, reply):
        backend(response).operations[reply["OperationId"]].since = wire.monotonic()

    @amends(Response, "GetOperation")
    def operation(response, sent, reply):
        since = getattr(backend(response).operations[sent["OperationId"]], "since", None)
        done = since is None or sandbox.clock.due(since, OPERATION)
        reply["Operation"]["Status"] = "SUCCESS" if done else "PENDING"

    @checks(Response, "ListTagsForResource", "TagResource", "UntagResource")
    def tagged(response, sent):
        here = backend(response)
        if sent["ResourceARN"] not in {item.arn for item in (*here.namespaces.values(), *here.services.values())}:
            raise Refusal("ResourceNotFoundException", f"Resource not found: {sent['ResourceARN']}")

    @checks(Response, "DeleteService")
    def delete_service(response, sent):
        service = backend(response).services.get(sent["Id"])
        if service is None:
            raise Refusal("ServiceNotFound", f"Service not found: {sent['Id']}")
