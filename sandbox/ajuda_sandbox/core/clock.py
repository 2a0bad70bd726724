"""How long things take: AWS's durations, divided by a factor.

State is worked out when it is asked for, from the moment something began; no
thread makes time pass.
"""

import time

FAST = 240.0

# AWS seconds by which calls have moved time, while nothing else moves it.
_steps = None


def monotonic():
    """The moment to remember when something begins."""
    return time.monotonic() if _steps is None else _steps


class Clock:
    """`fast` (240 times as fast as AWS), `real`, `instant`, any factor, or `step:N`.

    With `step:N` each call moves time by N AWS seconds and nothing else does: no state
    is missed because a machine was busy.
    """

    def __init__(self, speed="fast"):
        self.name = str(speed)
        self.instant = self.name == "instant"
        self.step = 0.0
        if self.instant:
            self.factor = float("inf")
        elif self.name.startswith("step:"):
            global _steps
            self.step, self.factor, _steps = float(self.name[5:]), 1.0, 0.0
            if not self.step > 0:
                raise ValueError("a step must be above zero")
        elif self.name == "fast":
            self.factor = FAST
        elif self.name == "real":
            self.factor = 1.0
        else:
            self.factor = float(speed)
            if not self.factor > 0:
                raise ValueError("the clock's factor must be above zero")

    def called(self):
        """Somebody called: time goes on by a step, where it goes by steps."""
        global _steps
        if self.step:
            _steps += self.step

    def scaled(self, aws_seconds):
        """Seconds of real time that `aws_seconds` take here; 0 when instant."""
        return 0.0 if self.instant else aws_seconds / self.factor

    def due(self, started, aws_seconds):
        """Whether `aws_seconds` have gone by since `started`."""
        return self.instant or monotonic() - started >= self.scaled(aws_seconds)

    def remaining(self, started, aws_seconds):
        """Seconds of real time until `due`; 0 when it is."""
        return max(0.0, started + self.scaled(aws_seconds) - monotonic())

    def stage(self, started, stages, last):
        """The name of the stage that now runs: `stages` are (name, aws_seconds)."""
        total = 0.0
        for name, aws_seconds in stages:
            total += aws_seconds
            if not self.due(started, total):
                return name
        return last
