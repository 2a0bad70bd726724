"""Prepares the application's database: its extensions, the role, its password, its grants.

Runs once as the master user, in the application's image (psycopg 3, or 2 in older images).
One transaction under a lock; a second run changes nothing. Prints one JSON line, no secrets.
SETUP_EXTENSIONS names the extensions. SETUP_MODE=look only tells their versions, =upgrade brings them up to date.
"""
import json, os, sys, tempfile, time

try:
    import psycopg as pg
    from psycopg import sql
except ImportError:
    import psycopg2 as pg
    from psycopg2 import sql

CODES = {"environment": 10, "unreachable": 11, "login": 12, "tls": 13, "database": 14,
         "extension": 15, "denied": 16, "role": 17, "application": 18, "certificate": 19, "owner": 20, "error": 1}


class Refused(Exception):
    pass


def need(name):
    if not os.environ.get(name):
        raise Refused("environment", "%s is not set" % name)
    return os.environ[name]


def roots():
    # libpq reads certificates from files only
    if not hasattr(roots, "file"):
        roots.file = tempfile.NamedTemporaryFile("w", suffix=".pem")
        roots.file.write(need("AJUDA_DATABASE_CA"))
        roots.file.flush()
    return roots.file.name


def connect(user, password):
    return pg.connect(
        host=need("PGHOST"), port=need("PGPORT"), dbname=need("PGDATABASE"),
        user=user, password=password, sslmode="verify-full", sslrootcert=roots(), connect_timeout=10,
        client_encoding="utf8", application_name="ajuda",
        options="-c statement_timeout=120s -c lock_timeout=60s")


def why(error):
    # libpq gives a failed connection no SQLSTATE: its text is all there is
    text = str(error).lower()
    for cause, marks in (
        ("certificate", ("certificate verify failed", "server certificate for", "root certificate file")),
        ("tls", ("ssl", "certificate", "no encryption")),
        ("login", ("password authentication failed", "no pg_hba.conf entry", "not permitted to log in")),
        ("database", ("does not exist", "permission denied for database")),
    ):
        # "ssl syscall error: eof" is a cut connection, not a refusal
        if any(m in text for m in marks) and "syscall" not in text:
            return cause
    return "unreachable"


def connect_patiently(user, password):
    # a new instance's name and network path may take a moment
    end = time.time() + float(os.environ.get("SETUP_SECONDS") or 90)
    while True:
        try:
            return connect(user, password)
        except pg.OperationalError as error:
            # nor does a new name have its certificate at once
            if why(error) not in ("unreachable", "certificate") or time.time() > end:
                raise Refused(why(error), str(error))
            time.sleep(2)


def hashed(conn, role, password):
    # hashed here, so that no statement log of the server ever holds the password
    if hasattr(conn, "pgconn"):
        return conn.pgconn.encrypt_password(password.encode(), role.encode()).decode()
    from psycopg2.extensions import encrypt_password
    return encrypt_password(password, role, conn)


def wanted():
    return sorted(set((os.environ.get("SETUP_EXTENSIONS") or "").split()))


def versions(cur):
    # those that are there, and those that are to be
    cur.execute("SELECT name, installed_version, default_version FROM pg_available_extensions"
                " WHERE installed_version IS NOT NULL OR name = ANY(%s) ORDER BY name", (wanted(),))
    return {name: (installed, offered) for name, installed, offered in cur.fetchall()}


def bring(cur, server):
    # makes what is missing, and brings the rest to what this server offers; others are not touched
    there, done = versions(cur), {}
    for name in wanted():
        if name not in there:
            raise Refused("extension", "PostgreSQL %s does not offer the extension %s" % (server, name))
        installed, offered = there[name]
        done[name] = "kept"
        if not installed:
            # one made for an earlier of them may be this one
            cur.execute("SET LOCAL search_path = public")
            cur.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {e} CASCADE").format(e=sql.Identifier(name)))
            done[name] = "created"
            continue
        # a restored one may be newer than what is offered: there is no way back, and none is needed
        cur.execute("SELECT FROM pg_extension_update_paths(%s) WHERE source = %s AND target = %s"
                    " AND path IS NOT NULL AND source <> target", (name, installed, offered))
        if cur.fetchone() is not None:
            cur.execute(sql.SQL("ALTER EXTENSION {e} UPDATE").format(e=sql.Identifier(name)))
            done[name] = "updated"
    return done


