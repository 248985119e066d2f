using OCore.Features.Instances;
using OCore.Features.Templates;

namespace OCore.Tests.Instances;

/// <summary>The odoo.conf of an instance, word for word.</summary>
public sealed class OdooConfTests
{
    private static readonly OdooPlan Plain = new()
    {
        InstanceId = new Guid("00000000-0000-7000-8000-000000000001"), OrgId = new Guid("00000000-0000-7000-8000-000000000002"), ServerId = new Guid("00000000-0000-7000-8000-000000000003"),
        Slug = "acme", Image = "odoo:19.0", Major = 19, Database = "acme", DatabasePassword = "of-the-database", MasterPassword = "of-the-master", ConnectKey = "of-the-links",
        Workers = 0, MemoryMb = 1024, Settings = OdooSettings.Merge(),
    };

    [Fact]
    public void As_it_comes_with_what_people_set_and_for_an_older_Odoo()
    {
        // By a variable over the key of that name.
        var settings = OdooSettings.Merge(
            Of(("limit_time_cpu", "600"), ("limit_memory_soft", "1342177280"), ("limit_memory_hard", "1610612736"), ("log_level", "warn"), ("unaccent", "yes")),
            Of(("LIMIT_TIME_CPU", "900"), ("LIMIT_TIME_REAL", "1200"), ("LIMIT_REQUEST", "4096"), ("MAX_CRON_THREADS", "2"), ("PROXY_MODE", "1")));
        (string Name, OdooPlan Plan)[] files =
        [
            ("as it comes", Plain),
            ("with settings", Plain with { Workers = 4, Settings = settings }),
            ("Enterprise 18 with a repository", Plain with { Major = 18, Image = "odoo:18.0", Workers = 2, AddonPaths = OdooSources.PathsFor("ee", 1) }),
        ];
        Repository.IsGolden("odoo-conf.txt", string.Concat(files.Select(f => $"# {f.Name}\n{OdooConf.Render(f.Plan)}\n")));
    }

    /// <summary>Whatever a row may hold: what a request can give is looked at before.</summary>
    [Fact]
    public void What_keeps_instances_apart_is_what_oCore_says()
    {
        var hostile = Of(("list_db", "True"), ("dbfilter", ".*"), ("db_name", "other"), ("db_user", "postgres"), ("db_host", "elsewhere"), ("admin_passwd", "admin"), ("data_dir", "/"), ("addons_path", "/tmp"),
            ("http_interface", "127.0.0.1"), ("http_port", "80"), ("server_wide_modules", "web"), ("workers", "64"));
        Assert.Equal(OdooConf.Render(Plain), OdooConf.Render(Plain with { Settings = OdooSettings.Merge(hostile) }));
    }

    private static Dictionary<string, string> Of(params (string Key, string Value)[] settings) => settings.ToDictionary(s => s.Key, s => s.Value);
}
