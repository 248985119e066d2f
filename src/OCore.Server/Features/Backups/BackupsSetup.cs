namespace OCore.Features.Backups;

internal static class BackupsSetup
{
    public static IServiceCollection AddBackups(this IServiceCollection services)
    {
        services.AddSingleton<BackupStores>();
        services.AddSingleton<BackupWorkers>();
        services.AddSingleton<BackupWriter>();
        services.AddSingleton<BackupReader>();
        services.AddSingleton<BackupRestorer>();
        services.AddSingleton<BackupPreflight>();
        services.AddSingleton<BackupRecovery>();
        services.AddSingleton<OdooArchives>();
        services.AddSingleton<UploadRoom>();
        services.AddSingleton<BackupSchedules>();
        services.AddSingleton<DrawnBackups>();
        services.AddSingleton<Databases.DatabaseCopier>();
        return services;
    }
}
