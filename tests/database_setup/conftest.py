"""One server for all tests of the database set-up."""

import os
import pathlib
import tempfile

import pytest

from postgres import Server


@pytest.fixture(scope="session")
def server():
    # not pytest's own: its directories cannot be entered by the user PostgreSQL runs as
    with tempfile.TemporaryDirectory(prefix="ajuda-pg-") as root:
        os.chmod(root, 0o755)
        running = Server(pathlib.Path(root))
        yield running
        running.stop()
