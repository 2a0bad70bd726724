"""Errors in the wire format that the client speaks, and what of the sandbox's own goes into its log."""

import json
import sys
import traceback
import uuid

# Set by the test harness, whose log nobody but a developer reads.
WHOLE = False


def note(error):
    """Writes where an error came from. Not what it says: that may quote what a client sent."""
    if WHOLE:
        traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
        return
    print(f"{type(error).__name__} in the sandbox:", file=sys.stderr)
    print("".join(traceback.format_tb(error.__traceback__)), end="", file=sys.stderr, flush=True)


def protocol(call):
    """The family of the call's wire format."""
    from moto.core.utils import get_service_model

    if call.service == "s3":
        return "s3"
    if call.service == "monitoring":
        return "json"
    try:
        name = str(get_service_model(call.model).protocol)
    except Exception:  # an unknown service: anything that a client can read
        return "json"
    return "json" if "cbor" in name else name


def render(call, http, code, message):
    """(status, headers, body) of an error in the service's own wire format."""
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-RequestId": request_id}
    family = protocol(call)
    if family in ("json", "rest-json"):
        headers["Content-Type"] = "application/json" if family == "rest-json" else "application/x-amz-json-1.1"
        headers["X-Amzn-Errortype"] = code
        return http, headers, json.dumps({"__type": code, "message": message, "Message": message}).encode()
    headers["Content-Type"] = "application/xml" if family in ("s3", "rest-xml") else "text/xml"
    text = message.replace("&", "&amp;").replace("<", "&lt;")
    inner = f"<Code>{code}</Code><Message>{text}</Message>"
    if family == "s3":
        headers["x-amz-request-id"] = request_id
        body = f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    elif family == "ec2":
        body = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        kind = "Sender" if http < 500 else "Receiver"
        body = f"<ErrorResponse><Error><Type>{kind}</Type>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    return http, headers, ('<?xml version="1.0" encoding="UTF-8"?>' + body).encode()
