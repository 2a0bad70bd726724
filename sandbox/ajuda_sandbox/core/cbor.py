"""Smithy's RPC v2 CBOR protocol, spoken to clients; moto behind it hears AWS JSON.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html: the operation is
in the path, timestamps carry tag 1, replies carry the header `smithy-protocol`.
"""

import base64
import json
import re
import struct

PATH = re.compile(r"^/service/(\w+)/operation/(\w+)$")


def is_cbor(path, headers):
    """Whether a request speaks this protocol."""
    return headers.get("smithy-protocol") == "rpc-v2-cbor" and bool(PATH.match(path))


def to_json(path, body, model):
    """The same request as AWS JSON: (target header, content type, body)."""
    operation = PATH.match(path).group(2)
    target = f"{model.metadata['targetPrefix']}.{operation}"
    content = f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.0')}"
    return target, content, json.dumps(decode(body)).encode()


def decode(body):
    """What a request says."""
    return _Reader(body).value() if body else {}


def from_json(path, body, model, failed):
    """An AWS JSON reply as CBOR."""
    value = json.loads(body) if body.strip() else {}
    if failed:
        message = value.get("message") or value.get("Message") or ""
        value = {**value, "message": message, "Message": message}
        shape = None
    else:
        shape = model.operation_model(PATH.match(path).group(2)).output_shape
    out = bytearray()
    _write(out, value, shape)
    return bytes(out)


class _Reader:
    """Decodes the data items that the protocol uses (RFC 8949)."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def value(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self._simple(info)
        size = self._size(info)
        if major == 0:
            return size
        if major == 1:
            return -1 - size
        if major == 2:
            return base64.b64encode(self._chunks(size)).decode()
        if major == 3:
            return self._chunks(size).decode()
        if major == 4:
            return [self.value() for _ in self._items(size)]
        if major == 5:
            return {self.value(): self.value() for _ in self._items(size)}
        return self.value()  # a tag: timestamps are numbers in AWS JSON as well

    def _size(self, info):
        if info < 24:
            return info
        if info == 31:
            return None
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def _chunks(self, size):
        if size is not None:
            return self.take(size)
        joined = b""
        while self.data[self.at] != 0xFF:
            joined += self.take(self._size(self.take(1)[0] & 31))
        self.at += 1
        return joined

    def _items(self, size):
        if size is not None:
            yield from range(size)
            return
        while self.data[self.at] != 0xFF:
            yield None
        self.at += 1

    def _simple(self, info):
        if info in (20, 21):
            return info == 21
        if info == 25:
            return struct.unpack(">e", self.take(2))[0]
        if info == 26:
            return struct.unpack(">f", self.take(4))[0]
        if info == 27:
            return struct.unpack(">d", self.take(8))[0]
        return None


def _head(out, major, size):
    if size < 24:
        out.append(major << 5 | size)
        return
    for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if size < 1 << (8 * width):
            out.append(major << 5 | info)
            out += size.to_bytes(width, "big")
            return


def _write(out, value, shape):
    kind = shape.type_name if shape is not None else None
    if kind in ("integer", "long") and value is not None:
        value = int(value)
    elif kind == "string" and value is not None:
        value = str(value)
    elif kind == "boolean" and isinstance(value, str):
        value = value.lower() == "true"
    if value is None:
        out.append(0xF6)
    elif isinstance(value, bool):
        out.append(0xF5 if value else 0xF4)
    elif kind == "timestamp":
        _head(out, 6, 1)
        out.append(0xFB)
        out += struct.pack(">d", float(value))
    elif isinstance(value, float) or kind in ("double", "float"):
        out.append(0xFB)
        out += struct.pack(">d", float(value))
    elif isinstance(value, int):
        _head(out, 0 if value >= 0 else 1, value if value >= 0 else -1 - value)
    elif isinstance(value, str):
        blob = kind == "blob"
        data = base64.b64decode(value) if blob else value.encode()
        _head(out, 2 if blob else 3, len(data))
        out += data
    elif isinstance(value, list):
        _head(out, 4, len(value))
        for item in value:
            _write(out, item, shape.member if kind == "list" else None)
    else:
        _head(out, 5, len(value))
        for key, item in value.items():
            _write(out, key, None)
            if kind == "structure":
                _write(out, item, shape.members.get(key))
            else:
                _write(out, item, shape.value if kind == "map" else None)
