"""Round trips made countable: requests that could go together are let go together."""

import threading
import time


class RoundTrips:
    """While `quiet_ms` is above zero, a request waits until no other has come for that long, the round trip before it
    has been answered, and `complete` says that nobody who is still to send was only kept from it."""

    def __init__(self, complete, now=time.monotonic):
        self._complete, self._now = complete, now
        self._changed = threading.Condition()
        self.quiet_ms = 0
        self.number = 0
        self.held = 0
        self._release = 0
        self._unanswered = 0
        self._last = now()

    def set(self, quiet_ms):
        """Turns counting on, or off with 0, which lets everything go."""
        with self._changed:
            self.quiet_ms = quiet_ms
            if not quiet_ms:
                self.held = 0
                self._unanswered = 0
                self._release += 1
            self._changed.notify_all()

    def restart(self):
        """Counts from zero again."""
        with self._changed:
            self.number = 0

    def enter(self, came=lambda: None):
        """Waits for the round trip of this request and returns its number; None when off. `came` is told as soon as
        it is counted among those that wait."""
        with self._changed:
            if not self.quiet_ms:
                return None
            mine = self._release
            self.held += 1
            self._last = self._now()
            came()
            if self.held == 1:
                self._lead(mine)
            else:
                self._changed.wait_for(lambda: self._release != mine)
            return self.number if self.quiet_ms else None

    def _lead(self, mine):
        """The first of a round trip looks after it, so that the others can sleep."""
        while self._release == mine:
            quiet_s = self._last + self.quiet_ms / 1000 - self._now()
            if self._unanswered:
                self._changed.wait()
            elif quiet_s > 0:
                self._changed.wait(quiet_s)
            elif self._looks_complete() and self._release == mine:
                self.number += 1
                self._release += 1
                self._unanswered, self.held = self.held, 0
                self._changed.notify_all()

    def _looks_complete(self):
        """Others come meanwhile as at any time. Whoever was found at work is given the quiet time again."""
        held = self.held
        self._changed.release()
        try:
            complete = self._complete()
        finally:
            self._changed.acquire()
        if not complete:
            self._last = self._now()
        return complete and self.held == held

    def leave(self, number):
        """Says that a request of a round trip has been answered."""
        if number is None:
            return
        with self._changed:
            if self._unanswered:
                self._unanswered -= 1
                if self._unanswered == 0:
                    # The client needs the quiet time to ask what follows from the last answer.
                    self._last = self._now()
                    self._changed.notify_all()
