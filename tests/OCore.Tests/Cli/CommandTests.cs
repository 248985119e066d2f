using OCore.Cli;

namespace OCore.Tests.Cli;

/// <summary>What is typed and what is sent.</summary>
[Collection("cli")]
public sealed class CommandTests
{
    [Fact]
    public async Task The_documented_line_creates_a_client()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("POST /api/agency/clients", 201, Wire.Client);
        var ran = await typist.Run("agency", "client", "create", "--name", "Acme Corp", "--slug", "acme-corp");
        Assert.Equal("""{"name":"Acme Corp","slug":"acme-corp"}""", server.Only("POST /api/agency/clients").Body);
        Assert.Contains("acme-corp", ran.Out);
        Assert.Equal(0, ran.ExitCode);
    }

    [Theory]
    [InlineData("acme-corp\n", 0)]
    [InlineData("Acme Corp\n", 0)]
    [InlineData("acme\n", 2)]
    public async Task Deleting_a_client_wants_its_name_typed(string typed, int exitCode)
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("GET /api/agency/clients/acme-corp", Wire.Client).On("DELETE /api/agency/clients/acme-corp", 202, Wire.Operation("pending"));
        var ran = await typist.Answering(typed, "agency", "client", "delete", "acme-corp", "--keep-backup-days", "30");
        Assert.Equal(exitCode, ran.ExitCode);
        Assert.Equal(exitCode == 0 ? ["?keepBackupDays=30"] : [], server.Requests.Where(r => r.Route.StartsWith("DELETE", StringComparison.Ordinal)).Select(r => r.Query));
        Assert.Equal(2, (await typist.Run("agency", "client", "delete", "acme-corp")).ExitCode);
        Assert.Equal(0, (await typist.Run("agency", "client", "delete", "acme-corp", "--confirm", "acme-corp")).ExitCode);
    }

    [Theory]
    [InlineData("y\n", 0, "SHA256:shown")]
    [InlineData("n\n", 5, null)]
    public async Task A_server_is_added_with_the_host_key_a_person_agreed_to(string answer, int exitCode, string? pinned)
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("POST /api/servers/host-key", """{"type":"ssh-ed25519","fingerprint":"SHA256:shown"}""").On("POST /api/servers", 202, Wire.Operation("pending"));
        var ran = await typist.Answering(answer, "server", "add", "--host", "203.0.113.10");
        Assert.Equal(exitCode, ran.ExitCode);
        Assert.Contains("SHA256:shown", ran.Err);
        Assert.Equal(pinned is not null, server.Requests.Any(r => r.Route == "POST /api/servers" && r.Body.Contains($"\"hostKeyFingerprint\":\"{pinned}\"", StringComparison.Ordinal)));
        Assert.Equal(2, (await typist.Run("server", "add", "--host", "203.0.113.10")).ExitCode);
    }

    [Fact]
    public async Task A_map_is_changed_key_by_key()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("GET /api/instances/acme-erp", """
            {"id":"0198a000-0000-7000-8000-0000000000cc","name":"Acme ERP","slug":"acme-erp","organization":{"id":"0198a000-0000-7000-8000-00000000000a","name":"Acme"},
             "server":{"id":"0198a000-0000-7000-8000-0000000000dd","name":"web-1"},"status":"running","health":"healthy","odooVersion":"18.0","odooEdition":"ce",
             "url":"http://acme.example.com","domain":"acme.example.com","database":"acme","workers":2,"memoryMb":1024,"envVars":{"PROXY_MODE":"True","OLD":"1"},"config":{},
             "restartNeeded":false,"hasRegistrationCode":false,"adminPasswordUnread":false,"createdAt":"2026-01-02T03:04:05Z"}
            """);
        server.On("PUT /api/instances/acme-erp", """{"changes":[{"key":"limit_time_real","before":"120","after":"240"}],"restartNeeded":true}""");
        var ran = await typist.Run("instance", "update", "acme-erp", "--set-env", "LIMIT_TIME_REAL=240", "--unset-env", "OLD", "--dry-run");
        var sent = server.Only("PUT /api/instances/acme-erp");
        Assert.Equal(("?dryRun=true", """{"envVars":{"PROXY_MODE":"True","LIMIT_TIME_REAL":"240"}}"""), (sent.Query, sent.Body));
        Assert.Equal("- limit_time_real = 120\n+ limit_time_real = 240\n", ran.Out);
    }

    [Fact]
    public async Task Another_password_is_shown_as_a_change_without_either()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        const string diff = """{"changes":[{"key":"smtp_password","before":"••••","after":"•••• (changed)"}],"restartNeeded":true}""";
        server.On("GET /api/instances/acme-erp/config", $$"""{"odooConf":"[options]\nsmtp_password = ••••\n","pending":{{diff}}}""").On("PUT /api/instances/acme-erp", diff);
        Assert.Equal("- smtp_password = ••••\n+ smtp_password = •••• (changed)\n", (await typist.Run("instance", "update", "acme-erp", "--name", "Acme", "--dry-run")).Out);
        Assert.EndsWith("Waiting for a restart:\n- smtp_password = ••••\n+ smtp_password = •••• (changed)\n", (await typist.Run("instance", "config", "acme-erp")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_uploaded_image_is_given_as_a_logo_by_its_own_address()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("PUT /api/agency/clients/acme-corp", Wire.Client);
        Assert.Equal(0, (await typist.Run("agency", "client", "update", "acme-corp", "--logo-url", "/brand/0a.png")).ExitCode);
        Assert.Equal("""{"logoUrl":"/brand/0a.png"}""", server.Only("PUT /api/agency/clients/acme-corp").Body);
    }

    [Fact]
    public async Task A_portal_domain_is_given_up_by_typing_its_name()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("GET /api/agency/portal-domains/erp.acme.com", $$$"""
            {"id":"{{{Wire.ClientId}}}","customDomain":"erp.acme.com","host":"erp.acme.com","isBase":false,"dnsVerificationToken":"t","dnsVerified":true,"dnsStatus":"verified","sslStatus":"active","isActive":true,"enabled":true,
             "ownership":{"state":"verified","message":"."},"routing":{"status":"ok","message":".","seen":[],"expected":[]},"certificate":{"status":"active","message":"."},"records":[],"warnings":[],"createdAt":"2026-01-02T03:04:05Z"}
            """).On($"DELETE /api/agency/portal-domains/{Wire.ClientId}", 204, "");
        Assert.Equal(2, (await typist.Run("agency", "portal-domain", "delete", "erp.acme.com", "--confirm", "erp.acme.org")).ExitCode);
        Assert.Equal(0, (await typist.Run("agency", "portal-domain", "delete", "erp.acme.com", "--confirm", "erp.acme.com")).ExitCode);
        server.Only($"DELETE /api/agency/portal-domains/{Wire.ClientId}");
    }

    [Fact]
    public async Task What_has_no_slug_is_found_by_its_name()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("GET /api/members", Wire.Page($$$"""
            {"id":"{{{Wire.ClientId}}}","userId":"{{{Wire.ClientId}}}","name":"Ada","email":"ada@example.com","role":{"id":"{{{Wire.ClientId}}}","name":"Viewer"},"totpEnabled":true,"joinedAt":"2026-01-02T03:04:05Z"}
            """)).On($"DELETE /api/members/{Wire.ClientId}", 204, "");
        Assert.Equal(0, (await typist.Run("member", "remove", "Ada@example.com")).ExitCode);
        var missing = await typist.Run("member", "remove", "eve@example.com");
        Assert.Equal(4, missing.ExitCode);
        Assert.Contains("ada@example.com", missing.Err);
    }

    /// <summary>Arguments show in process lists and in histories.</summary>
    [Fact]
    public void No_secret_is_an_option()
    {
        string[] secrets = ["--password", "--token", "--key", "--private-key", "--totp", "--registration-code", "--deploy-key", "--secret"];
        var options = HelpTests.Verbs(CommandLine.Root(), []).SelectMany(v => v.Verb.Options.Select(o => o.Name)).Distinct();
        Assert.Empty(options.Intersect(secrets));
    }
}
