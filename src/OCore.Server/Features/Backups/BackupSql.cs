using OCore.Features.Instances;

namespace OCore.Features.Backups;

/// <summary>What backups ask of PostgreSQL, as constants for psql; see OdooSql.</summary>
internal static class BackupSql
{
    /// <summary>
    /// One moment for the dump, the counts and the files: the snapshot is handed to pg_dump, and the lock keeps Odoo from sweeping
    /// files away (it takes SHARE for that, and gives up) while nothing else is kept from working.
    /// </summary>
    public const string Hold =
        """
        SET idle_in_transaction_session_timeout = 0;
        SET lock_timeout = '5min';
        BEGIN ISOLATION LEVEL REPEATABLE READ;
        LOCK TABLE ir_attachment IN ROW EXCLUSIVE MODE;
        SELECT 'snapshot ' || pg_export_snapshot();
        SELECT 'server ' || current_setting('server_version');
        SELECT 'modules ' || coalesce(json_object_agg(name, coalesce(latest_version, '')), '{}') FROM ir_module_module WHERE state IN ('installed', 'to upgrade', 'to remove');
        """ + "\n" + Count + "\nSELECT 'moment-held';\n";

    public const string Count =
        """
        SELECT format('SELECT %L || count(*) FROM %I', 'rows ' || relname || ' ', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname IN ('res_users', 'res_partner', 'res_company', 'ir_attachment', 'ir_module_module', 'ir_ui_view', 'ir_model_data', 'ir_config_parameter', 'mail_message', 'product_template', 'sale_order', 'account_move', 'stock_move') ORDER BY relname \gexec
        """;

    public const string Files = "SELECT DISTINCT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL;\nSELECT 'list-done';\n";

    public const string CreateEmpty =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', :'db') \gexec
        SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C.UTF-8'' OWNER %I', :'db', :'owner') \gexec
        REVOKE CONNECT ON DATABASE :"db" FROM PUBLIC;
        """;

    public const string ServerVersion = "SHOW server_version_num;";

    /// <summary>The restored one takes the name, the one before keeps another until all is well.</summary>
    public const string Swap =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (:'db', :'new', :'old') AND pid <> pg_backend_pid() \g /dev/null
        SELECT format('ALTER DATABASE %I RENAME TO %I', :'db', :'old') WHERE EXISTS (SELECT FROM pg_database WHERE datname = :'new') AND EXISTS (SELECT FROM pg_database WHERE datname = :'db')
          AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'old') \gexec
        SELECT format('ALTER DATABASE %I RENAME TO %I', :'new', :'db') WHERE EXISTS (SELECT FROM pg_database WHERE datname = :'new') AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db') \gexec
        """;

    public const string SwapBack =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (:'db', :'new', :'old') AND pid <> pg_backend_pid() \g /dev/null
        SELECT format('ALTER DATABASE %I RENAME TO %I', :'db', :'new') WHERE EXISTS (SELECT FROM pg_database WHERE datname = :'old') AND EXISTS (SELECT FROM pg_database WHERE datname = :'db')
          AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'new') \gexec
        SELECT format('ALTER DATABASE %I RENAME TO %I', :'old', :'db') WHERE EXISTS (SELECT FROM pg_database WHERE datname = :'old') AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'db') \gexec
        """;

    public const string Drop =
        """
        SELECT pg_advisory_lock(hashtext(:'db')) \g /dev/null
        SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', :'db') \gexec
        """;

    public const string SetUrl = OdooSql.WriteAddress;

    /// <summary>One number after another: whether Odoo calls it neutralized, mail servers that could send, scheduled actions that could run.</summary>
    public const string Neutral =
        """
        SELECT (SELECT count(*) FROM ir_config_parameter WHERE key = 'database.is_neutralized' AND lower(value) IN ('true', '1')),
          (SELECT count(*) FROM ir_mail_server WHERE active AND smtp_host <> 'invalid'),
          (SELECT count(*) FROM ir_cron WHERE active AND id NOT IN (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND name = 'autovacuum_job'));
        """;
}
