using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Tests.Users;

namespace OCore.Tests.Data;

public sealed class TheDatabases(TestApps apps) : IClassFixture<TestApps>
{
    /// <summary>A lost commit would be a lost intent of an operation.</summary>
    [Fact]
    public async Task SQLite_writes_every_commit_to_the_disk()
    {
        var app = await apps.OnAsync(Database.Sqlite);
        await using var db = app.Databases.System();
        await db.Database.OpenConnectionAsync();
        Assert.Equal("wal", await PragmaAsync(db, "journal_mode"));
        Assert.Equal("2", await PragmaAsync(db, "synchronous"));
        Assert.Equal("1", await PragmaAsync(db, "foreign_keys"));
        Assert.Equal("30000", await PragmaAsync(db, "busy_timeout"));
    }

    [Theory, InlineData("Host=db", "100", "True"), InlineData("Host=db;Max Auto Prepare=0", "0", "True"), InlineData("Host=db;maxautoprepare=7;No Reset On Close=false", "7", "False")]
    public void What_a_connection_string_says_is_kept_and_the_rest_is_made_quick(string connection, string prepared, string unreset)
    {
        var used = new Npgsql.NpgsqlConnectionStringBuilder(OCore.Platform.Data.DataSetup.Prepared(connection));
        Assert.Equal((prepared, unreset), ($"{used.MaxAutoPrepare}", $"{used.NoResetOnClose}"));
    }

    [Theory, Sqlite, Postgres]
    public async Task A_new_installation_gets_its_schema_and_one_operator(Database database)
    {
        await using var app = await TestApp.StartOnNothingAsync(database);
        var person = await app.OperatorAsync();
        Assert.Equal(TestApp.OperatorEmail, person.Email);
        await app.RestartAsync();
        await using var db = app.Databases.System();
        Assert.Equal(1, await db.Users.CountAsync());
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
    }

    /// <summary>Set-up is closed for ever: whoever has the settings later gets no account by them, and nobody loses theirs.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Another_administrator_in_the_settings_makes_no_second_one(Database database)
    {
        await using var app = await TestApp.StartOnNothingAsync(database);
        app.Set("ADMIN_EMAIL", "second@test.example");
        app.Set("ADMIN_PASSWORD", "another password for tests");
        await app.RestartAsync();
        await using (var db = app.Databases.System())
        {
            var only = await db.Users.SingleAsync();
            Assert.Equal((TestApp.OperatorEmail, true), (only.Email, only.IsOperator));
        }
        await app.LoginAsync("second@test.example", "another password for tests").ProblemAsync(401, "invalid_credentials");
        await app.LoginAsync(TestApp.OperatorEmail, "another password for tests").ProblemAsync(401, "invalid_credentials");
        await app.LoginAsync(TestApp.OperatorEmail).TokensAsync();
    }

    [Theory, Sqlite, Postgres]
    public async Task Many_writers_at_once_all_get_their_turn(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Busy");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                await using var db = app.Databases.For(new Tenant(agency.Org.Id, agency.Org.Id, false), null);
                await db.InTransactionAsync(async () =>
                {
                    db.Add(new Features.Templates.Template { Name = $"{writer} {i}", OdooVersion = "18.0", OdooEdition = "ce" });
                    return await db.SaveChangesAsync();
                }, CancellationToken.None);
            }
        })));
        await using var all = app.Databases.For(new Tenant(agency.Org.Id, agency.Org.Id, false), null);
        Assert.Equal(80, await all.Templates.CountAsync());
    }

    [Theory, Sqlite, Postgres]
    public async Task A_transaction_that_fails_leaves_nothing(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Careful");
        await using (var db = app.Databases.For(new Tenant(agency.Org.Id, agency.Org.Id, false), null))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => db.InTransactionAsync<int>(async () =>
            {
                db.Add(new Features.Templates.Template { Name = "half", OdooVersion = "18.0", OdooEdition = "ce" });
                await db.SaveChangesAsync();
                throw new InvalidOperationException("the second half");
            }, CancellationToken.None));
        }
        await using var after = app.Databases.For(new Tenant(agency.Org.Id, agency.Org.Id, false), null);
        Assert.Equal(0, await after.Templates.CountAsync());
    }

    private static async Task<string> PragmaAsync(OCoreDb db, string name)
    {
        await using var command = ((SqliteConnection)db.Database.GetDbConnection()).CreateCommand();
        command.CommandText = $"PRAGMA {name}";
        return Convert.ToString(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture)!;
    }
}
