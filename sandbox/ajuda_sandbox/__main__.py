"""Starts the sandbox: `python -I launch.py --port 0 --state FILE --clock fast`."""

import argparse
import errno
import importlib
import json
import os
import signal
import sys
import threading

from .core import late

PORT_TAKEN = 98


def main():
    """Serves until SIGTERM, SIGINT or POST /_sandbox/stop; the exit code."""
    parser = argparse.ArgumentParser(prog="ajuda_sandbox", description="AWS without an account")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--state", help="file that says where the sandbox answers, and holds its token")
    parser.add_argument("--clock", default="fast", help="fast, real, instant, a factor, or step:N (AWS seconds a call)")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--harness", help="directory with the package ajuda_harness, which tests need and ajuda does not carry")
    parser.add_argument("--lag", default="off", choices=late.MODES, help="aws: as late as AWS is, and refusing for a while")
    options = parser.parse_args()

    from . import control, server
    from .sandbox import Sandbox

    try:
        sandbox = Sandbox(options.clock, options.region)
    except ValueError:
        parser.error(f"--clock takes fast, real, instant, a number or step:N, not {options.clock}")
    try:
        http = server.listen(sandbox, options.port)
    except OSError as taken:
        if taken.errno != errno.EADDRINUSE:
            raise
        print(f"port {options.port} is taken on 127.0.0.1; choose another, or 0 for any", file=sys.stderr)
        return PORT_TAKEN

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sandbox.stop.set())
    sandbox.url = f"http://127.0.0.1:{http.server_address[1]}"
    if options.harness:
        sys.path.append(os.path.abspath(options.harness))
        importlib.import_module("ajuda_harness").install(sandbox)
    sandbox.start()
    sandbox.late.set({"mode": options.lag})
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()

    if options.state:
        keep(options.state, control.state(sandbox))
    # This may become a log: it says no token.
    print(json.dumps({"url": sandbox.url, **control.status(sandbox)}), flush=True)

    sandbox.stop.wait()
    http.shutdown()
    sandbox.registry.close()
    # The port closes with the process, after the file is gone: who waits for that can start another.
    if options.state:
        forget(options.state, sandbox.token)
    return 0


def keep(path, state):
    """Writes a state file, whole or not at all, that nobody but this user can read."""
    scratch = f"{path}.{os.getpid()}"
    if os.path.lexists(scratch):
        os.remove(scratch)
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.replace(scratch, path)


def forget(path, token):
    """Removes a state file, unless it is another sandbox's by now."""
    try:
        with open(path, encoding="utf-8") as file:
            ours = json.load(file).get("token") == token
        if ours:
            os.remove(path)
    except (OSError, ValueError):
        pass


def run():
    """`main`, and the end of the process."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Leaving at once: tidying up what the emulator holds takes seconds and changes nothing.
    os._exit(code)


if __name__ == "__main__":
    run()
