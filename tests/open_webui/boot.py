"""Boots Open WebUI on the task definitions of shipped files; a line for each step, and exit code 1 if one fails."""

import json
import pathlib
import subprocess
import sys
import tempfile
import traceback
from urllib.parse import unquote, urlsplit

import requests

from gateway import Gateway, TaskRole, tls
from machine import Machine, peak_mib, wait_for
from people import Person, ordinary_member
from stack import VALUE, Stack

ROOT = pathlib.Path(__file__).parents[2]
SECRET = "the elephant is called Hathi"
# The variables of the image's Dockerfile and base image that decide how it starts.
OF_IMAGE = {"PATH": "/opt/venv/bin:/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "ENV": "prod"}


def boot(file, work):
    stack = Stack(file, work)
    machine = Machine(work)
    try:
        tasks = stack.tasks()
        app, setup = tasks["open-webui"], tasks["database-setup"]
        roots = prepare(machine, setup)
        environment, changes = environment_of(stack, machine, app, roots)
        for change in changes:
            print("  changed:", change)
        gateways = list(openai(stack, machine, tasks))
        if redis := app.environment.get("REDIS_URL"):
            at = urlsplit(redis)
            machine.redis(at.hostname, at.port, unquote(at.password))
        process = machine.start(app, environment)
        url = f"http://127.0.0.1:{app.environment['PORT']}"
        health = url + stack.health_path("open-webui")
        took = wait_for(lambda: answers(health), 600, process)
        print(f"  {urlsplit(health).path} answers after {took:.0f} s")
        # the database, and Redis where there is one
        wait_for(lambda: answers(url + "/ready"), 60, process)
        use(stack, app, url, gateways)
        print(f"  {peak_mib(process.pid)} MiB of {app.memory} at the most")
    except Exception:
        log = work / "log"
        print((log.read_text(errors="replace")[-6000:] if log.exists() else ""), file=sys.stderr)
        raise
    finally:
        machine.stop()
        stack.stop()


def prepare(machine, setup):
    """The set-up task, as ECS runs it; the certificates that the database is verified with here."""
    given = setup.environment
    server, roots = machine.postgres(given["PGHOST"], int(given["PGPORT"]), given["PGDATABASE"], given["PGUSER"],
                                     given["PGPASSWORD"])
    environment = OF_IMAGE | given | {"AJUDA_DATABASE_CA": roots}
    done = subprocess.run(machine.container(setup), env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    print("  set-up:", done.stdout.strip())
    return roots


def environment_of(stack, machine, app, roots):
    """The task's environment with what stands in the place of AWS, and what that is."""
    role = TaskRole(stack.role(app))
    machine.running.append(role)
    added = {
        # Fargate gives these two, and the task's role by AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
        "AWS_REGION": stack.region, "AWS_DEFAULT_REGION": stack.region,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": role.url,
        "AWS_ENDPOINT_URL_S3": stack.url,
        # Redis and providers: their certificates are of no authority that the world knows
        "SSL_CERT_FILE": "/etc/authority.pem",
        # the wheel in the place of the image's source tree, which keeps its static files beside it
        "FROM_INIT_PY": "true", "STATIC_DIR": "/app/backend/open_webui/static",
    }
    assert not added.keys() & app.environment.keys()
    changes = ["AJUDA_DATABASE_CA: the authority of this machine's PostgreSQL"]
    changes += [f"added {name}={value}" for name, value in (OF_IMAGE | added).items() if name != "PATH"]
    return OF_IMAGE | app.environment | added | {"AJUDA_DATABASE_CA": roots}, changes


def openai(stack, machine, tasks):
    """A server for each connection of Open WebUI, with the key and the models that the other side has."""
    given = tasks["open-webui"].environment
    gateways = {"bedrock-gateway": "API_KEY", "litellm": "LITELLM_MASTER_KEY"}
    for connection in given["OPENAI_API_BASE_URLS"].split(";"):
        at = urlsplit(connection)
        port = at.port or {"http": 80, "https": 443}[at.scheme]
        context = tls(machine.authority, at.hostname) if at.scheme == "https" else None
        # the name that Service Connect gives it: `<service>.<namespace>`
        service = at.hostname.split(".")[0]
        if key := gateways.get(service):
            task, models = tasks[service], stack.offered()
            if config := task.environment.get("AJUDA_LITELLM_CONFIG"):
                models = [model["model_name"] for model in json.loads(config)["model_list"]]
                assert set(models) - {given["RAG_EMBEDDING_MODEL"]} <= set(stack.offered()), models
            key = task.environment[key]
        else:
            key, models = VALUE, ["a-model-of-theirs"]
        server = Gateway((machine.address(at.hostname), port), key, models, context)
        machine.running.append(server)
        yield server


def use(stack, app, url, gateways):
    """An administrator, a member, a chat with each connection, and a file that is found again."""
    admin = Person(url, app.environment["WEBUI_ADMIN_EMAIL"], app.environment["WEBUI_ADMIN_PASSWORD"])
    assert admin.sign_in() == "admin"
    member = ordinary_member(url, admin)
    models = member.models()
    print(f"  {admin.email} approves {member.email}, who sees {', '.join(models)}")
    assert models == admin.models()
    expected = set()
    for number, gateway in enumerate(gateways):
        config = json.loads(app.environment["OPENAI_API_CONFIGS"])[str(number)]
        prefix = f"{config['prefix_id']}." if "prefix_id" in config else ""
        named = config.get("model_ids") or gateway.models
        assert set(named) <= set(gateway.models), f"{named} are not all among {gateway.models}"
        expected |= {prefix + model for model in named}
        model = named[0]
        for stream in (False, True):
            said = member.chat(prefix + model, stream)
            assert f"{model} heard: good morning" in said, said
        assert gateway.asked.count(("chat/completions", model)) == 2, gateway.asked
        print(f"  {member.email} chats with {prefix + model}, whole and streamed")
    assert models == sorted(expected)
    file = member.upload(SECRET)
    assert member.find(file, "elephant") == [SECRET]
    embedding = app.environment["RAG_EMBEDDING_MODEL"]
    assert ("embeddings", embedding) in gateways[0].asked
    bucket = app.environment["S3_BUCKET_NAME"]
    [stored] = stack.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    print(f"  a file lies in s3://{bucket}/{stored['Key']}, is indexed by {embedding} and found again")


def answers(url):
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def main():
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    if not files:
        shipped = sorted([*ROOT.glob("stacks/*.toml"), *ROOT.glob("examples/*.toml")])
        files = [file for file in shipped if 'preset = "open-webui"' in file.read_text()]
    failed = []
    for file in files:
        print(file.relative_to(ROOT), flush=True)
        with tempfile.TemporaryDirectory(prefix="ajuda-boot-") as work:
            work = pathlib.Path(work)
            work.chmod(0o755)
            try:
                boot(file, work)
            except Exception:
                traceback.print_exc()
                failed.append(file.name)
    print(f"{len(files) - len(failed)} of {len(files)} files boot" + "".join(f"; not {name}" for name in failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
