"""The three ways a module of the sandbox mends an operation of moto: replace it,
look at a request first, or amend a reply. Requests and replies are plain dicts in
the names of the API model, whatever protocol carried them, so every field that the
model knows is echoed and none has to be listed twice."""

from __future__ import annotations

import functools
import json
import logging
import warnings
from datetime import datetime, timezone
from urllib.parse import urlencode

from botocore.serialize import create_serializer
from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse
from moto.core.serialize import DefaultAttributePicker, JSONSerializer, XFormedAttributePicker
from moto.core.utils import camelcase_to_underscores, get_service_model

from . import clock

# Moto warns about error codes that botocore's model leaves out; EC2's model has none at all.
warnings.filterwarnings("ignore", message=".*does not match an error shape.*")
logging.getLogger("moto").setLevel(logging.ERROR)


class Refusal(ServiceException):
    """An error answer: code and message as AWS words them; the HTTP status is the model's."""

    def __init__(self, code: str, message: str, **members):
        super().__init__(code, message)
        # Modelled errors may carry more than a message (`resourceId`, `Invalidations` …).
        for name, value in members.items():
            setattr(self, name, value)


class Answer(ActionResult):
    """A reply that is already in the API model's own names: nothing is guessed or rewritten."""

    def execute_result(self, context):
        serializer = context.serializer_class(
            operation_model=context.operation_model, value_picker=DefaultAttributePicker()
        )
        reply = serializer.serialize(self.result)
        return reply["status_code"], reply["headers"], reply["body"]


class _Plain(JSONSerializer):
    """Turns what moto's models hold into dicts keyed by the API model's member names."""

    def get_serialized_name(self, shape, default_name):
        return default_name

    def _serialize_type_timestamp(self, serialized, value, shape, key):
        serialized[key] = value

    def _serialize_type_blob(self, serialized, value, shape, key):
        serialized[key] = value

    def _serialize_type_boolean(self, serialized, value, shape, key):
        serialized[key] = value is True or str(value).lower() == "true"


def model(response: BaseResponse, operation: str | None = None):
    """The botocore operation model of a request (or of another operation of that service)."""
    service = get_service_model(response.boto3_service_name)
    return service.operation_model(operation or response._get_action())


def plain(response: BaseResponse, result, operation: str | None = None) -> dict:
    """`result`, as moto would answer it, in the API model's own names."""
    serializer = _Plain(
        operation_model=model(response, operation),
        value_picker=XFormedAttributePicker(response_transformers=response.RESPONSE_KEY_PATH_TO_TRANSFORMER),
    )
    body: dict = {}
    shape = serializer.operation_model.output_shape
    if shape is not None:
        serializer._serialize(body, result, shape, "")
    return body


def sent(response: BaseResponse) -> dict:
    """What the client sent, typed and named by the API model."""
    operation = model(response)
    request = response.normalized_request
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    return PROTOCOL_PARSERS[protocol](operation, map_type=dict).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": response.uri_match,
        }
    )


def read(response: BaseResponse, answer) -> dict:
    """Moto answers with a result object or, in its older services, with JSON text."""
    if isinstance(answer, Answer):
        return answer.result
    if isinstance(answer, ActionResult):
        return plain(response, answer.result)
    if isinstance(answer, tuple):
        answer = answer[-1] if len(answer) == 3 else answer[0]
    return json.loads(answer) if answer else {}


def replaces(kind: type, operation: str):
    """The function answers `operation`: it gets the response object and what was sent."""

    def put(function):
        def method(self):
            return Answer(function(self, sent(self)) or {})

        setattr(kind, camelcase_to_underscores(operation), method)
        return function

    return put


def checks(kind: type, *operations: str):
    """The function sees the request before moto does, and may raise a Refusal or answer a
    dict itself; None lets moto answer."""

    def put(function):
        for operation in operations:
            name = camelcase_to_underscores(operation)
            original = getattr(kind, name)

            def method(self, original=original):
                answer = function(self, sent(self))
                return original(self) if answer is None else Answer(answer)

            setattr(kind, name, functools.wraps(original)(method))
        return function

    return put


def amends(kind: type, *operations: str):
    """The function gets what was sent and moto's reply as a dict, which it changes or replaces."""

    def put(function):
        for operation in operations:
            name = camelcase_to_underscores(operation)
            original = getattr(kind, name)

            def method(self, original=original):
                asked = sent(self)
                reply = read(self, original(self))
                return Answer(function(self, asked, reply) or reply)

            setattr(kind, name, functools.wraps(original)(method))
        return function

    return put


def kept(backend, name: str, make=dict):
    """State of ours that lives on moto's backend, so that moto's reset clears it too."""
    if name not in backend.__dict__:
        backend.__dict__[name] = make()
    return backend.__dict__[name]


def suffix(region: str) -> str:
    """How names end in a region's partition."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def now() -> datetime:
    """The time of day AWS would print, to the millisecond."""
    moment = datetime.now(timezone.utc)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def monotonic() -> float:
    """The clock that `Clock.due` compares with."""
    return clock.monotonic()


def pairs(tags: dict) -> list[dict]:
    """`{"k": "v"}` as `[{"Key": "k", "Value": "v"}]`."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def mapping(tags: list[dict] | None) -> dict:
    """`[{"Key": "k", "Value": "v"}]` as `{"k": "v"}`."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or []}


def page(items: list, sent: dict, size: str = "MaxRecords", marker: str = "Marker", most: int = 100):
    """One page of a list and the marker of the next: (items, marker or None)."""
    start = int(sent.get(marker) or 0)
    count = min(int(sent.get(size) or most), most)
    return items[start : start + count], str(start + count) if start + count < len(items) else None


def by_token(kind: type, operation: str, token: str, backend, alive):
    """A create that is repeated with its idempotency token gets the first answer again, as long
    as what it made is there (`alive(backend, reply)`)."""

    name = camelcase_to_underscores(operation)
    original = getattr(kind, name)

    def method(self):
        key = (operation, sent(self).get(token))
        if not key[1]:
            return original(self)
        answers = kept(backend(self), "sandbox_tokens")
        if key in answers and alive(backend(self), answers[key]):
            return Answer(answers[key])
        answers[key] = read(self, original(self))
        return Answer(answers[key])

    setattr(kind, name, functools.wraps(original)(method))


def around(kind: type, operation: str):
    """The function gets the response object and the method that answers `operation`, and answers itself."""

    def put(function):
        name = camelcase_to_underscores(operation)
        original = getattr(kind, name)
        setattr(kind, name, functools.wraps(original)(lambda self: function(self, original)))
        return function

    return put


def ask(response: BaseResponse, operation: str, **asked) -> dict:
    """What another operation of the same service answers, in the same account and region."""
    operation_model = model(response, operation)
    made = create_serializer(operation_model.service_model.protocol).serialize_to_request(asked, operation_model)
    body = made["body"]
    headers = {"Authorization": response.headers.get("Authorization", ""), **made["headers"]}
    if isinstance(body, dict):
        body, headers["Content-Type"] = urlencode(body), "application/x-www-form-urlencoded"
    other = type(response)()
    other.setup_class(Request.from_primitives(made["method"], "http://127.0.0.1" + made["url_path"], headers, body))
    other.region, other.current_account = response.region, response.current_account
    other.asks_everything = True
    return read(other, getattr(other, camelcase_to_underscores(operation))())
