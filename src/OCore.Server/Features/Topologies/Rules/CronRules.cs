namespace OCore.Features.Topologies.Rules;

/// <summary>TP-C: scheduled actions and queued jobs.</summary>
internal static class CronRules
{
    public static void Check(TopologySnapshot topology, Report report)
    {
        var odoo = topology.Odoo;
        if (odoo.Count == 0)
            return;
        var running = odoo.Where(o => o.CronThreads > 0).ToList();
        var keeper = odoo.FirstOrDefault(o => !o.IsWeb) ?? odoo[0];
        if (running.Count == 0)
            report.Error("TP-C01", odoo, "No Odoo runs scheduled actions: mail, invoices by subscription and clean-up would stop.", Fix.Of($"Run them on {keeper.Label}.", Fix.Set(keeper, "cronThreads", 2)));
        if (running.Count > 1)
            report.Warn("TP-C02", running, $"{running.Count} Odoo nodes run scheduled actions: none runs twice, but all of them bear the load.", Fix.Of($"Run them on {keeper.Label} only.",
                odoo.Where(o => o.CronThreads > 0 != (o == keeper)).Select(o => Fix.Set(o, "cronThreads", o == keeper ? 2 : 0))));
        if (odoo.Where(o => o.Text("queueJob") == "single").ToList() is { Count: > 1 } jobs)
            report.Error("TP-C02", jobs, "This version of queue_job takes each job once for every node that loads it: jobs would run twice.", Fix.Of($"Load it on {jobs[0].Label} only.", jobs.Skip(1).Select(o => Fix.Set(o, "queueJob", "none"))));
        if (odoo.Count >= 3 && odoo.All(o => o.IsWeb))
            report.Info("TP-C03", odoo, "With three Odoo nodes, one that runs scheduled actions only keeps them from slowing people down.", Fix.Words("Add an Odoo whose role is cron."));
    }
}
