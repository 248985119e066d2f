namespace OCore.Features.Instances;

/// <summary>
/// The scripts oCore runs in a server's PostgreSQL, as constants for psql: values come in as psql variables, quoted by psql as
/// literals (<c>:'x'</c>) or names (<c>:"x"</c>), never by us. What makes and what drops a database take turns: a script goes on
/// when the oCore that began it is killed, and the next one waits for its end before it looks.
/// </summary>
internal static class OdooSql
{
    /// <summary>What people's own databases are copied within: they may be large, and a template's never is.</summary>
    public static readonly TimeSpan CopiedWithin = TimeSpan.FromHours(1);

    public const string EnsureRole =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', :'db') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'db') \gexec
        ALTER ROLE :"db" PASSWORD :'password';
        """ + "\n" + LimitConnections;

    /// <summary>The server's PostgreSQL has a number of connections for all its instances; see RoleConnections.</summary>
    public const string LimitConnections =
        """
        SELECT format('ALTER ROLE %I CONNECTION LIMIT %s', rolname, :'connections') FROM pg_roles WHERE rolname = :'db' AND rolconnlimit <> :'connections'::int \gexec
        """;

    // CREATE DATABASE happens whole or not at all, so existing is finished.
    public const string CloneDatabase =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('CREATE DATABASE %I TEMPLATE %I OWNER %I STRATEGY wal_log', :'db', :'template', :'db') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db') \gexec
        REVOKE CONNECT ON DATABASE :"db" FROM PUBLIC;
        """;