def prepare(conn, role, password, out):
    cur = conn.cursor()
    names = {"r": sql.Identifier(role), "d": sql.Identifier(need("PGDATABASE"))}

    def run(text, **more):
        cur.execute(sql.SQL(text).format(**dict(names, **more)))

    def row(text, *values):
        cur.execute(text, values)
        return cur.fetchone()

    def grants():
        return row("SELECT (SELECT array_agg(datacl::text ORDER BY datname) FROM pg_database),"
                   " (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'),"
                   " (SELECT array_agg(defaclacl::text ORDER BY oid) FROM pg_default_acl)")

    row("SELECT pg_advisory_xact_lock(7233188640218)")
    out["server"] = row("SHOW server_version")[0]

    out["extensions"] = bring(cur, out["server"])

    found = row("SELECT rolcanlogin, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
                " OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname IN ('rds_superuser', current_user)"
                " AND pg_has_role(a.oid, g.oid, 'MEMBER')) FROM pg_roles a WHERE rolname = %s", role)
    out.update(role="kept", password="kept")
    if not found:
        run("CREATE ROLE {r} LOGIN PASSWORD {p}", p=sql.Literal(hashed(conn, role, password)))
        out.update(role="created", password="set")
    elif found[1]:
        raise Refused("role", "role %s exists and is privileged: the application must not use it" % role)
    elif not found[0]:
        run("ALTER ROLE {r} LOGIN")
        out["role"] = "changed"

    before = grants()
    cur.execute("SELECT datname FROM pg_database WHERE datname IN (current_database(), 'postgres', 'template1')"
                " AND pg_has_role(datdba, 'USAGE')")
    for (name,) in cur.fetchall():
        run("REVOKE CONNECT, TEMPORARY ON DATABASE {n} FROM PUBLIC", n=sql.Identifier(name))
    run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    run("GRANT CONNECT ON DATABASE {d} TO {r}")
    run("GRANT USAGE, CREATE ON SCHEMA public TO {r}")
    for kind in ("TABLES", "SEQUENCES"):
        # what the master restores or makes by hand stays usable by the application
        run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON %s TO {r}" % kind)
    out["grants"] = "kept" if grants() == before else "changed"

    # what the master owned before the application had a role of its own: migrations alter it;
    # extensions keep theirs, and the sequence of a column goes with its table
    cur.execute("SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace"
                " AND pg_get_userbyid(relowner) = current_user AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
                " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
                " AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype IN ('a', 'i')))")
    tables = [name for (name,) in cur.fetchall()]
    out["tables"] = "handed over" if tables else "kept"
    if tables:
        # only a member of a role can give it things
        run("GRANT {r} TO CURRENT_USER")
        for name in tables:
            run("ALTER TABLE {t} OWNER TO {r}", t=sql.Identifier("public", name))
        run("REVOKE {r} FROM CURRENT_USER")
    # an adopted database may hold them under the role of another deployment: the application reads none of
    # them, or cannot migrate them, and would only fail when it starts
    cur.execute("SELECT pg_get_userbyid(relowner), count(*) FROM pg_class c WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'p') AND relowner <> (SELECT oid FROM pg_roles WHERE rolname = %s)"
                " AND NOT pg_has_role(%s, relowner, 'MEMBER')"
                " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
                " AND d.deptype = 'e') GROUP BY 1 ORDER BY 1", (role, role))
    strange = cur.fetchall()
    if strange:
        owned = ", ".join("%d of %s" % (count, owner) for owner, count in strange)
        raise Refused("owner", "tables in schema public are owned by another role (%s), so %s cannot migrate them: say"
                      " username = \"%s\" under [database], or as their owner REASSIGN OWNED BY \"%s\" TO \"%s\""
                      % (owned, role, strange[0][0], strange[0][0], role))
    conn.commit()

    try:
        connect(role, password).close()
    except pg.OperationalError as error:
        if why(error) != "login":
            raise Refused("application", str(error))
        run("ALTER ROLE {r} PASSWORD {p}", p=sql.Literal(hashed(conn, role, password)))
        conn.commit()
        out["password"] = "reset"


def tell(conn, upgrade, out):
    cur = conn.cursor()
    cur.execute("SHOW server_version")
    out["server"] = cur.fetchone()[0]
    done = bring(cur, out["server"]) if upgrade else {}
    conn.commit()
    out["extensions"] = [{"name": name, "installed": installed, "available": offered}
                         for name, (installed, offered) in versions(cur).items()]
    changed = [name for name, what in done.items() if what != "kept"]
    out["extension"] = "updated" if changed else "kept"


def prove(role, password):
    try:
        with connect(role, password) as conn:
            cur = conn.cursor()
            cur.execute("SELECT has_schema_privilege('public', 'CREATE')")
            if not cur.fetchone()[0]:
                raise Refused("application", "the application's role cannot create tables")
            if "vector" in wanted():
                cur.execute("SELECT '[1,2]'::vector <=> '[2,1]'")
    except pg.Error as error:
        raise Refused("application", str(error))


def main():
    out, cause = {"task": "database-setup", "ok": False}, None
    try:
        role, password, mode = need("APP_USER"), need("APP_PASSWORD"), os.environ.get("SETUP_MODE")
        conn = connect_patiently(need("PGUSER"), need("PGPASSWORD"))
        if mode in ("look", "upgrade"):
            tell(conn, mode == "upgrade", out)
        else:
            prepare(conn, role, password, out)
            prove(role, password)
        out["ok"] = True
    except Refused as error:
        cause, message = error.args
    except Exception as error:
        state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        cause, message = ("denied" if state == "42501" else "error"), str(error)
    if cause:
        message = (message.strip() or cause).splitlines()[0]
        for name in ("PGPASSWORD", "APP_PASSWORD"):
            message = message.replace(os.environ.get(name) or "\0", "***")
        out = {"task": out["task"], "ok": False, "cause": cause, "message": message}
    print(json.dumps(out))
    return CODES[cause] if cause else 0


sys.exit(main())
