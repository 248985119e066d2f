using System.Diagnostics.CodeAnalysis;

// The validation attributes on the records may look for a Count property by reflection. They run on the server, which is not
// trimmed; the command line, which is, never runs them.
[module: UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Validation runs on the server only.", Scope = "module")]
