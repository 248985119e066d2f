namespace OCore.Platform.Mail;

internal static class MailSetup
{
    public static void AddMail(this IServiceCollection services)
    {
        services.AddSingleton<Outbox>();
        services.AddSingleton<Mailer>();
    }
}
