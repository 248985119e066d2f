using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;

namespace OCore.Platform.Observability;

/// <summary>
/// What the runtime and ASP.NET Core measure of themselves, by OpenTelemetry's names, summed up for whoever reads it. Each instrument
/// keeps a bounded number of series.
/// </summary>
internal sealed partial class Measurements : IDisposable
{
    private const int MostSeries = 1000;
    private static readonly string[] Meters = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];
    // OpenTelemetry's advice for durations of requests, in seconds.
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, Series>> _instruments = new();
    private readonly MeterListener _listener = new();

    public Measurements()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Contains(instrument.Meter.Name))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public void WriteTo(PrometheusText text)
    {
        _listener.RecordObservableInstruments();
        foreach (var (instrument, all) in _instruments.OrderBy(i => i.Key.Name, StringComparer.Ordinal))
        {
            var (name, kind) = (NameOf(instrument), KindOf(instrument));
            text.Family(name, kind, instrument.Description ?? instrument.Name);
            foreach (var series in all.Values)
                series.WriteTo(text, name, kind == "histogram");
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<(string, string)>(tags.Length);
        foreach (var (name, content) in tags)
            labels.Add((Plain(name), Convert.ToString(content, System.Globalization.CultureInfo.InvariantCulture) ?? ""));
        var all = _instruments.GetOrAdd(instrument, _ => new ConcurrentDictionary<string, Series>());
        var key = string.Join('\u0001', labels);
        if (!all.TryGetValue(key, out var series))
        {
            if (all.Count >= MostSeries)
                return;
            series = all.GetOrAdd(key, _ => new Series(labels));
        }
        // Those that are asked say how much there is; the others, by how much it changed.
        series.Add(value, replaces: instrument.IsObservable);
    }

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Histogram" => "histogram",
        "Counter" or "ObservableCounter" => "counter",
        _ => "gauge",
    };

    private static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "ms" => "_milliseconds", "By" => "_bytes", _ => "" };
        var name = Plain(instrument.Name);
        return (name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit) + (KindOf(instrument) == "counter" ? "_total" : "");
    }

    private static string Plain(string name) => NoName().Replace(name, "_");

    [GeneratedRegex("[^a-zA-Z0-9_]")]
    private static partial Regex NoName();

    private sealed class Series(IReadOnlyList<(string, string)> labels)
    {
        private readonly Lock _lock = new();
        private readonly long[] _buckets = new long[Bounds.Length];
        private double _sum;
        private long _count;

        public void Add(double value, bool replaces)
        {
            lock (_lock)
            {
                _sum = replaces ? value : _sum + value;
                _count++;
                for (var i = 0; i < Bounds.Length; i++)
                    if (value <= Bounds[i])
                        _buckets[i]++;
            }
        }

        public void WriteTo(PrometheusText text, string name, bool histogram)
        {
            lock (_lock)
            {
                if (!histogram)
                {
                    text.Sample(name, _sum, labels);
                    return;
                }
                for (var i = 0; i < Bounds.Length; i++)
                    text.Sample(name + "_bucket", _buckets[i], [.. labels, ("le", PrometheusText.Number(Bounds[i]))]);
                text.Sample(name + "_bucket", _count, [.. labels, ("le", "+Inf")]).Sample(name + "_sum", _sum, labels).Sample(name + "_count", _count, labels);
            }
        }
    }
}
