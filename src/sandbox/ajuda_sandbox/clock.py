"""How long things take: AWS's durations, divided by a factor.

State is worked out when it is asked for, from the moment something began; no
thread makes time pass.
"""

import time

FAST = 240.0


class Clock:
    """`fast` (240 times as fast as AWS), `real`, `instant`, or any factor."""

    def __init__(self, speed="fast"):
        self.name = str(speed)
        self.instant = self.name == "instant"
        if self.instant:
            self.factor = float("inf")
        elif self.name == "fast":
            self.factor = FAST
        elif self.name == "real":
            self.factor = 1.0
        else:
            self.factor = float(speed)
            if not self.factor > 0:
                raise ValueError("the clock's factor must be above zero")

    @staticmethod
    def now():
        """The moment to remember when something begins."""
        return time.monotonic()

    def scaled(self, aws_seconds):
        """Seconds of real time that `aws_seconds` take here; 0 when instant."""
        return 0.0 if self.instant else aws_seconds / self.factor

    def due(self, started, aws_seconds):
        """Whether `aws_seconds` have gone by since `started`."""
        return self.instant or self.now() - started >= self.scaled(aws_seconds)

    def remaining(self, started, aws_seconds):
        """Seconds of real time until `due`; 0 when it is."""
        return max(0.0, started + self.scaled(aws_seconds) - self.now())

    def stage(self, started, stages, last):
        """The name of the stage that now runs: `stages` are (name, aws_seconds)."""
        total = 0.0
        for name, aws_seconds in stages:
            total += aws_seconds
            if not self.due(started, total):
                return name
        return last
