using Microsoft.AspNetCore.Identity;
using OCore.Platform.Data;

namespace OCore.Features.Users;

internal static class UsersSetup
{
    public static void AddUsers(this IServiceCollection services)
    {
        services.AddIdentityCore<User>(o =>
        {
            o.User.RequireUniqueEmail = true;
            o.Password.RequiredLength = 8;
            o.Password.RequireDigit = o.Password.RequireLowercase = o.Password.RequireUppercase = o.Password.RequireNonAlphanumeric = false;
        }).AddEntityFrameworkStores<OCoreDb>();
        // OWASP's figure for PBKDF2-HMAC-SHA512, which is what Identity's version 3 hashes are.
        services.Configure<PasswordHasherOptions>(o => o.IterationCount = 220_000);
    }
}
