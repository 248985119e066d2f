using OCore.Cli;

var io = Io.OfProcess();
var exitCode = await CommandLine.Run(args, io);
io.Out.Flush();
return exitCode;
