using Microsoft.Extensions.Primitives;

namespace OCore.Platform.Http;

/// <summary>The dashboard's files, as its build made them: hashed names that never change, compressed beforehand.</summary>
internal static class DashboardFiles
{
    private static readonly (string Encoding, string Suffix)[] Encodings = [("br", ".br"), ("gzip", ".gz")];

    public static void UseDashboardFiles(this WebApplication app)
    {
        app.Use((http, next) =>
        {
            ChooseCompressed(http, app.Environment.WebRootFileProvider);
            return next(http);
        });
        app.UseStaticFiles(new StaticFileOptions
        {
            ServeUnknownFileTypes = false,
            OnPrepareResponse = file =>
            {
                var compressed = file.Context.Items[typeof(DashboardFiles)] as string;
                if (compressed is not null)
                {
                    file.Context.Response.Headers.ContentEncoding = compressed;
                    file.Context.Response.ContentType = TypeOf(Path.GetExtension(Path.GetFileNameWithoutExtension(file.File.Name)));
                }
                file.Context.Response.Headers.Vary = "Accept-Encoding";
                file.Context.Response.Headers.CacheControl = file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache";
            },
            ContentTypeProvider = new Microsoft.AspNetCore.StaticFiles.FileExtensionContentTypeProvider { Mappings = { [".br"] = "application/octet-stream", [".gz"] = "application/octet-stream" } },
        });
    }

    private static void ChooseCompressed(HttpContext http, Microsoft.Extensions.FileProviders.IFileProvider files)
    {
        var path = http.Request.Path.Value;
        if (path is null || !path.StartsWith("/assets/", StringComparison.Ordinal) || !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
            return;
        StringValues accepted = http.Request.Headers.AcceptEncoding;
        foreach (var (encoding, suffix) in Encodings)
            if (accepted.ToString().Contains(encoding, StringComparison.OrdinalIgnoreCase) && files.GetFileInfo(path + suffix).Exists)
            {
                http.Items[typeof(DashboardFiles)] = encoding;
                http.Request.Path = path + suffix;
                return;
            }
    }

    private static string TypeOf(string extension) => extension switch
    {
        ".js" => "text/javascript", ".css" => "text/css", ".svg" => "image/svg+xml", ".json" => "application/json", _ => "application/octet-stream",
    };
}
