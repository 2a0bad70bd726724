"""Starts the sandbox: `python -m ajuda_sandbox --port 0 --state FILE --clock fast`."""

import argparse
import errno
import json
import os
import signal
import sys
import threading

from . import late

PORT_TAKEN = 98


def main():
    """Serves until SIGTERM, SIGINT or POST /_sandbox/stop; the exit code."""
    parser = argparse.ArgumentParser(prog="ajuda_sandbox", description="AWS without an account")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--state", help="file that says where the sandbox answers")
    parser.add_argument("--clock", default="fast", help="fast, real, instant, a factor, or step:N (AWS seconds a call)")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--lag", default="off", choices=late.MODES, help="aws: as late as AWS is, and refusing for a while")
    options = parser.parse_args()

    from . import control, server

    try:
        sandbox = server.Sandbox(options.clock, options.region)
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
    sandbox.start()
    sandbox.late.set({"mode": options.lag})
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()

    state = {"url": sandbox.url, **control.status(sandbox)}
    if options.state:
        scratch = f"{options.state}.{os.getpid()}"
        with open(scratch, "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.replace(scratch, options.state)
    print(json.dumps(state), flush=True)

    sandbox.stop.wait()
    http.shutdown()
    sandbox.registry.close()
    if options.state and os.path.exists(options.state):
        os.remove(options.state)
    return 0


if __name__ == "__main__":
    CODE = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Leaving at once: tidying up what the emulator holds takes seconds and changes nothing.
    os._exit(CODE)
