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

    public static bool AreShared(OdooPlan plan) => plan.Cluster?.Nfs is not null;

    public static string UserOf(OdooPlan plan) => AreShared(plan) ? "odoo" : "root";

    public static ContainerMount MountOf(OdooPlan plan, bool readOnly) =>
        OdooContainer.SharedFiles(plan, Folder.Combine("filestore"), readOnly) ?? ContainerMount.Folder(OdooContainer.FolderOf(plan.InstanceId), Folder, readOnly);

    /// <summary>
    /// A constant script over them; its first argument is the folder that <c>filestore</c> is in. It sees no other instance's: what is in
    /// there is somebody's, and a link that leads out of it leads nowhere.
    /// </summary>
    public static Task RunAsync(InstanceOnServer on, string purpose, string script, CancellationToken stop, params string[] arguments) =>
        InstanceHost.OnFilesAsync(on.Connection, on.Plan.Image, purpose, UserOf(on.Plan), MountOf(on.Plan, readOnly: false), script, [Folder.Value, .. arguments], stop);
}
