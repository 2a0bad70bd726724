"""A copy of this sandbox with everything in it: what took long to bring about is brought about once.

Only while no AWS call is under way: the copy has this one thread and no other.
"""

import gc
import json
import os
import secrets
import threading
import time

from ajuda_sandbox import control, server


def fork(sandbox):
    """Starts the copy on a free port, and returns what its state file would say, its own token included. It
    ends with this process, or by POST /_sandbox/stop of its own."""
    reads, writes = os.pipe()
    parent = os.getpid()
    with sandbox.lock:
        child = os.fork()
        if child == 0:
            _live(sandbox, parent, writes)
    os.close(writes)
    with os.fdopen(reads) as said:
        text = said.read()
    threading.Thread(target=os.waitpid, args=(child, 0), daemon=True).start()
    if not text:
        raise ValueError("the copy did not start")
    return json.loads(text)


def _live(sandbox, parent, writes):
    """The whole life of the copy; does not return."""
    code = 1
    try:
        # What is here now stays: nothing of it is to be collected, which would close what is opened next.
        gc.freeze()
        sandbox.lock.release()
        # A connection that the first one cuts must not stay open here.
        os.closerange(3, writes)
        os.closerange(writes + 1, 4096)
        sandbox.stop = threading.Event()
        sandbox.token = secrets.token_hex(32)
        sandbox.hooks.part()
        http = server.listen(sandbox, 0)
        sandbox.url = f"http://127.0.0.1:{http.server_address[1]}"
        sandbox.registry.part()
        threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
        state = {**control.state(sandbox), "started": time.time()}
        os.write(writes, json.dumps(state).encode())
        os.close(writes)
        while not sandbox.stop.wait(0.5):
            if os.getppid() != parent:
                break
        code = 0
    finally:
        sandbox.registry.close()
        os._exit(code)
