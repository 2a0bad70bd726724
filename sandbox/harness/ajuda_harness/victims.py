"""Which processes a rule may kill: those that the test said it started, and no other."""

import os
import signal
import threading


class Victims:
    """Process numbers, told by POST /_sandbox/victims."""

    def __init__(self):
        self._lock = threading.Lock()
        self._started = set()

    def add(self, pid):
        """A process that the test has started. 0 and what is below are groups, 1 is the system's (kill(2))."""
        if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 1 or pid in (os.getpid(), os.getppid()):
            raise ValueError(f"{pid} is not a process that a test has started")
        with self._lock:
            self._started.add(pid)

    def check(self, pid):
        """ValueError unless the test has started that process."""
        with self._lock:
            if pid not in self._started:
                raise ValueError(f"nobody has said that process {pid} was started by a test: POST /_sandbox/victims")

    def kill(self, pid):
        """SIGKILL, which the process cannot see coming; one that is gone already is fine."""
        self.check(pid)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
