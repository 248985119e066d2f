using OCore;

var app = OCoreApp.Build(args);
OCoreApp.Map(app);
app.Run();

/// <summary>Named so that tests can start the program.</summary>
internal partial class Program;
