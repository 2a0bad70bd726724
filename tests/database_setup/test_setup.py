"""The very script the one-off task runs, against a real PostgreSQL 16 with pgvector."""

import json
import pathlib
import subprocess
import sys
from urllib.parse import urlparse, urlunparse

import psycopg
import pytest
import sqlalchemy
import trustme
from psycopg import errors

from postgres import MASTER

HERE = pathlib.Path(__file__).parent
SCRIPT = (HERE.parents[1] / "src" / "presets" / "database_setup.py").read_text()
URLS = json.loads((HERE / "urls.json").read_text())
TITAN = "[" + ",".join(["0.5"] * 1536) + "]"
count = iter(range(1000))


def setup(server, case, driver="psycopg", **environment):
    """Runs the script as ECS does: `python -c <script>` with nothing but the environment."""
    script = SCRIPT if driver == "psycopg" else "import sys; sys.modules['psycopg'] = None\n" + SCRIPT
    environment = {
        "PGHOST": "localhost", "PGPORT": str(server.port), "PGDATABASE": case["name"], "PGUSER": MASTER[0],
        "PGPASSWORD": MASTER[1], "APP_USER": case["user"], "APP_PASSWORD": case["password"], "SETUP_SECONDS": "1",
        "SETUP_EXTENSIONS": "vector", "LC_ALL": "C.UTF-8", "AJUDA_DATABASE_CA": server.proxy.roots, **environment}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    for secret in (environment["PGPASSWORD"], environment["APP_PASSWORD"]):
        assert not secret or secret not in done.stdout
    assert done.stdout.count("\n") == 1
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def case(server):
    """A database and a role that no other test uses."""
    n = next(count)
    case = {"user": f"app{n}", "password": "a?b[c@d%e(f)g#h$i+j/k", "name": f"db{n}"}
    server.new_database(case["name"])
    return case


def login(server, case, **more):
    return psycopg.connect(host="localhost", port=server.port, user=case["user"], password=case["password"],
                           dbname=more.pop("dbname", case["name"]), sslmode="require", autocommit=True, **more)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_a_second_run_changes_nothing(server, case, driver):
    assert setup(server, case, driver) == (0, {
        "task": "database-setup", "ok": True, "server": "16.14", "extensions": {"vector": "created"},
        "role": "created", "password": "set", "grants": "changed", "tables": "kept"})
    assert setup(server, case, driver) == (0, {
        "task": "database-setup", "ok": True, "server": "16.14", "extensions": {"vector": "kept"},
        "role": "kept", "password": "kept", "grants": "kept", "tables": "kept"})


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_no_password_goes_to_a_server_that_is_not_the_database(server, case, driver):
    other = trustme.CA().cert_pem.bytes().decode()
    for wrong in ({"AJUDA_DATABASE_CA": other}, {"PGHOST": "127.0.0.1"}, {"AJUDA_DATABASE_CA": "no certificate"}):
        code, out = setup(server, case, driver, **wrong)
        assert (code, out["cause"]) == (19, "certificate"), out
    assert setup(server, case, driver, AJUDA_DATABASE_CA="")[0] == 10
    # One of several is enough.
    assert setup(server, case, driver, AJUDA_DATABASE_CA=other + server.proxy.roots)[0] == 0


