using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

/// <summary>
/// Where the files of an instance are, for programs beside its Odoo: in a folder of its server, or on its topology's NFS server. There
/// nobody is root who comes from another server, so what works on the files is Odoo's own user and comes by the mount that Odoo has.
/// </summary>
internal static class FilestorePlace
{
    /// <summary>In a container with <see cref="MountOf"/>; <c>filestore</c> is in it, with a folder of each database.</summary>
    public static readonly RemotePath Folder = RemotePath.Parse("/files");
    private static readonly RemotePath Template = RemotePath.Parse("/template");

    public static bool AreShared(OdooPlan plan) => plan.Cluster?.Nfs is not null;

    /// <summary>Who Odoo is in its image.</summary>
    public static Task<FileOwner> OwnerAsync(ServerFiles files, InstanceOnServer on, CancellationToken stop) => files.OwnerAsync(on.Connection, on.Server.Id, on.Plan.Image, stop);

    /// <summary>Who may work on the files.</summary>
    public static async Task<string> UserAsync(ServerFiles files, InstanceOnServer on, CancellationToken stop) => AreShared(on.Plan) ? (await OwnerAsync(files, on, stop)).ToString() : "root";

    public static ContainerMount MountOf(OdooPlan plan, bool readOnly) =>
        OdooContainer.SharedFiles(plan, Folder.Combine("filestore"), readOnly) ?? ContainerMount.Folder(OdooContainer.FolderOf(plan.InstanceId), Folder, readOnly);

    /// <summary>
    /// A constant script over them; its first argument is the folder that <c>filestore</c> is in. It sees no other instance's: what is in
    /// there is somebody's, and a link that leads out of it leads nowhere.
    /// </summary>
    public static async Task RunAsync(ServerFiles files, InstanceOnServer on, string purpose, string script, CancellationToken stop, params string[] arguments) =>
        await files.RunAsync(on.Connection, purpose, await UserAsync(files, on, stop), [MountOf(on.Plan, readOnly: false)], script, [Folder.Value, .. arguments], stop);

    /// <summary>
    /// The files of a template database for one that was cloned from it: the instance's own copy, never a link. A link is the same file under
    /// two names, and whoever may write to one of them, as a client's terminal may, changes what every other instance and the next clone has.
    /// Where the file system can, <c>cp</c> lets both have the same blocks until one of them is changed.
    /// </summary>
    public static async Task TakeTemplateAsync(ServerFiles files, InstanceOnServer on, string purpose, string template, string database, CancellationToken stop)
    {
        var (own, from) = (OdooContainer.FolderOf(on.Instance.Id), TemplateDatabases.FolderOf(template));
        var owner = await OwnerAsync(files, on, stop);
        await ServerFiles.MakeFoldersAsync(on.Connection, [own, from], stop);
        await files.RunAsync(on.Connection, purpose, "root", [ContainerMount.Folder(own, Folder), ContainerMount.Folder(from, Template, readOnly: true)], TakeScript, [template, database, owner.ToString()], stop);
    }

    // What is there under a name gives way to the copy: an earlier version linked it to the template's, and a copy that was cut off is begun again.
    private const string TakeScript =
        """
        set -eu
        to="/files/filestore/$2"
        mkdir -p "$to"
        if [ -d "/template/filestore/$1" ]; then cp -a --remove-destination -- "/template/filestore/$1/." "$to/"; fi
        chown "$3" /files /files/filestore
        chown -R "$3" "$to"
        """;
}
