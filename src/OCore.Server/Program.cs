using OCore;

try
{
    var app = OCoreApp.Build(args);
    OCoreApp.Map(app);
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
