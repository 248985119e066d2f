using OCore.Client;
using OCore.SystemTests.Remote;
using Xunit;

namespace OCore.SystemTests.Instances;

/// <summary>
/// Everything on a server that oCore could have made, as words such as <c>container ocore-edge</c>, read from the machine itself
/// and not through oCore; and what may be there, made from what oCore says it has.
/// </summary>
internal static class ServerScan
{
    private const string Script = """
        docker ps -a --format 'container {{.Names}}'
        docker volume ls --filter name='^ocore-' --format 'volume {{.Name}}'
        docker volume ls --filter dangling=true --format 'volume {{.Name}}'
        docker network ls --format 'network {{.Name}}'
        if docker exec ocore-postgres true 2>/dev/null; then
          docker exec -u postgres ocore-postgres psql -XAtq -c "SELECT 'database ' || datname FROM pg_database" -c "SELECT 'role ' || rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\_%'"
        fi
        if docker exec ocore-edge true 2>/dev/null; then
          docker exec ocore-edge bash -c 'cd /usr/local/etc/haproxy; folder=$(sed -n "s/^ *description //p" haproxy.cfg | head -n 1); [ ! -f "$folder/hosts.map" ] || sed "s/^\([^ ]*\) .*/route \1/" "$folder/hosts.map"'
        fi
        [ ! -d /var/lib/ocore ] || find /var/lib/ocore -mindepth 1 -maxdepth 2 -printf 'path %P\n'
        """;

    private static readonly string[] OfDocker = ["network bridge", "network host", "network none"];

    private static readonly string[] OfEveryServer =
    [
        "container ocore-postgres", "container ocore-edge", "volume ocore-postgres", "network ocore",
        "database postgres", "database template0", "database template1", "role postgres", "role hosting_template",
        "path server", "path instances", "path templates", "path sources", "path fenced",
    ];

    public static async Task<SortedSet<string>> OfAsync(LabServer server) =>
        new((await server.ShellAsync(Script)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), StringComparer.Ordinal);

    public static IEnumerable<string> Of(InstanceView instance) =>
    [
        $"container ocore-i-{instance.Slug}", $"database {instance.Database}", $"role {instance.Database}", $"path instances/{instance.Id:N}", $"route {instance.Domain}",
    ];

    public static IEnumerable<string> OfTemplate(string database) => [$"database {database}", $"role {database}", $"path templates/{database}"];

    /// <summary>What is there and owned by nothing; and what should be there and is not.</summary>
    public static (List<string> Orphans, List<string> Missing) Compare(IReadOnlySet<string> found, IEnumerable<string> owned)
    {
        var all = owned.ToHashSet();
        return ([.. found.Where(f => !all.Contains(f) && !OfEveryServer.Contains(f) && !OfDocker.Contains(f) && !f.StartsWith("path fenced/", StringComparison.Ordinal))],
            [.. all.Concat(OfEveryServer.Take(8)).Where(o => !found.Contains(o))]);
    }

    /// <summary>A server that oCore has left: not even what every server has.</summary>
    public static async Task IsBareAsync(LabServer server) => Assert.Empty((await OfAsync(server)).Except(OfDocker));
}
