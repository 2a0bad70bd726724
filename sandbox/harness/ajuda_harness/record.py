"""Which calls came in: one entry per request, in order of arrival. What could be a secret is not kept: no body, no
signature, no token."""

import re
import threading
import time

# What signs a request or opens something, in headers and in presigned URLs.
SECRET = re.compile(r"authorization|cookie|credential|password|secret|signature|token", re.IGNORECASE)
HIDDEN = "REDACTED"


def outside(path, headers):
    """A request's URL and headers, as one text: where no secret may be, with what signs it left out."""
    url, mark, query = path.partition("?")
    pairs = [part.split("=", 1) for part in query.split("&")]
    query = "&".join("=".join([pair[0], HIDDEN] if SECRET.search(pair[0]) else pair) for pair in pairs)
    kept = {name: HIDDEN if SECRET.search(name) else value for name, value in headers.items()}
    return f"{url}{mark}{query} {kept}"


class Record:
    """The list of requests, safe to write from many threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._entries = []
        self._next = 1

    def add(self, call, round_trip, outside=""):
        """Notes a request as it arrives; whoever answers it completes the entry. `outside` is what
        the function of that name says."""
        with self._lock:
            entry = {
                "seq": self._next,
                "at": time.time(),
                "service": call.service,
                "operation": call.operation,
                "region": call.region,
                "status": None,
                "error_code": None,
                "reading": call.reading,
                "round_trip": round_trip,
                "target": call.target,
                "about": call.about,
                "id": None,
                "outside": outside,
            }
            self._next += 1
            self._entries.append(entry)
            return entry

    def since(self, seq):
        """All entries after `seq`."""
        with self._lock:
            return [dict(entry) for entry in self._entries if entry["seq"] > seq]

    def clear(self):
        """Forgets the entries; sequence numbers go on."""
        with self._lock:
            self._entries = []
