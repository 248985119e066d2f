using OCore.Platform.Docker;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>What a server's failure means for a step (try again, or give up) and for a request.</summary>
internal static class ServerRefusals
{
    public static StepRefusedException HostKeyChanged(string message, Exception? inner) => new("host_key_changed", message,
        "Compare the key's fingerprint on the server's console and pin it (POST /api/servers/{id}/host-key). Nothing was sent to the server.", inner);

    /// <summary>Away for now: <see cref="TryLaterException"/>. Anything else does not mend itself: <see cref="StepRefusedException"/>.</summary>
    /// <param name="server">Its name, for whom an address says nothing.</param>
    public static Exception Of(ServerException failed, string? server = null)
    {
        var message = server is null ? failed.Message : $"{server}: {failed.Message}";
        return failed switch
        {
            HostKeyChangedException => HostKeyChanged(message, failed),
            ServerUnreachableException or DockerUnavailableException or RemoteTimeoutException =>
                new TryLaterException(message, "Check that the server is on and that its network lets oCore through.", failed),
            ServerAuthenticationException => new StepRefusedException("server_refuses_key", message,
                "Put oCore's public key for this server (it is on the server's page) into the user's authorized_keys, and validate the server again.", failed),
            ImageNotAccessibleException => new StepRefusedException("image_not_accessible", message,
                "Let the server reach its registry, or load the image into the Docker engine beside oCore.", failed),
            DockerNameTakenException => new StepRefusedException("name_taken", message, null, failed),
            _ => new StepRefusedException("server_failed", message, null, failed),
        };
    }

    /// <summary>Runs work on a server for a step, its failures told as what they are for the operation.</summary>
    public static async Task<T> OnServerAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (ServerException failed)
        {
            throw Of(failed);
        }
    }

    public static Task OnServerAsync(Func<Task> work) => OnServerAsync(async () =>
    {
        await work();
        return true;
    });

    /// <summary>The same for a request that asks a server right away; null for anything that is not the server's doing.</summary>
    public static Problem? AsProblem(Exception failed) => failed switch
    {
        ServerException server => AsProblem(Of(server)),
        StepRefusedException refused => new Problem(409, refused.Code, refused.Message, refused.Hint),
        TryLaterException later => new Problem(503, "server_unreachable", later.Message, later.Hint),
        _ => null,
    };
}
