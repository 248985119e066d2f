using OCore.Client;

namespace OCore.Cli;

/// <summary>The API takes ids and slugs. What has no slug is found here by the name people know it by.</summary>
internal static class Lookup
{
    public static Task<string> Server(Call call, string typed) =>
        Find<ServerView>(call, typed, "server", "/api/servers", s => s.Id, s => s.Name);

    public static Task<string> Template(Call call, string typed) =>
        Find<TemplateView>(call, typed, "template", "/api/templates", t => t.Id, t => t.Name);

    public static Task<string> Topology(Call call, string typed) =>
        Find<TopologySummary>(call, typed, "topology", "/api/topologies", t => t.Id, t => t.Name);

    public static Task<string> Member(Call call, string typed) =>
        Find<MemberView>(call, typed, "member", "/api/members", m => m.Id, m => m.Email);

    public static Task<string> Account(Call call, string typed) =>
        Find<AccountView>(call, typed, "account", "/api/admin/users", a => a.Id, a => a.Email);

    public static Task<string> Invitation(Call call, string typed) =>
        Find<InvitationView>(call, typed, "invitation", "/api/invitations", i => i.Id, i => i.Email);

    public static Task<string> ApiKey(Call call, string typed) =>
        Find<ApiKeyView>(call, typed, "API key", "/api/api-keys", k => k.Id, k => k.Name);

    public static Task<string> AlertRule(Call call, string typed) =>
        Find<AlertRuleView>(call, typed, "alert rule", "/api/alert-rules", r => r.Id, r => r.Name);

    public static Task<string> Webhook(Call call, string typed) =>
        Find<WebhookView>(call, typed, "webhook", "/api/webhooks", w => w.Id, w => w.Name);

    public static Task<string> BackupTarget(Call call, string typed) =>
        Find<BackupTargetView>(call, typed, "backup target", "/api/backup-targets", t => t.Id, t => t.Name);

    /// <summary>Where only an id is taken: the instance with that slug.</summary>
    public static async Task<string> Instance(Call call, string typed) =>
        Guid.TryParse(typed, out _) ? typed : (await call.Get<InstanceView>(((Route)$"/instances/{typed}").ToString())).Id.ToString();

    /// <summary>Where only an id is taken: the client with that slug.</summary>
    public static async Task<string> Client(Call call, string typed) =>
        Guid.TryParse(typed, out _) ? typed : (await call.Get<ClientView>(((Route)$"/agency/clients/{typed}").ToString())).Id.ToString();

    private static async Task<string> Find<T>(Call call, string typed, string noun, string path, Func<T, Guid> id, Func<T, string> name)
    {
        if (Guid.TryParse(typed, out _))
            return typed;
        var all = await Lists.All<T>(call, path);
        var found = all.Where(item => string.Equals(name(item), typed, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count switch
        {
            1 => id(found[0]).ToString(),
            0 => throw new CliException(ExitCode.NotFound, $"There is no {noun} '{typed}'.", $"Those there are: {Names(all.Select(name))}."),
            _ => throw new CliException(ExitCode.Refused, $"Several have the name '{typed}'.", $"Give the id: {string.Join(", ", found.Select(id))}."),
        };
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Order().Take(8)) is { Length: > 0 } text ? text : "none";
}
