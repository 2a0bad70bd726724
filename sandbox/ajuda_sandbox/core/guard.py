"""Who may speak to the sandbox: programs of the user who started it, and no web page.

The port is open to every program and every browser of this machine, and what lies behind it is
what the operator trusts it with. So a request is believed when

- the process at its other end is this user's, where the system can tell (`peer`),
- it names this machine as its host, which a page behind a rebound name does not,
- no browser sent it on behalf of a page.

Control calls carry the token of the state file as well. Before anybody sends that token, the sandbox
proves that it knows it: `prove`.
"""

import hashlib
import hmac
import os
import re

# 16 bytes at least, so that no answer is ever asked for twice.
NONCE = re.compile(r"^[0-9a-f]{32,128}$")
# This machine by its number or its name, at any port: a tunnel or a proxy of this user sends the port that it
# listens at itself.
LOOPBACK = re.compile(r"^(127\.0\.0\.1|localhost)(:\d{1,5})?$")


def refusal(path, headers, port):
    """Why a request is not believed, in a sentence; None when it is."""
    # Fetch standard, "`Origin` header" and "Fetch Metadata": browsers send these for pages, and no page can leave
    # them out. "none" is what the user typed.
    if headers.get("Origin") is not None or headers.get("Sec-Fetch-Site", "none") != "none":
        return "web pages have no access"
    hosts = headers.get_all("Host", [])
    if len(hosts) != 1 or not LOOPBACK.match(hosts[0]):
        return f"the host of this sandbox is 127.0.0.1:{port}"
    if not path.startswith("/"):
        return "a request names a path"
    return None


def knows(headers, token):
    """Whether a request carries the token."""
    scheme, _, sent = (headers.get("Authorization") or "").partition(" ")
    return scheme == "Bearer" and hmac.compare_digest(sent.encode("utf-8", "replace"), token.encode())


def prove(sandbox, nonce):
    """What only the process with the token can say to this nonce, at this address."""
    if not NONCE.match(nonce):
        raise ValueError("a nonce is 32 to 128 hexadecimal digits")
    said = f"ajuda sandbox\n{sandbox.url}\n{os.getpid()}\n{nonce}"
    proof = hmac.new(sandbox.token.encode(), said.encode(), hashlib.sha256).hexdigest()
    return {"pid": os.getpid(), "proof": proof}
