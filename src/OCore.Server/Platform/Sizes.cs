namespace OCore.Platform;

internal static class Sizes
{
    private const double KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;

    /// <summary>Bytes for people, in powers of 1024 and called so: 1.5 GiB.</summary>
    public static string Of(double bytes) => bytes switch
    {
        >= GiB => $"{bytes / GiB:0.#} GiB",
        >= MiB => $"{bytes / MiB:0.#} MiB",
        _ => $"{bytes / KiB:0.#} KiB",
    };
}
