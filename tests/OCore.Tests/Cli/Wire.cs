namespace OCore.Tests.Cli;

/// <summary>Answers of the API, as it writes them.</summary>
internal static class Wire
{
    public const string OperationId = "0198a000-0000-7000-8000-000000000001";
    public const string ClientId = "0198a000-0000-7000-8000-00000000000a";

    public const string Client = $$"""
        {"id":"{{ClientId}}","name":"Acme Corp","slug":"acme-corp","memberCount":2,"instanceCount":3,"instancesRunning":1,"health":"degraded",
         "odooVersions":["18.0"],"suspended":false,"createdAt":"2026-01-02T03:04:05Z"}
        """;

    public const string Me = """
        {"id":"0198a000-0000-7000-8000-0000000000aa","email":"ada@example.com","name":"Ada","isOperator":false,"totpEnabled":false,"recoveryCodesLeft":0,
         "mustChangePassword":false,"organizations":[],"current":{"id":"0198a000-0000-7000-8000-0000000000bb","slug":"north","name":"North",
         "kind":"organization","agencyEnabled":true,"agencyAvailable":true,"delegated":false,"permissions":["manage:agency"]}}
        """;

    public static string Tokens(string access, string refresh, string expires = "2099-01-01T00:00:00Z") =>
        $$"""{"accessToken":"{{access}}","refreshToken":"{{refresh}}","expiresAt":"{{expires}}"}""";

    public static string Page(params string[] rows) => $$"""{"data":[{{string.Join(',', rows)}}],"nextCursor":null,"hasMore":false}""";

    public static string Operation(string state, string error = "null") => $$"""
        {"id":"{{OperationId}}","kind":"instance.provision","title":"Provision Acme ERP","state":"{{state}}",
         "organization":{"id":"{{ClientId}}","name":"Acme Corp","slug":"acme-corp"},"createdBy":"ada@example.com","createdAt":"2026-01-02T03:04:05Z",
         "startedAt":"2026-01-02T03:04:05Z","finishedAt":"2026-01-02T03:04:17Z","cancelRequested":false,"cancellable":false,"error":{{error}},
         "steps":[{"seq":1,"name":"create database","state":"done","attempt":1},{"seq":2,"name":"start container","state":"started","attempt":1}]}
        """;

    public static string Event(int id, int? seq, string message) =>
        $"id: {id}\nevent: step\ndata: {{\"id\":{id},\"at\":\"2026-01-02T03:04:0{id}Z\",\"seq\":{seq?.ToString() ?? "null"},\"kind\":\"step\",\"message\":\"{message}\"}}\n\n";
}
