using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;

namespace OCore.Features.Branding;

/// <summary>Removes images and fonts that no brand uses any more, a week after they were made: pages that still show them are long gone by then.</summary>
internal sealed class UnusedAssets(OCoreDbFactory databases, TimeProvider time, ILogger<UnusedAssets> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromHours(1), Keep = TimeSpan.FromDays(7);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Removing unused images and fonts failed");
            }
        }
    }

    internal async Task<int> SweepAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var before = time.GetUtcNow() - Keep;
        var old = await db.BrandAssets.AcrossTenants().AsNoTracking().Where(a => a.CreatedAt < before).Select(a => new { a.Id, a.Hash, a.Extension, a.RootId, a.FontFamily }).ToListAsync(stop);
        if (old.Count == 0)
            return 0;
        var brands = await db.Brandings.AcrossTenants().AsNoTracking().Select(b => new { b.RootId, b.Images, b.FontFamily }).ToListAsync(stop);
        var logos = await db.Organizations.AcrossTenants().Where(o => o.LogoImage != null).Select(o => o.LogoImage!).ToListAsync(stop);
        var used = brands.SelectMany(b => b.Images.Values).Select(i => i.Url).Concat(logos).ToHashSet(StringComparer.Ordinal);
        var fonts = brands.Where(b => b.FontFamily is not null).Select(b => (b.RootId, b.FontFamily!)).ToHashSet();
        var unused = old.Where(a => a.FontFamily is { } family ? !fonts.Contains((a.RootId, family)) : !used.Contains(BrandAsset.Prefix + a.Hash + a.Extension)).Select(a => a.Id).ToList();
        return await db.BrandAssets.AcrossTenants().Where(a => unused.Contains(a.Id)).ExecuteDeleteAsync(stop);
    }
}
