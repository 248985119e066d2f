using OCore;

try
{
    var app = OCoreApp.Build(args);
    OCoreApp.Map(app);
    // A start leaves more garbage than the program holds in a day. It is given back once it is over.
    using var tidy = new Timer(_ => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true), null, TimeSpan.FromSeconds(15), Timeout.InfiniteTimeSpan);
    app.Run();
    return 0;
}
catch (WrongConfigurationException)
{
    // The sentences are out; where in the program they came from helps nobody.
    return 1;
}

/// <summary>Named so that tests can start the program.</summary>
internal partial class Program;
