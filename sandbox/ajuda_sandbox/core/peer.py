"""Whose process is at the other end of a connection of this machine, where the system can tell: Linux.

The kernel is asked for the one socket (sock_diag(7)). Its table `/proc/net/tcp` says the same, but the kernel
walks through every socket of the machine to write it, milliseconds for each connection; it is what is left where
there is no such netlink socket.
"""

import os
import socket
import struct
import sys

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST = 1
ANY_COOKIE = b"\xff" * 8
# struct nlmsghdr (netlink(7)), struct inet_diag_req_v2 with its inet_diag_sockid (sock_diag(7)).
HEADER = struct.Struct("=IHHII")
REQUEST = struct.Struct("=BBBxI")
ENDS = struct.Struct("!HH4s12x4s12x")
SOCKET_ID = ENDS.size + 4 + len(ANY_COOKIE)
# struct inet_diag_msg: family, state, timer and retransmissions, the socket's id, expiry, both queues, and the user.
USER_AT = HEADER.size + 4 + SOCKET_ID + 12
# State, local address and remote address stand in hexadecimal, the user in the eighth column
# (Documentation/networking/proc_net_tcp.rst of Linux).
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
USER = 7


def stranger(client, port):
    """The number of the other user whose process is at `client`, connected to `port` of 127.0.0.1; None when it is
    this user's, or unknown here; -1 when there is no such socket any more."""
    if not sys.platform.startswith("linux"):
        return None
    user = asked(client, port)
    if user is None:
        user = listed(client, port)
    return None if user in (None, os.getuid()) else user


def asked(client, port):
    """What the kernel says of the socket; None when it does not say."""
    ends = ENDS.pack(client[1], port, socket.inet_aton(client[0]), socket.inet_aton("127.0.0.1"))
    body = REQUEST.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + ends + struct.pack("=I", 0) + ANY_COOKIE
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(1)
            kernel.send(HEADER.pack(HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0) + body)
            reply = kernel.recv(4096)
    except OSError:
        return None
    # An error, ENOENT among them, is a message of another type.
    if len(reply) < USER_AT + 4 or HEADER.unpack_from(reply)[1] != SOCK_DIAG_BY_FAMILY:
        return None
    return struct.unpack_from("=I", reply, USER_AT)[0]


def listed(client, port):
    """What the tables say of the socket; -1 when none has it, None when there is no table."""
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
            return int(line.split()[USER])
    return -1 if seen else None


def _ends(client, port):
    """The two ends of a connection, as each table writes them."""

    def word(host):
        return f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}"

    # An IPv4 address in an IPv6 socket (RFC 4291, 2.5.5.2).
    mapped = f"{0:016X}{int.from_bytes(bytes.fromhex('0000ffff'), sys.byteorder):08X}"
    for before in ("", mapped):
        yield f" {before}{word(client[0])}:{client[1]:04X} {before}{word('127.0.0.1')}:{port:04X} ".encode()
