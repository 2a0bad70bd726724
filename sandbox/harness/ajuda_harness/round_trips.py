"""Round trips made countable: requests that could go together are let go together."""

import threading
import time


class RoundTrips:
    """While `quiet_ms` is above zero, a request waits until no other has come for
    that long and the round trip before it has been answered."""

    def __init__(self):
        self._changed = threading.Condition()
        self.quiet_ms = 0
        self._reset()

    def _reset(self):
        self.number = 0
        self._release = 0
        self._held = 0
        self._unanswered = 0
        self._last = time.monotonic()

    def set(self, quiet_ms):
        """Turns counting on, or off with 0, which lets everything go."""
        with self._changed:
            self.quiet_ms = quiet_ms
            if not quiet_ms:
                self._held = 0
                self._unanswered = 0
                self._release += 1
            self._changed.notify_all()

    def restart(self):
        """Counts from zero again."""
        with self._changed:
            self.number = 0

    def enter(self):
        """Waits for the round trip of this request and returns its number; None when off."""
        with self._changed:
            if not self.quiet_ms:
                return None
            mine = self._release
            self._held += 1
            self._last = time.monotonic()
            while self.quiet_ms and self._release == mine:
                quiet_for = time.monotonic() - self._last
                if self._unanswered == 0 and quiet_for >= self.quiet_ms / 1000:
                    self.number += 1
                    self._release += 1
                    self._unanswered, self._held = self._held, 0
                    self._changed.notify_all()
                    break
                self._changed.wait(max(0.001, self.quiet_ms / 1000 - quiet_for))
            return self.number if self.quiet_ms else None

    def leave(self, number):
        """Says that a request of a round trip has been answered."""
        if number is None:
            return
        with self._changed:
            if self._unanswered:
                self._unanswered -= 1
                if self._unanswered == 0:
                    # The client needs the quiet time to ask what follows from the last answer.
                    self._last = time.monotonic()
                    self._changed.notify_all()
