using OCore.Client;
using OCore.Tests.Servers;

namespace OCore.Tests.Instances;

/// <summary>
/// Settings that would lead Odoo, or a program that it starts, somewhere else are refused wherever settings are given, by the name
/// that is at fault; and nothing of the request is kept.
/// </summary>
public sealed class DangerousSettings(TestApp app) : IClassFixture<TestApp>
{
    [Theory]
    [InlineData("LD_PRELOAD", "/tmp/evil.so")]
    [InlineData("LD_LIBRARY_PATH", "/tmp")]
    [InlineData("PATH", "/tmp")]
    [InlineData("HOME", "/tmp")]
    [InlineData("SHELL", "/tmp/sh")]
    [InlineData("PYTHONPATH", "/tmp")]
    [InlineData("PYTHONSTARTUP", "/tmp/evil.py")]
    [InlineData("PGHOST", "elsewhere")]
    [InlineData("PGHOSTADDR", "192.0.2.1")]
    [InlineData("PGUSER", "postgres")]
    [InlineData("PGPASSWORD", "guess")]
    [InlineData("PGDATABASE", "postgres")]
    [InlineData("PGSERVICE", "evil")]
    [InlineData("PGSERVICEFILE", "/tmp/evil")]
    [InlineData("PGOPTIONS", "-c role=postgres")]
    [InlineData("ODOO_RC", "/tmp/odoo.conf")]
    [InlineData("OPENERP_SERVER", "/tmp/odoo.conf")]
    [InlineData("HOST", "elsewhere")]
    [InlineData("USER", "postgres")]
    [InlineData("PASSWORD", "guess")]
    [InlineData("HTTP_PROXY", "http://elsewhere")]
    [InlineData("SSL_CERT_FILE", "/tmp/evil.pem")]
    [InlineData("DB_HOST", "elsewhere")]
    [InlineData("DB_PORT", "5433")]
    [InlineData("DB_USER", "postgres")]
    [InlineData("DB_PASSWORD", "guess")]
    [InlineData("DB_NAME", "other")]
    [InlineData("DB_SSLMODE", "disable")]
    [InlineData("DBFILTER", ".*")]
    [InlineData("LIST_DB", "True")]
    [InlineData("ADMIN_PASSWD", "admin")]
    [InlineData("DATA_DIR", "/")]
    [InlineData("ADDONS_PATH", "/tmp")]
    [InlineData("UPGRADE_PATH", "/tmp")]
    [InlineData("SERVER_WIDE_MODULES", "base,web,evil")]
    [InlineData("HTTP_INTERFACE", "127.0.0.1")]
    [InlineData("HTTP_PORT", "80")]
    [InlineData("GEVENT_PORT", "80")]
    [InlineData("LOGFILE", "/var/lib/odoo/log")]
    [InlineData("PIDFILE", "/var/lib/odoo/pid")]
    [InlineData("PG_PATH", "/tmp")]
    [InlineData("BIN_PATH", "/tmp")]
    [InlineData("DEV_MODE", "all")]
    [InlineData("INIT", "evil")]
    [InlineData("OCORE_DATA", "/tmp")]
    [InlineData("MADE_UP", "1")]
    [InlineData("limit_time_real", "60")]
    [InlineData("Limit_Time_Real", "60")]
    [InlineData("LIMIT_TIME_REAL ", "60")]
    [InlineData("LIMIT_TIME_REAL = 60\nLIST_DB", "True")]
    [InlineData("LIMIT_TIME_REAL", "60\nlist_db = True")]
    [InlineData("LIMIT_TIME_REAL", "0")]
    [InlineData("LIMIT_TIME_REAL", "for ever")]
    [InlineData("LOG_HANDLER", ":INFO\nlist_db = True")]
    [InlineData("LOG_LEVEL", "loud")]
    [InlineData("PROXY_MODE", "perhaps")]
    public async Task A_variable_is_refused_by_its_name(string name, string value)
    {
        var (http, template, instance, server) = await WorldAsync();
        using var client = http;
        var given = new Dictionary<string, string> { ["LIMIT_REQUEST"] = "4096", [name] = value };
        await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Evil", OdooVersion = "19.0", DefaultEnvVars = given }).IsRefusedAsync(400, "invalid_setting", $"defaultEnvVars.{name}");
        await http.Put<UpdateTemplate, TemplateView>($"/api/templates/{template}", new UpdateTemplate { DefaultEnvVars = given }).IsRefusedAsync(400, "invalid_setting", $"defaultEnvVars.{name}");
        foreach (var query in (string[])["", "?dryRun=true"])
        {
            await http.Post<ProvisionInstance, OperationView>($"/api/templates/{template}/provision{query}", new ProvisionInstance { ServerId = server.ToString(), Overrides = given }).IsRefusedAsync(400, "invalid_setting", $"overrides.{name}");
            var refused = await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance}{query}", new UpdateInstance { EnvVars = given }).IsRefusedAsync(400, "invalid_setting", $"envVars.{name}");
            // Of the two the one that is at fault, with what can be given instead.
            Assert.Single(refused.Errors!.Keys);
            Assert.Contains("LIMIT_TIME_REAL", refused.Hint, StringComparison.Ordinal);
        }
        await NothingIsKeptAsync(http, template, instance);
    }

    [Theory]
    [InlineData("db_host", "elsewhere")]
    [InlineData("db_name", "other")]
    [InlineData("db_template", "template0")]
    [InlineData("dbfilter", ".*")]
    [InlineData("list_db", "True")]
    [InlineData("admin_passwd", "admin")]
    [InlineData("data_dir", "/")]
    [InlineData("addons_path", "/tmp")]
    [InlineData("upgrade_path", "/tmp")]
    [InlineData("server_wide_modules", "base,web,evil")]
    [InlineData("http_interface", "127.0.0.1")]
    [InlineData("xmlrpc_port", "80")]
    [InlineData("logfile", "/var/lib/odoo/log")]
    [InlineData("pg_path", "/tmp")]
    [InlineData("dev_mode", "all")]
    [InlineData("made_up", "1")]
    [InlineData("LIMIT_TIME_REAL", "60")]
    [InlineData("[queue_job]\nchannels", "root:1")]
    [InlineData("limit_request", "4096\nlist_db = True")]
    [InlineData("smtp_server", "mail.example.com\r\nlist_db = True")]
    public async Task A_key_of_odoo_conf_is_refused_by_its_name(string key, string value)
    {
        var (http, template, instance, _) = await WorldAsync();
        using var client = http;
        var given = new Dictionary<string, string> { ["limit_time_cpu"] = "600", [key] = value };
        await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Evil", OdooVersion = "19.0", Config = given }).IsRefusedAsync(400, "invalid_setting", $"config.{key}");
        await http.Put<UpdateTemplate, TemplateView>($"/api/templates/{template}", new UpdateTemplate { Config = given }).IsRefusedAsync(400, "invalid_setting", $"config.{key}");
        var refused = await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance}", new UpdateInstance { Config = given }).IsRefusedAsync(400, "invalid_setting", $"config.{key}");
        Assert.Single(refused.Errors!.Keys);
        await NothingIsKeptAsync(http, template, instance);
    }

    private async Task<(OCoreHttp Http, Guid Template, Guid Instance, Guid Server)> WorldAsync()
    {
        var agency = await app.AgencyAsync("Careful");
        var (server, instance) = await ServersAndInstances.InsertAsync(app, agency);
        var http = app.As(agency.Owner, agency.Org);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Plain", OdooVersion = "19.0" });
        return (http, template.Id, instance, server);
    }

    private static async Task NothingIsKeptAsync(OCoreHttp http, Guid template, Guid instance)
    {
        var kept = Assert.Single((await http.Get<Page<TemplateView>>("/api/templates")).Data);
        Assert.Equal((template, 0, 0), (kept.Id, kept.DefaultEnvVars.Count, kept.Config.Count));
        var same = Assert.Single((await http.Get<Page<InstanceView>>("/api/instances")).Data);
        Assert.Equal((instance, 0, 0), (same.Id, same.EnvVars.Count, same.Config.Count));
        Assert.Empty((await http.Get<Page<OperationView>>("/api/operations")).Data);
    }
}
