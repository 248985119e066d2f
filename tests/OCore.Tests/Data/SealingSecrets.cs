using System.Security.Cryptography;
using System.Text;
using OCore.Platform.Security;

namespace OCore.Tests.Data;

public sealed class SealingSecrets
{
    private static readonly Guid Owner = Guid.CreateVersion7();
    private readonly SecretBox _box = new(RandomNumberGenerator.GetBytes(32));

    [Theory, InlineData(""), InlineData("x"), InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nétoile ☃\n")]
    public void What_is_sealed_opens_again(string secret) => Assert.Equal(secret, _box.Unseal(_box.Seal(secret, "server.key", Owner), "server.key", Owner));

    [Fact]
    public void The_same_secret_looks_different_each_time()
    {
        var first = _box.Seal("canary", "server.key", Owner);
        Assert.NotEqual(first, _box.Seal("canary", "server.key", Owner));
        Assert.DoesNotContain("canary", Encoding.UTF8.GetString(Convert.FromBase64String(first.Split('.')[2])), StringComparison.Ordinal);
    }

    [Fact]
    public void It_opens_for_its_own_purpose_and_owner_only()
    {
        var box = _box.Seal("canary", "server.key", Owner);
        Assert.Throws<AuthenticationTagMismatchException>(() => _box.Unseal(box, "server.sudo", Owner));
        Assert.Throws<AuthenticationTagMismatchException>(() => _box.Unseal(box, "server.key", Guid.CreateVersion7()));
        // Kind and owner cannot be shifted into each other.
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal(box, "server.ke", Owner));
    }

    [Fact]
    public void A_change_of_any_byte_is_noticed()
    {
        var parts = _box.Seal("canary", "server.key", Owner).Split('.');
        var bytes = Convert.FromBase64String(parts[2]);
        for (var i = 0; i < bytes.Length; i++)
        {
            var altered = bytes.ToArray();
            altered[i] ^= 1;
            Assert.Throws<AuthenticationTagMismatchException>(() => _box.Unseal($"v1.{parts[1]}.{Convert.ToBase64String(altered)}", "server.key", Owner));
        }
    }

    [Theory, InlineData(""), InlineData("secret"), InlineData("v2.00000000.AAAA"), InlineData("v1.zz"), InlineData("v1.KEY."), InlineData("v1.KEY.AAAA"), InlineData("v1.KEY.not base64")]
    public void What_was_never_sealed_does_not_open(string text)
    {
        var key = _box.Seal("x", "k", Owner).Split('.')[1];
        Assert.ThrowsAny<CryptographicException>(() => _box.Unseal(text.Replace("KEY", key, StringComparison.Ordinal), "k", Owner));
    }

    [Fact]
    public void Another_master_key_is_named()
    {
        var box = _box.Seal("canary", "server.key", Owner);
        var refusal = Assert.Throws<CryptographicException>(() => new SecretBox(RandomNumberGenerator.GetBytes(32)).Unseal(box, "server.key", Owner));
        Assert.Contains(box.Split('.')[1], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_installation_makes_a_key_that_only_its_owner_reads()
    {
        var path = Path.Combine(TestDatabases.NewDirectory("key"), "deep", "master.key");
        var sealed_ = SecretBox.Open(path).Seal("canary", "k", Owner);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal("canary", SecretBox.Open(path).Unseal(sealed_, "k", Owner));
    }

    [Theory, InlineData(""), InlineData("not base64"), InlineData("c2hvcnQ=")]
    public void A_damaged_key_is_refused_and_kept(string content)
    {
        var path = Path.Combine(TestDatabases.NewDirectory("key"), "master.key");
        File.WriteAllText(path, content);
        Assert.Throws<InvalidDataException>(() => SecretBox.Open(path));
        Assert.Equal(content, File.ReadAllText(path));
    }
}