    /// <summary>Empty, for Odoo to initialise.</summary>
    public const string CreateDatabase =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C.UTF-8'' OWNER %I', :'db', :'db') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db') \gexec
        REVOKE CONNECT ON DATABASE :"db" FROM PUBLIC;
        """;

    /// <summary>What was begun and not ended is begun again from nothing.</summary>
    public const string DropUnfinished =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', datname) FROM pg_database WHERE datname = :'db' AND coalesce(shobj_description(oid, 'pg_database'), '') <> 'initialised' \gexec
        """;

    public const string IsInitialised = "SELECT coalesce((SELECT shobj_description(oid, 'pg_database') = 'initialised' FROM pg_database WHERE datname = :'db'), false);";

    public const string MarkInitialised = "COMMENT ON DATABASE :\"db\" IS 'initialised';";

    // Templates that were built before each had a role of its own belong to hosting_template.
    public const string TakeOwnership =
        """
        SELECT format('REASSIGN OWNED BY %I TO %I', rolname, :'db') FROM pg_roles WHERE rolname IN ('hosting_template', :'template') \gexec
        SELECT format('REVOKE ALL ON SCHEMA public FROM %I', rolname) FROM pg_roles WHERE rolname = :'template' \gexec
        """;

    public const string DropDatabase =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', :'db') \gexec
        SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', datname) FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE rolname = :'db' \gexec
        SELECT format('DROP ROLE IF EXISTS %I', :'db') \gexec
        """;

    /// <summary>Odoo's links lead to :url, whatever name an administrator signs in by.</summary>
    public const string WriteAddress = "INSERT INTO ir_config_parameter (key, value) VALUES ('web.base.url', :'url'), ('web.base.url.freeze', 'True') ON CONFLICT (key) DO UPDATE SET value = excluded.value;";

    public const string Personalize =
        $$$"""
        BEGIN;
        SELECT NOT EXISTS (SELECT FROM ir_config_parameter WHERE key = 'hosting.instance' AND value = :'instance') AS fresh \gset
        \if :fresh
        UPDATE ir_config_parameter SET value = gen_random_uuid()::text WHERE key IN ('database.uuid', 'database.secret');
        UPDATE ir_config_parameter SET value = to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD HH24:MI:SS') WHERE key = 'database.create_date';
        UPDATE res_users SET password = :'hash' WHERE id = 2;
        INSERT INTO ir_config_parameter (key, value) VALUES ('hosting.instance', :'instance') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
        \endif
        {{{WriteAddress}}}
        COMMIT;
        """;

    // Odoo's processes keep parameters in memory until the database says that something changed: by sequences before version 19, by tables since.
    public const string SetAddress =
        $$$"""
        BEGIN;
        {{{WriteAddress}}}
        SELECT format('SELECT nextval(%L)', oid::regclass) FROM pg_class WHERE relkind = 'S' AND relname LIKE 'base\_cache\_signaling%' \gexec
        SELECT format('INSERT INTO %I DEFAULT VALUES', relname) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'orm\_signaling\_%' AND relname <> 'orm_signaling_registry' \gexec
        COMMIT;
        """;

    public const string SetAdminPassword =
        """
        UPDATE res_users SET password = :'hash' WHERE id = 2 RETURNING login;
        """;

    /// <summary>Demonstration data has accounts whose passwords everybody knows: they are there, and nobody signs in by them until an administrator gives them others.</summary>
    public const string CloseDemoAccounts = "UPDATE res_users SET password = NULL WHERE id <> 2 AND password <> '';";

    public const string AdminLogin = "SELECT login FROM res_users WHERE id = 2;";

    public const string SetRegistrationCode =
        """
        INSERT INTO ir_config_parameter (key, value) VALUES ('database.enterprise_code', :'code') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
        """;

    public const string Modules =
        """
        SELECT coalesce(json_agg(json_build_object('name', name, 'title', coalesce(shortdesc->>'en_US', name), 'state', state, 'version', latest_version, 'application', coalesce(application, false)) ORDER BY name), '[]')
        FROM ir_module_module WHERE state <> 'uninstallable';
        """;

    public const string ModulesInState =
        """
        SELECT coalesce(json_agg(name ORDER BY name), '[]') FROM ir_module_module WHERE state = 'installed';
        """;

    /// <summary>A copy to return to. The database must have no connections meanwhile.</summary>
    public const string Snapshot =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'db' AND pid <> pg_backend_pid();
        SELECT format('CREATE DATABASE %I TEMPLATE %I OWNER %I STRATEGY wal_log', :'snapshot', :'db', :'db') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'snapshot') \gexec
        REVOKE CONNECT ON DATABASE :"snapshot" FROM PUBLIC;
        """;

    public const string ReturnToSnapshot =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'snapshot') AS there \gset
        \if :there
        SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', :'db') \gexec
        SELECT format('ALTER DATABASE %I RENAME TO %I', :'snapshot', :'db') \gexec
        \endif
        """;

    public const string DropSnapshot =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', :'snapshot') \gexec
        """;

    // What is in a template database belongs to a role of its own, called like the database: one REASSIGN in the clone changes the owner of
    // everything in it, and the code that builds one template reaches no other.
    public const string BeginTemplate =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE', :'db') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'db') \gexec
        ALTER ROLE :"db" LOGIN PASSWORD :'password' CONNECTION LIMIT 40;
        SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C.UTF-8''', :'db') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db') \gexec
        REVOKE CONNECT ON DATABASE :"db" FROM PUBLIC;
        GRANT CONNECT, CREATE, TEMPORARY ON DATABASE :"db" TO :"db";
        """;

    public const string OpenSchema = "GRANT ALL ON SCHEMA public TO :\"db\";";

    public const string TemplateState =
        """
        SELECT coalesce((SELECT CASE WHEN datistemplate THEN 'ready' ELSE 'half' END FROM pg_database WHERE datname = :'db'), 'absent');
        """;

    public const string FinishTemplate =
        """
        UPDATE pg_database SET datistemplate = true, datallowconn = false WHERE datname = :'db';
        SELECT format('ALTER ROLE %I NOLOGIN PASSWORD NULL', rolname) FROM pg_roles WHERE rolname = :'db' \gexec
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'db';
        SELECT pg_database_size(:'db');
        """;

    public const string DropTemplate =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        UPDATE pg_database SET datistemplate = false WHERE datname = :'db';
        SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', :'db') \gexec
        SELECT format('DROP ROLE %I', rolname) FROM pg_roles r WHERE rolname = :'db' AND NOT EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = r.oid) \gexec
        """;
}

/// <summary>Constant programs run inside an instance's container, which has Python and no curl.</summary>
internal static class OdooProbe
{
    public const string WaitUntilUp =
        """
        import http.client, sys, time
        end, why = time.monotonic() + float(sys.argv[1]), "nothing listens yet"
        while time.monotonic() < end:
            try:
                for path in ("/web/health", "/web/login"):
                    c = http.client.HTTPConnection("127.0.0.1", 8069, timeout=60)
                    c.request("GET", path, headers={"Host": "localhost"})
                    answer = c.getresponse()
                    answer.read()
                    if answer.status >= 400:
                        raise OSError(path + " answers " + str(answer.status))
                sys.exit(0)
            except (OSError, http.client.HTTPException) as e:
                why = str(e) or type(e).__name__
                time.sleep(0.05)
        print(why)
        sys.exit(1)
        """;
}