@pytest.mark.parametrize("golden", URLS, ids=[str(n) for n in range(len(URLS))])
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_the_application_works_with_its_url(server, golden, driver, tmp_path):
    n = next(count)
    case = {**golden, "user": golden["user"] + str(n), "name": golden["name"] + str(n)}
    server.new_database(case["name"])
    assert setup(server, case)[0] == 0
    # only what the test itself made up is replaced: the password stays as the golden URL has it
    url = urlparse(golden["url"])
    user, rest = url.netloc.split(":", 1)
    password = rest.split("@")[0]
    roots = tmp_path / "roots.pem"
    roots.write_text(server.proxy.roots)
    url = urlunparse(url._replace(netloc=f"{user}{n}:{password}@localhost:{server.port}", path=f"{url.path}{n}",
                                  query=f"sslmode=verify-full&sslrootcert={roots}"))
    elsewhere = sqlalchemy.create_engine(url.replace("postgresql:", f"postgresql+{driver}:").replace("@localhost:", "@127.0.0.1:"))
    with pytest.raises(sqlalchemy.exc.OperationalError, match="does not match host name"):
        elsewhere.connect()
    # as Open WebUI does: psycopg2 for migrations, psycopg for the rest
    engine = sqlalchemy.create_engine(url.replace("postgresql:", f"postgresql+{driver}:"), poolclass=sqlalchemy.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE chat (id bigserial PRIMARY KEY, title text)")
        conn.exec_driver_sql("CREATE TABLE document_chunk (id text PRIMARY KEY, vector vector(1536))")
        conn.exec_driver_sql("CREATE INDEX ON document_chunk USING hnsw (vector vector_cosine_ops)")
        conn.exec_driver_sql(f"INSERT INTO document_chunk VALUES ('a', '{TITAN}')")
        conn.exec_driver_sql("ALTER TABLE chat ADD COLUMN meta jsonb")
    with engine.begin() as conn:
        nearest = conn.exec_driver_sql(f"SELECT id FROM document_chunk ORDER BY vector <=> '{TITAN}'").scalar()
        conn.exec_driver_sql("DROP TABLE chat, document_chunk")
    assert nearest == "a"


@pytest.mark.parametrize("statement, refusal", [
    ("CREATE ROLE another", errors.InsufficientPrivilege),
    ("CREATE DATABASE another", errors.InsufficientPrivilege),
    ("CREATE SCHEMA another", errors.InsufficientPrivilege),
    ("DROP EXTENSION vector", errors.InsufficientPrivilege),
    ("CREATE EXTENSION hstore", (errors.InsufficientPrivilege, errors.UndefinedFile, errors.FeatureNotSupported)),
    ("CREATE TEMPORARY TABLE t (i int)", errors.InsufficientPrivilege),
    ("GRANT rds_superuser TO current_user", errors.InsufficientPrivilege),
    ("SET ROLE ajuda", errors.InsufficientPrivilege),
    ("ALTER ROLE ajuda PASSWORD 'x'", errors.InsufficientPrivilege),
    ("SELECT rolpassword FROM pg_authid", errors.InsufficientPrivilege),
    ("SELECT * FROM theirs.masters", errors.InsufficientPrivilege),
    ("COPY (SELECT 1) TO PROGRAM 'true'", errors.InsufficientPrivilege),
])
def test_the_application_cannot(server, case, statement, refusal):
    with psycopg.connect(host="localhost", port=server.port, user=MASTER[0], password=MASTER[1],
                         dbname=case["name"], sslmode="require") as conn:
        conn.execute("CREATE SCHEMA theirs")
        conn.execute("CREATE TABLE theirs.masters (i int)")
    assert setup(server, case)[0] == 0
    with login(server, case) as conn, pytest.raises(refusal):
        conn.execute(statement)


def test_other_roles_and_databases_are_out_of_reach(server, case):
    neighbour = {"user": case["user"] + "b", "password": "other", "name": case["name"] + "b"}
    server.new_database(neighbour["name"])
    assert setup(server, case)[0] == setup(server, neighbour)[0] == 0
    for database in (neighbour["name"], "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            login(server, case, dbname=database)


def test_what_the_master_makes_later_is_usable(server, case):
    assert setup(server, case)[0] == 0
    with psycopg.connect(host="localhost", port=server.port, user=MASTER[0], password=MASTER[1],
                         dbname=case["name"], sslmode="require") as conn:
        conn.execute("CREATE TABLE restored (i serial)")
    with login(server, case) as conn:
        conn.execute("INSERT INTO restored DEFAULT VALUES")


def test_a_new_password_is_set_and_the_old_one_ends(server, case):
    assert setup(server, case)[0] == 0
    changed = {**case, "password": "new % [password] ?"}
    code, out = setup(server, changed)
    assert (code, out["password"], out["role"], out["grants"]) == (0, "reset", "kept", "kept")
    login(server, changed).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        login(server, case)


def test_passwords_never_reach_the_servers_log(server, case):
    marked = {**case, "password": "mark-of-the-first-password"}
    assert setup(server, marked)[0] == 0
    assert setup(server, {**marked, "password": "mark-of-the-second-password"})[0] == 0
    assert "CREATE ROLE \"%s\" LOGIN PASSWORD 'SCRAM-SHA-256$" % case["user"] in server.log.read_text()
    assert "mark-of-the" not in server.log.read_text()


def test_an_older_extension_is_updated(server, case):
    with server.admin(case["name"]) as conn:
        conn.execute("SET ROLE ajuda")
        conn.execute("CREATE EXTENSION vector VERSION '0.8.4'")
    code, out = setup(server, case)
    assert (code, out["extensions"]) == (0, {"vector": "updated"})
    assert setup(server, case)[1]["extensions"] == {"vector": "kept"}
    # A copy of a newer server may have a newer one than this server offers: it stays.
    with server.admin(case["name"]) as conn:
        conn.execute("UPDATE pg_extension SET extversion = '0.9.0' WHERE extname = 'vector'")
    code, out = setup(server, case)
    assert (code, out["extensions"]) == (0, {"vector": "kept"})


def test_a_database_has_the_extensions_that_it_was_asked_for_and_no_other(server, case):
    def there():
        with server.admin(case["name"]) as conn:
            return [name for (name,) in conn.execute("SELECT extname FROM pg_extension ORDER BY extname").fetchall()]

    code, out = setup(server, case, SETUP_EXTENSIONS="")
    assert (code, out["extensions"], there()) == (0, {}, ["plpgsql"])
    told = setup(server, case, SETUP_EXTENSIONS="", SETUP_MODE="look")[1]
    assert [one["name"] for one in told["extensions"]] == ["plpgsql"]
    code, out = setup(server, case, SETUP_EXTENSIONS="vector")
    assert (code, out["extensions"], there()) == (0, {"vector": "created"}, ["plpgsql", "vector"])
    # What left the list stays: the application's columns stand on it.
    code, out = setup(server, case, SETUP_EXTENSIONS="")
    assert (code, out["extensions"], there()) == (0, {}, ["plpgsql", "vector"])


def test_an_extension_that_is_not_offered_is_named(server, case):
    code, out = setup(server, case, SETUP_EXTENSIONS="vector timescaledb")
    assert (code, out["cause"]) == (15, "extension") and "timescaledb" in out["message"]


def test_lost_grants_come_back(server, case):
    assert setup(server, case)[0] == 0
    with server.admin(case["name"]) as conn:
        conn.execute(f"REVOKE ALL ON SCHEMA public FROM {case['user']}")
        conn.execute(f"GRANT CONNECT ON DATABASE {case['name']} TO PUBLIC")
        conn.execute(f"ALTER ROLE {case['user']} NOLOGIN")
    code, out = setup(server, case)
    assert (code, out["grants"], out["role"], out["password"]) == (0, "changed", "changed", "kept")
    assert setup(server, case)[1]["grants"] == "kept"


def test_two_at_once_both_succeed(server, case):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: setup(server, case), range(3)))
    assert [code for code, _ in results] == [0, 0, 0]
    assert sorted(out["role"] for _, out in results) == ["created", "kept", "kept"]


