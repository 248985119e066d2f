using OCore.Platform.Http;

namespace OCore.Features.Branding;

internal static class BrandProblems
{
    public static readonly Problem CustomCssOff = Problem.Field("customCss", "Custom CSS is switched off on this installation (OCORE_CUSTOM_CSS).", "custom_css_off");
    public static readonly Problem NoSuchVersion = new(404, "not_found", "There is no such version of the custom CSS.");
    public static readonly Problem NoFile = Problem.Field("file", "Send the file as the part \"file\" of multipart/form-data.");
    public static readonly Problem NoSender = new(409, "no_from_email", "No fromEmail is set.", "Set it first: PUT …/branding {\"fromEmail\": …}.");
    public static readonly Problem TooManyFiles = new(409, "too_many_files", "There are 200 uploaded files already.", "Reset the fields that use them; files that nothing uses are removed after a week.");

    public static Problem Image(string field, string why) => Problem.Field(field, why, "image_refused");
}
