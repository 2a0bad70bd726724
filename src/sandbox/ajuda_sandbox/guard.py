"""Who may speak to the sandbox: programs of the user who started it, and no web page.

The port is open to every program and every browser of this machine, and what lies behind it is
what the operator trusts it with. So a request is believed when

- the process at its other end is this user's, where the system can tell (Linux: `/proc/net/tcp`),
- it names this very server as its host, which a page behind a rebound name does not,
- no browser sent it on behalf of a page.

Control calls carry the token of the state file as well. Before anybody sends that token, the sandbox
proves that it knows it: `prove`.
"""

import hashlib
import hmac
import os
import re
import socket
import sys

# 16 bytes at least, so that no answer is ever asked for twice.
NONCE = re.compile(r"^[0-9a-f]{32,128}$")
# State, local address and remote address stand in hexadecimal, the user in the eighth column
# (Documentation/networking/proc_net_tcp.rst of Linux).
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
USER = 7


def refusal(path, headers, port):
    """Why a request is not believed, in a sentence; None when it is."""
    # Fetch standard, "`Origin` header" and "Fetch Metadata": browsers send these for pages, and no page can leave
    # them out. "none" is what the user typed.
    if headers.get("Origin") is not None or headers.get("Sec-Fetch-Site", "none") != "none":
        return "web pages have no access"
    if headers.get_all("Host") not in ([f"127.0.0.1:{port}"], [f"localhost:{port}"]):
        return f"the host of this sandbox is 127.0.0.1:{port}"
    if not path.startswith("/"):
        return "a request names a path"
    return None


def stranger(client, port):
    """The number of the other user whose process is at `client`; None when it is this user's, or unknown here."""
    if not sys.platform.startswith("linux"):
        return None
    seen = False
    for table, ends in zip(TABLES, _ends(client, port)):
        try:
            with open(table, "rb") as file:
                text = file.read()
        except OSError:
            continue
        seen = True
        at = text.find(ends)
        if at >= 0:
            line = text[text.rfind(b"\n", 0, at) + 1 : text.find(b"\n", at)]
            user = int(line.split()[USER])
            return None if user == os.getuid() else user
    # One that has left already, if there is a table at all: its socket is nobody's.
    return -1 if seen else None


def _ends(client, port):
    """The two ends of a connection, as each table writes them."""

    def word(host):
        return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}"

    # An IPv4 address in an IPv6 socket (RFC 4291, 2.5.5.2).
    mapped = f"{0:016X}{int.from_bytes(bytes.fromhex('0000ffff'), sys.byteorder):08X}"
    for before in ("", mapped):
        yield f" {before}{word(client[0])}:{client[1]:04X} {before}{word('127.0.0.1')}:{port:04X} ".encode()


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
