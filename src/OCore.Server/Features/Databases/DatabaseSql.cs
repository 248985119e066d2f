using OCore.Features.Instances;

namespace OCore.Features.Databases;

/// <summary>What databases of an instance ask of PostgreSQL, as constants for psql; see OdooSql.</summary>
internal static class DatabaseSql
{
    /// <summary>The databases of a role, with what they take and what happens in them, as JSON.</summary>
    public const string List =
        """
        SELECT coalesce(json_agg(json_build_object('name', d.datname, 'bytes', pg_database_size(d.oid), 'connections', coalesce(a.connections, 0), 'active', coalesce(a.active, 0), 'waiting', coalesce(a.waiting, 0), 'longestSeconds', a.longest)), '[]')
        FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
        LEFT JOIN (SELECT datid, count(*) AS connections, count(*) FILTER (WHERE state = 'active') AS active, count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
            round(max(extract(epoch FROM clock_timestamp() - query_start)) FILTER (WHERE state = 'active'), 1) AS longest
          FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY datid) a ON a.datid = d.oid
        WHERE r.rolname = :'role';
        """;

    // A session's name is its start and its process, as PostgreSQL's log writes it (%c): a process number alone comes again.
    public const string Activity =
        """
        SELECT (to_regclass('public.ir_config_parameter') IS NOT NULL) AS isodoo \gset
        \if :isodoo
        SELECT EXISTS (SELECT FROM ir_config_parameter WHERE key = 'database.is_neutralized' AND lower(value) IN ('true', '1'))::text AS neutralized \gset
        \else
        \set neutralized null
        \endif
        WITH sessions AS (
          SELECT to_hex(trunc(extract(epoch FROM backend_start))::bigint) || '.' || to_hex(pid) AS id, s.* FROM pg_stat_activity s
          WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND backend_type = 'client backend' AND pid <> pg_backend_pid()),
        blocked AS (
          SELECT w.pid, w.id, coalesce((SELECT json_agg(b.id ORDER BY b.backend_start) FROM sessions b WHERE b.pid = ANY (pg_blocking_pids(w.pid))), '[]') AS by FROM sessions w)
        SELECT json_build_object('neutralized', :'neutralized'::json,
          'connections', (SELECT coalesce(json_agg(json_build_object('id', s.id, 'pid', s.pid, 'application', nullif(s.application_name, ''), 'state', s.state, 'startedAt', s.backend_start,
              'seconds', round(extract(epoch FROM clock_timestamp() - CASE WHEN s.state = 'active' THEN s.query_start ELSE s.state_change END), 1), 'transactionSeconds', round(extract(epoch FROM clock_timestamp() - s.xact_start), 1),
              'waitsFor', CASE WHEN s.state = 'active' THEN s.wait_event_type || ': ' || s.wait_event END, 'blockedBy', b.by,
              'locks', (SELECT count(*) FROM pg_locks l WHERE l.pid = s.pid AND l.granted), 'query', left(nullif(s.query, ''), 2000))
            ORDER BY s.state = 'active' DESC, s.query_start), '[]') FROM sessions s JOIN blocked b USING (pid)),
          'waits', (SELECT coalesce(json_agg(json_build_object('connection', b.id, 'blockedBy', b.by, 'kind', l.locktype, 'mode', l.mode,
              'table', coalesce(l.relation, (SELECT t.relation FROM pg_locks t WHERE t.pid = l.pid AND t.locktype = 'tuple' LIMIT 1))::regclass::text,
              'seconds', round(extract(epoch FROM clock_timestamp() - l.waitstart), 1)) ORDER BY l.waitstart), '[]')
            FROM pg_locks l JOIN blocked b USING (pid) WHERE NOT l.granted));
        """;

    /// <summary>Only a session of this very database, by its full name.</summary>
    public const string Cancel =
        """
        SELECT coalesce(bool_or(pg_cancel_backend(pid)), false) FROM pg_stat_activity
        WHERE datname = :'db' AND backend_type = 'client backend' AND to_hex(trunc(extract(epoch FROM backend_start))::bigint) || '.' || to_hex(pid) = :'session';
        """;

    public const string End =
        """
        SELECT coalesce(bool_or(pg_terminate_backend(pid)), false) FROM pg_stat_activity
        WHERE datname = :'db' AND backend_type = 'client backend' AND to_hex(trunc(extract(epoch FROM backend_start))::bigint) || '.' || to_hex(pid) = :'session';
        """;

    /// <summary>A clone of a template database for a role that has another name.</summary>
    public const string Clone =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('CREATE DATABASE %I TEMPLATE %I OWNER %I STRATEGY wal_log', :'db', :'template', :'role') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db') \gexec
        REVOKE CONNECT ON DATABASE :"db" FROM PUBLIC;
        \connect :"db"
        SELECT format('REASSIGN OWNED BY %I TO %I', rolname, :'role') FROM pg_roles WHERE rolname IN ('hosting_template', :'template') \gexec
        SELECT format('REVOKE ALL ON SCHEMA public FROM %I', rolname) FROM pg_roles WHERE rolname = :'template' \gexec
        """;

    /// <summary>
    /// Who a copy is: an identity of its own, once. A subscription's code stays with the original, and what was initialised anew gets an
    /// administrator's password that nobody knows.
    /// </summary>
    public const string Identify =
        $$$"""
        BEGIN;
        SELECT NOT EXISTS (SELECT FROM ir_config_parameter WHERE key = 'hosting.identity' AND value = :'mark') AS fresh \gset
        \if :fresh
        UPDATE ir_config_parameter SET value = gen_random_uuid()::text WHERE key IN ('database.uuid', 'database.secret');
        UPDATE ir_config_parameter SET value = to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD HH24:MI:SS') WHERE key = 'database.create_date';
        DELETE FROM ir_config_parameter WHERE key = 'database.enterprise_code';
        UPDATE res_users SET password = :'hash' WHERE id = 2 AND :'hash' <> '';
        INSERT INTO ir_config_parameter (key, value) VALUES ('hosting.identity', :'mark') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
        \endif
        INSERT INTO ir_config_parameter (key, value) VALUES ('hosting.instance', :'instance') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
        {{{OdooSql.WriteAddress}}}
        COMMIT;
        """;

    /// <summary>A copy to return to, of one that nobody works in.</summary>
    public const string Snapshot =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'db' AND pid <> pg_backend_pid() \g /dev/null
        SELECT format('CREATE DATABASE %I TEMPLATE %I OWNER %I STRATEGY wal_log', :'snapshot', :'db', :'role') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'snapshot') \gexec
        REVOKE CONNECT ON DATABASE :"snapshot" FROM PUBLIC;
        """;

    public const string Owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = :'db';";

    /// <summary>Of one that nobody works in. Without <c>from</c>, or with <c>to</c> there already, it was done before.</summary>
    public const string Rename =
        """
        SELECT pg_advisory_lock(hashtext(:'from')) \g /dev/null
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (:'from', :'to') AND pid <> pg_backend_pid() \g /dev/null
        SELECT format('ALTER DATABASE %I RENAME TO %I', :'from', :'to') WHERE EXISTS (SELECT FROM pg_database WHERE datname = :'from') AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'to') \gexec
        """;

    /// <summary>The role is called like the database that is served, as it was when the instance was made: no other instance's can then be.</summary>
    public const string RenameRole =
        """
        SELECT pg_advisory_lock(hashtext(:'from')) \g /dev/null
        SELECT format('ALTER ROLE %I RENAME TO %I', :'from', :'to') WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = :'from') AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'to') \gexec
        ALTER ROLE :"to" PASSWORD :'password';
        """;
}
