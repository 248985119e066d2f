using System.Globalization;
using OCore.Features.Servers;

namespace OCore.Features.Instances;

/// <summary>
/// How many connections the role of an instance may have. All instances of a server share one PostgreSQL and its connections: without a limit
/// the code of one could take them all.
/// </summary>
internal static class RoleConnections
{
    /// <summary>A topology has a PostgreSQL of its own.</summary>
    public const string Unlimited = "-1";

    /// <summary>For backups, terminals, Odoo's shell and oCore's own questions, beside Odoo.</summary>
    private const int Tools = 24;
    /// <summary>A process that serves one request at a time has its own connection, one to ask whether something changed, and one that listens.</summary>
    private const int EachProcess = 3;
    /// <summary>However many its settings would let it open.</summary>
    private const int AtMost = PostgresContainer.MaxConnections / 2;

    /// <summary>As psql takes it: what its processes may open by its settings, bounded by a share of the server that is enough for them.</summary>
    public static string Of(OdooPlan plan)
    {
        if (plan.Cluster is not null)
            return Unlimited;
        var (crons, each) = (Number(plan, OdooConf.CronThreads), Number(plan, OdooConf.Connections));
        // With workers each is a process, as is each that runs jobs and the one that holds live connections; without, all are threads of one.
        var processes = plan.Workers > 0 ? plan.Workers + crons + 1 : 1;
        return (Math.Max(Math.Min(processes * each, AtMost), processes * EachProcess) + Tools).ToString(CultureInfo.InvariantCulture);
    }

    private static int Number(OdooPlan plan, (string Key, string Usual) setting) =>
        int.TryParse(plan.Settings.GetValueOrDefault(setting.Key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.Parse(setting.Usual, CultureInfo.InvariantCulture);
}
