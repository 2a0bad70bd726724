"""What stands around the task on AWS, on this machine: addresses, PostgreSQL, Redis, and the container itself."""

import os
import pathlib
import subprocess
import sys
import time

import trustme

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "database_setup"))
from postgres import Server  # noqa: E402
from tls import TlsProxy  # noqa: E402

VENV = pathlib.Path(os.environ["OPEN_WEBUI_VENV"])


class Machine:
    """Names of AWS at addresses of this machine, with the ports that they have on AWS."""

    def __init__(self, work):
        self.work, self.names, self.running = work, {}, []
        self.authority = trustme.CA()
        (work / "authority.pem").write_bytes(self.authority.cert_pem.bytes())

    def address(self, name):
        """An address of this machine that only `name` has."""
        return self.names.setdefault(name, f"127.77.0.{len(self.names) + 1}")

    def postgres(self, host, port, database, user, password):
        """RDS's instance as it is after its creation: an empty database, and a master user."""
        server = Server(self.directory("postgres", 0o755))
        proxy = TlsProxy(server.plain_port, (self.address(host), port), host)
        self.running += [server, proxy]
        assert user == "ajuda", user
        from psycopg import sql
        with server.admin() as admin:
            admin.execute(sql.SQL("ALTER ROLE ajuda PASSWORD {}").format(password))
        server.new_database(database)
        return server, proxy.roots

    def redis(self, host, port, password):
        """ElastiCache with encryption in transit and an AUTH token."""
        place = self.directory("redis", 0o700)
        issued = self.authority.issue_cert(host)
        issued.private_key_pem.write_to_path(place / "key.pem")
        issued.cert_chain_pems[0].write_to_path(place / "certificate.pem")
        process = subprocess.Popen(
            ["redis-server", "--port", "0", "--tls-port", str(port), "--bind", self.address(host), "--dir", place,
             "--tls-cert-file", place / "certificate.pem", "--tls-key-file", place / "key.pem",
             "--tls-ca-cert-file", self.work / "authority.pem", "--tls-auth-clients", "no", "--requirepass", password,
             "--save", "", "--logfile", place / "log"])
        self.running.append(Process(process))

    def directory(self, name, mode):
        path = self.work / name
        path.mkdir(exist_ok=True)
        path.chmod(mode)
        return path

    def container(self, task):
        """How a task's container starts: with its mounts, and a root that is read only if the task says so."""
        hosts = self.work / "hosts"
        hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{at} {name}\n" for name, at in self.names.items()))
        backend = self.directory("backend", 0o755)
        (backend / "start.sh").write_bytes((HERE / "start.sh").read_bytes())
        (backend / "open_webui" / "static").mkdir(parents=True, exist_ok=True)
        words = ["bwrap", "--die-with-parent", "--unshare-pid", "--proc", "/proc", "--dev", "/dev"]
        for name in ("bin", "lib", "lib64", "sbin"):
            words += ["--symlink", f"usr/{name}", f"/{name}"]
        python = (VENV / "bin" / "python").resolve().parents[1]
        for path, at in ((pathlib.Path("/usr"), "/usr"), (python, python), (VENV, "/opt/venv")):
            words += ["--ro-bind", path, at]
        for path in ("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ld.so.cache"):
            words += ["--ro-bind-try", path, path]
        words += ["--ro-bind", hosts, "/etc/hosts", "--ro-bind", self.work / "authority.pem", "/etc/authority.pem"]
        words += ["--ro-bind", backend, "/app/backend", "--chdir", "/app/backend"]
        for mount in task.container.get("linuxParameters", {}).get("tmpfs", []):
            words += ["--size", str(mount["size"] << 20), "--tmpfs", mount["containerPath"]]
        for number, mount in enumerate(task.container.get("mountPoints", [])):
            words += ["--bind", self.directory(f"volume-{number}", 0o755), mount["containerPath"]]
        if task.container.get("readonlyRootFilesystem"):
            words += ["--remount-ro", "/"]
        else:
            words += ["--perms", "1777", "--tmpfs", "/tmp"]
        return [*words, *task.command]

    def start(self, task, environment):
        """Starts it, to run until `stop`; what it writes is in `log`."""
        process = subprocess.Popen(self.container(task), env=environment, stdout=open(self.work / "log", "wb"),
                                   stderr=subprocess.STDOUT)
        self.running.append(Process(process))
        return process

    def stop(self):
        for one in reversed(self.running):
            one.stop()


class Process:
    """A process that ends when it is told to."""

    def __init__(self, process):
        self.process = process

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def peak_mib(process):
    """The most memory that the processes below one have had resident at once, each for itself, in MiB."""
    children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    own = next((int(line.split()[1]) >> 10 for line in status.splitlines() if line.startswith("VmHWM")), 0)
    return own + sum(peak_mib(child) for child in children)


def wait_for(look, seconds, process):
    """Seconds until `look` is true; AssertionError when the process ends or the time is over."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if look():
            return time.monotonic() - begun
        assert process.poll() is None, "it ended"
        time.sleep(0.2)
    raise AssertionError(f"not in {seconds} seconds")
