using System.Runtime.Versioning;

// File modes, unix sockets and OpenSSH: the server runs on Linux.
[assembly: SupportedOSPlatform("linux")]
