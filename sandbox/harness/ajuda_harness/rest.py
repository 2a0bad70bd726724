"""Whether nothing more comes before something is answered, whoever was kept waiting for the processor: the clients
sleep, nothing is on its way from them, and no thread here still has a request that it has not told of.

Quiet alone does not say that: a client that is not given the processor is quiet as well. Only Linux tells the rest.
"""

import os
import sys
import threading
import time
from pathlib import Path

PROC = Path("/proc")
# proc_net_tcp.rst of Linux: of a socket that listens, the second queue is of connections that nobody accepted yet.
TABLES = ("net/tcp", "net/tcp6")
LOCAL, REMOTE, STATE, QUEUES, INODE = 1, 2, 3, 4, 9
ESTABLISHED, LISTENS = "01", "0A"
# proc_pid_stat(5): neither running nor to run, nor waiting for a disk, nor stopped by a signal.
ASLEEP = "SIXZ"
# A thread here that waits for the interpreter sleeps as well; within this time it is given that, or waits for the
# processor.
BETWEEN_LOOKS = 0.01


class Rest:
    """The clients whose requests are counted, and the requests that are being read."""

    def __init__(self):
        self._lock = threading.Lock()
        self._here = threading.local()
        self.watch(None)

    def watch(self, thread):
        """Begins anew: with the processes that will call, or with one thread of one (`PID/task/TID`)."""
        with self._lock:
            self._thread, self._port = thread, None
            # The ports of connections whose process is not known yet, and the processes.
            self._ports, self._processes = set(), set()
            self._reading = set()

    def reads(self, handler):
        """A request has begun to come in, in this thread."""
        self._here.port, port = handler.client_address[1], handler.server.server_address[1]
        with self._lock:
            self._reading.add(threading.get_ident())
            self._port = port

    def has_read(self):
        """It has been told of, or is over."""
        with self._lock:
            self._reading.discard(threading.get_ident())

    def called(self):
        """The request in this thread is one of those that are counted."""
        port = getattr(self._here, "port", None)
        if port is not None:
            with self._lock:
                self._ports.add(port)
        self.has_read()

    def complete(self):
        """Whether all that are to come have come. In the order in which a request comes, so that none slips by."""
        if not sys.platform.startswith("linux"):
            return True
        for _ in range(2):
            time.sleep(BETWEEN_LOOKS)
            if not (self._delivered() and self._clients_sleep() and self._delivered() and self._sleeps_here()):
                return False
        return True

    def _delivered(self):
        """Whether everything that was sent has been read, on either side."""
        with self._lock:
            port, unknown = self._port, set(self._ports)
        inodes = set()
        for line in _sockets():
            local, remote = (int(line[at].rpartition(":")[2], 16) for at in (LOCAL, REMOTE))
            if port not in (local, remote) or line[STATE] not in (ESTABLISHED, LISTENS):
                continue
            if line[QUEUES].strip("0") != ":":
                return False
            if remote == port and local in unknown:
                inodes.add(line[INODE])
        with self._lock:
            self._ports -= unknown
            if not self._thread:
                self._processes |= _owners(inodes)
        return True

    def _clients_sleep(self):
        with self._lock:
            threads = [PROC / self._thread] if self._thread else []
            processes = set(self._processes)
        for process in processes:
            threads += _threads(process)
        return all(map(_asleep, threads))

    def _sleeps_here(self):
        """Whether every other thread of this process sleeps, and none has a request that it has not told of."""
        me = str(threading.get_native_id())
        return all(_asleep(one) for one in _threads("self") if one.name != me) and not self._reading


def _sockets():
    """The lines of the kernel's tables."""
    for table in TABLES:
        try:
            lines = (PROC / table).read_text().splitlines()[1:]
        except OSError:
            continue
        yield from map(str.split, lines)


def _owners(inodes):
    """The processes that have one of these sockets; never this one."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    owners = set()
    if not wanted:
        return owners
    for process in PROC.iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            if any(_link(file) in wanted for file in (process / "fd").iterdir()):
                owners.add(process.name)
        except OSError:
            # It has ended, or is another user's.
            continue
    return owners


def _link(file):
    try:
        return os.readlink(file)
    except OSError:
        return None


def _threads(process):
    try:
        return list((PROC / process / "task").iterdir())
    except OSError:
        return []


def _asleep(thread):
    """What has ended never calls again."""
    try:
        stat = (thread / "stat").read_text()
    except OSError:
        return True
    # The name before it may contain anything, parentheses too.
    return stat.rpartition(")")[2].split()[0] in ASLEEP
