using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class UserEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Sign-in").Public();
        auth.MapPost("/login", Login).WithName("login");
    }

    /// <summary>Sign in.</summary>
    internal static async Task<Results<Ok<SessionTokens>, Problem>> Login(LoginRequest request, OCoreDb db, IPasswordHasher<User> hasher, TimeProvider time, CancellationToken stop)
    {
        var email = request.Email.ToUpperInvariant();
        var user = await db.Users.SingleOrDefaultAsync(u => u.NormalizedEmail == email, stop);
        if (user is null || hasher.VerifyHashedPassword(user, user.PasswordHash!, request.Password) == PasswordVerificationResult.Failed)
            return new Problem(401, "invalid_credentials", "The e-mail address or the password is wrong.");
        var (access, refresh, now) = (Tokens.New(), Tokens.New(), time.GetUtcNow());
        db.Add(new Session { UserId = user.Id, AccessHash = Tokens.Hash(access), AccessExpiresAt = now.AddHours(1), RefreshHash = Tokens.Hash(refresh), ExpiresAt = now.AddDays(30), CreatedAt = now, LastSeenAt = now });
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(new SessionTokens { AccessToken = access, RefreshToken = refresh, ExpiresAt = now.AddHours(1) });
    }
}
