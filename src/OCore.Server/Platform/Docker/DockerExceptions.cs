using System.Net;
using System.Text.Json;
using Docker.DotNet;
using OCore.Platform.Remote;

namespace OCore.Platform.Docker;

/// <summary>There is no engine to talk to, or it stopped answering.</summary>
internal sealed class DockerUnavailableException(string message, Exception? inner = null) : ServerException(message, inner);

/// <summary>The engine refused.</summary>
internal class DockerCallException(string message, HttpStatusCode status, Exception? inner = null) : ServerException(message, inner)
{
    public HttpStatusCode Status { get; } = status;

    public static DockerCallException From(string what, string where, HttpStatusCode status, string? body, Exception? inner = null)
    {
        var message = $"{what} on {where} was refused: {Redaction.Of(Reason(body))}";
        return status switch
        {
            HttpStatusCode.NotFound => new DockerNotFoundException(message, inner),
            HttpStatusCode.Conflict => new DockerConflictException(message, inner),
            _ => new DockerCallException(message, status, inner),
        };
    }

    public static DockerCallException From(string what, string where, DockerApiException refused) =>
        From(what, where, refused.StatusCode, refused.ResponseBody, refused);

    private static string Reason(string? body)
    {
        try
        {
            using var json = JsonDocument.Parse(body ?? "");
            if (json.RootElement.TryGetProperty("message", out var message)) return message.GetString() ?? "";
        }
        catch (Exception notJson) when (notJson is JsonException or InvalidOperationException)
        {
        }
        var text = (body ?? "").Trim();
        return text.Length == 0 ? "no reason given." : text.Length > 400 ? text[..400] : text;
    }
}

internal sealed class DockerNotFoundException(string message, Exception? inner = null)
    : DockerCallException(message, HttpStatusCode.NotFound, inner);

internal sealed class DockerConflictException(string message, Exception? inner = null)
    : DockerCallException(message, HttpStatusCode.Conflict, inner);

/// <summary>The name belongs to something oCore did not make, which it therefore does not replace.</summary>
internal sealed class DockerNameTakenException(string name, string where)
    : ServerException($"{where} already has a container '{name}' that oCore did not make. Rename or remove it.");

/// <summary>The image is not on the server and could not be brought there.</summary>
internal sealed class ImageNotAccessibleException(ImageRef image, string where, IReadOnlyList<string> tried)
    : ServerException($"The image {image} cannot be had on {where}. Tried: {string.Join("; ", tried)}.")
{
    public ImageRef Image { get; } = image;
    public IReadOnlyList<string> Tried { get; } = tried;
}
