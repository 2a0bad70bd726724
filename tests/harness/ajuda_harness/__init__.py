"""What tests do to a sandbox and ajuda itself never does: watch its calls, disturb them, kill, copy, start afresh.

The sandbox loads it when it is started with `--harness DIRECTORY`. It is no part of the binary.
"""

from ajuda_sandbox import errors

from . import control, watch


def install(sandbox):
    """Puts the harness around the calls of a sandbox, and its own words beside the sandbox's."""
    errors.WHOLE = True
    sandbox.hooks = watch.Harness()
    control.install(sandbox, sandbox.hooks)
