using Microsoft.AspNetCore.Identity;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class UsersSetup
{
    public static void AddUsers(this IServiceCollection services)
    {
        // Identity keeps the accounts and verifies passkeys. Sign-in, codes and the rules of passwords are oCore's own.
        services.AddIdentityCore<User>(o => o.User.RequireUniqueEmail = true).AddEntityFrameworkStores<OCoreDb>();
        // OWASP's figure for PBKDF2-HMAC-SHA512, which is what Identity's version 3 hashes are.
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = 220_000);
        services.AddOptions<IdentityPasskeyOptions>().Configure<Settings>(PasskeyChallenges.Configure);
        services.AddScoped<IPasskeyHandler<User>, PasskeyHandler<User>>();
        services.AddSingleton<PasskeyChallenges>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<SecondFactor>();
        services.AddSingleton<SessionStarter>();
        services.AddSingleton<LocalRates>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<SignInLimits>();
        services.AddSingleton<FailedSignIns>();
        services.AddSingleton<PasswordResets>();
        services.AddSingleton<UserMails>();
        services.AddSingleton<ExpiredSignIns>();
    }
}
