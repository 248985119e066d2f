using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace OCore.Tests.Data;

/// <summary>How often each request asked the database, told apart by the trace that the request names.</summary>
internal sealed class CommandsByTrace : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly ConcurrentDictionary<ActivityTraceId, int> _counts = new();
    private readonly ConcurrentBag<IDisposable> _subscriptions = [];

    public CommandsByTrace() => _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

    public int Of(ActivityTraceId trace) => _counts.GetValueOrDefault(trace);

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == DbLoggerCategory.Name)
            _subscriptions.Add(value.Subscribe(this));
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key == RelationalEventId.CommandExecuted.Name && Activity.Current is { } activity)
            _counts.AddOrUpdate(activity.TraceId, 1, (_, count) => count + 1);
    }

    public void OnCompleted()
    {
        // Nothing is kept open.
    }

    public void OnError(Exception error)
    {
        // There is none to tell.
    }

    public void Dispose()
    {
        foreach (var subscription in _subscriptions)
            subscription.Dispose();
    }
}
