"""What tests do to a sandbox and ajuda itself never does: watch its calls, disturb them, kill, copy, start afresh.

The sandbox loads it when it is started with `--harness DIRECTORY`. It is no part of the binary.
"""

import os
import threading
import time

from ajuda_sandbox.core import errors

from . import control, watch

# The process whose end is this one's as well: nothing is left of tests that were killed.
PARENT = "AJUDA_HARNESS_PARENT"


def install(sandbox):
    """Puts the harness around the calls of a sandbox, and its own words beside the sandbox's."""
    if parent := os.environ.get(PARENT):
        threading.Thread(target=_outlive_not, args=(sandbox, int(parent)), daemon=True).start()
    errors.WHOLE = True
    sandbox.hooks = watch.Harness()
    control.install(sandbox, sandbox.hooks)


def _outlive_not(sandbox, parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    sandbox.stop.set()
