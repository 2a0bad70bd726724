"""What a call is about, in words that are the same in every run.

An object is called by the address in its ownership tag. The ids that AWS generates are learnt from
the answers to the calls that bring them about.
"""

import json
import re
import threading
from urllib.parse import parse_qsl

from ajuda_sandbox.core import cbor

ADDRESS = "ajuda:address"
# Ids, and ARNs with what is random in them, as they stand in requests and answers.
GENERATED = re.compile(r"arn:aws[\w-]*:[\w:/.*-]+|\b[a-z]+-(?:[0-9a-f]{8}|[0-9a-f]{17})\b|\bns-[a-z0-9]{16,}\b")
XML_TAG = re.compile(rf"<Key>{ADDRESS}</Key>\s*<Value>([^<]*)</Value>")
ALARMS = re.compile(r"\"AlarmNames?\": \[?\"([^\"]+)")
XML_NAME = re.compile(r"<(?:Name|Action|Key)>([^<]*)</")


class Names:
    """Whose each generated id is."""

    def __init__(self):
        self._lock = threading.Lock()
        self.forget()

    def forget(self):
        """Nothing is known."""
        self._owners = {}

    def about(self, call, path, headers, body):
        """What a mutating call is about: the address in its tags, else the name it bears or the objects
        that it names."""
        text, address = _read(path, headers, body)
        if address:
            return address
        if call.service == "route53":
            # ACM makes up the first part of a name that proves a domain.
            return re.sub(r"_[0-9a-f]{32}", "_", " ".join(dict.fromkeys(XML_NAME.findall(text))))
        if call.service == "monitoring" and ALARMS.search(text):
            return " ".join(ALARMS.findall(text))
        if call.target and not GENERATED.search(call.target):
            return call.target
        with self._lock:
            known = [self._owners.get(found) for found in GENERATED.findall(text)]
        # In an order of their own: a request lists them as it likes.
        return " ".join(sorted(set(filter(None, known))))

    def learn(self, about, answer):
        """The ids that nobody has named before belong to what the call was about."""
        with self._lock:
            for found in GENERATED.findall(answer.decode("utf-8", "replace")):
                self._owners.setdefault(found, about)


def _read(path, headers, body):
    """The words of a request, and the address in its tags, if any."""
    if cbor.is_cbor(path, headers):
        value = cbor.decode(body)
        return json.dumps(value), _address(value)
    text = body.decode("utf-8", "replace")
    if text.startswith("{"):
        try:
            return text, _address(json.loads(text))
        except ValueError:
            # Malformed on purpose, for AWS's own refusal.
            return text, None
    if text.startswith("<"):
        found = XML_TAG.search(text)
        return text, found and found.group(1)
    pairs = parse_qsl(text)
    values = iter(pairs)
    address = next((next(values, ("", ""))[1] for name, value in values if value == ADDRESS), None)
    return " ".join(value for _, value in pairs), address


def _address(value):
    if isinstance(value, list):
        return next(filter(None, map(_address, value)), None)
    if not isinstance(value, dict):
        return None
    if ADDRESS in value:
        return value[ADDRESS]
    if ADDRESS in (value.get("Key"), value.get("key")):
        return value.get("Value") or value.get("value")
    return next(filter(None, map(_address, value.values())), None)
