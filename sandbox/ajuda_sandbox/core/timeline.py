"""A queue of things that happen by themselves, in AWS seconds.

Events run when somebody asks next, in the order of their times, so that what
happened meanwhile is the same however seldom one looks.
"""

import heapq
import itertools
import time
from datetime import datetime, timezone

from . import errors
from .clock import monotonic

# With an instant clock each call finds the world this much later.
JUMP = 3600.0


class Timeline:
    """`after(aws_seconds, act)`; `now` is in AWS seconds since the start."""

    def __init__(self, clock):
        self._clock = clock
        self.reset()

    def reset(self):
        """Forgets everything that is due."""
        self.now = 0.0
        self._events = []
        self._order = itertools.count()
        self._started = monotonic()
        self._wall = time.time()

    def after(self, aws_seconds, act):
        """Runs `act` when that much AWS time has gone by."""
        heapq.heappush(self._events, (self.now + aws_seconds, next(self._order), act))

    def advance(self):
        """Runs everything that is due."""
        if self._clock.instant:
            until = self.now + JUMP
        else:
            until = (monotonic() - self._started) * self._clock.factor
        while self._events and self._events[0][0] <= until:
            self.now, _, act = heapq.heappop(self._events)
            try:
                act()
            except Exception as failure:  # one broken event must not stop the others
                errors.note(failure)
        self.now = max(self.now, until)

    def wall(self):
        """`now` as a time of day."""
        moment = time.time() if self._clock.instant else self._wall + self.now / self._clock.factor
        return datetime.fromtimestamp(round(moment, 3), timezone.utc)
