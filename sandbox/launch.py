"""Starts the sandbox in Python's isolated mode: `python -I launch.py`.

In that mode nothing is imported from the current directory, from beside this file or from what the environment
names; this file's directory alone is added to what Python itself brings.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from ajuda_sandbox.__main__ import run  # noqa: E402

run()
