namespace OCore.Platform.Mail;

/// <summary>The one place that knows the product's own name, as people see it in mails and authenticators.</summary>
internal static class Brand
{
    public const string Product = "oCore";
}