def test_tables_of_another_role_are_named_with_their_owner(server, case):
    """An adopted database whose application had a role of another name."""
    with server.admin(case["name"]) as conn:
        conn.execute("CREATE ROLE former_app")
        conn.execute("CREATE TABLE chat (id int)")
        conn.execute("ALTER TABLE chat OWNER TO former_app")
    code, said = setup(server, case)
    assert (code, said["cause"]) == (20, "owner"), said
    assert "1 of former_app" in said["message"] and 'username = "former_app"' in said["message"]
    with server.admin(case["name"]) as conn:
        conn.execute("DROP TABLE chat")
        conn.execute("DROP ROLE former_app")
    assert setup(server, case)[0] == 0


@pytest.mark.parametrize("environment, code, cause", [
    ({"APP_PASSWORD": ""}, 10, "environment"),
    ({"PGPORT": "1"}, 11, "unreachable"),
    ({"PGHOST": "nowhere.invalid"}, 11, "unreachable"),
    ({"PGPASSWORD": "wrong"}, 12, "login"),
    ({"PGUSER": "nobody"}, 12, "login"),
    ({"PGDATABASE": "nothing"}, 14, "database"),
    ({"APP_USER": MASTER[0]}, 17, "role"),
    ({"APP_USER": "rdsadmin"}, 17, "role"),
])
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_each_cause_has_its_exit_code(server, case, driver, environment, code, cause):
    got, out = setup(server, case, driver, **environment)
    assert (got, out["ok"], out["cause"]) == (code, False, cause), out
    assert out["message"]


def test_a_role_that_cannot_log_in_is_not_called_done(server, case):
    assert setup(server, case)[0] == 0
    with server.admin() as conn:
        conn.execute(f"ALTER ROLE {case['user']} VALID UNTIL '2000-01-01'")
    code, out = setup(server, case)
    assert (code, out["cause"]) == (18, "application")


def test_a_server_without_tls_is_refused(server, case):
    server.proxy.refuse_tls = True
    try:
        assert setup(server, case)[0] == 13
    finally:
        server.proxy.refuse_tls = False


def test_a_server_without_pgvector_is_named(server, case):
    server.control.rename(server.control.with_suffix(".away"))
    try:
        code, out = setup(server, case)
    finally:
        server.control.with_suffix(".away").rename(server.control)
    assert (code, out["cause"]) == (15, "extension")


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_a_master_without_the_right_is_named_and_leaves_nothing_behind(server, case, driver):
    server.offer_vector(trusted=False)
    try:
        code, out = setup(server, case, driver)
    finally:
        server.offer_vector(trusted=True)
    assert (code, out["cause"]) == (16, "denied")
    with server.admin(case["name"]) as conn:
        assert not conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [case["user"]]).fetchone()


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_what_the_master_owned_becomes_the_applications(server, case, driver):
    """A database that ran under the master user alone, as the guide has it."""
    with psycopg.connect(host="localhost", port=server.port, user=MASTER[0], password=MASTER[1],
                         dbname=case["name"], sslmode="require", autocommit=True) as master:
        master.execute("CREATE EXTENSION vector")
        master.execute('CREATE TABLE "chat {x}" (id bigserial PRIMARY KEY, title text)')
        master.execute('INSERT INTO "chat {x}" (title) VALUES (\'kept\')')
        master.execute('CREATE VIEW titles AS SELECT title FROM "chat {x}"')
        master.execute("CREATE SEQUENCE alone")
    code, said = setup(server, case, driver)
    assert (code, said["tables"]) == (0, "handed over")
    with login(server, case) as app:
        app.execute('ALTER TABLE "chat {x}" ADD COLUMN archived boolean')
        app.execute('INSERT INTO "chat {x}" (title) VALUES (\'new\')')
        app.execute("ALTER VIEW titles RENAME TO names")
        app.execute("ALTER SEQUENCE alone RESTART")
        assert app.execute('SELECT count(*) FROM "chat {x}"').fetchone() == (2,)
        # the master is not left a member of the application's role
        assert app.execute("SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
                           " WHERE r.rolname = %s AND m.set_option", [case["user"]]).fetchone() == (0,)
    assert setup(server, case, driver)[1]["tables"] == "kept"


def test_looking_at_the_extensions_changes_nothing(server, case):
    setup(server, case)
    with server.admin(case["name"]) as conn:
        conn.execute("DROP EXTENSION vector")
    code, told = setup(server, case, SETUP_MODE="look")
    assert (code, told["extension"], told["server"]) == (0, "kept", "16.14")
    assert {"name": "vector", "installed": None, "available": "0.8.5"} in told["extensions"]
    with server.admin(case["name"]) as conn:
        assert conn.execute("SELECT count(*) FROM pg_extension WHERE extname = 'vector'").fetchone() == (0,)
    # Bringing it up to date makes it anew.
    code, told = setup(server, case, SETUP_MODE="upgrade")
    assert (code, told["extension"]) == (0, "updated")
    assert {"name": "vector", "installed": "0.8.5", "available": "0.8.5"} in told["extensions"]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_pgvector_is_brought_up_to_date_when_asked(server, case, driver):
    with server.admin(case["name"]) as conn:
        conn.execute("SET ROLE ajuda")
        conn.execute("CREATE EXTENSION vector VERSION '0.8.4'")
    for mode, version, what in (("look", "0.8.4", "kept"), ("upgrade", "0.8.5", "updated"), ("upgrade", "0.8.5", "kept")):
        code, told = setup(server, case, driver, SETUP_MODE=mode)
        installed = {e["name"]: e["installed"] for e in told["extensions"]}
        assert (code, installed["vector"], told["extension"]) == (0, version, what)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_another_password_reaches_the_role_and_open_connections_go_on(server, case, driver):
    setup(server, case)
    with login(server, case) as before:
        new = {**case, "password": "Another-one"}
        code, told = setup(server, new, driver)
        assert (code, told["password"], told["role"]) == (0, "reset", "kept")
        # PostgreSQL asks for a password only when a session begins.
        assert before.execute("SELECT 1").fetchone() == (1,)
        login(server, new).close()
        with pytest.raises(psycopg.OperationalError):
            login(server, case)
    assert setup(server, new, driver)[1]["password"] == "kept"
    assert "Another-one" not in server.log.read_text(errors="replace")
