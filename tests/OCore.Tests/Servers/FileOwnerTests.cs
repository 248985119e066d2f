using OCore.Features.Servers;

namespace OCore.Tests.Servers;

/// <summary>Who the files of an Odoo belong to is what its image says, which anybody may have written.</summary>
public sealed class FileOwnerTests
{
    [Fact]
    public void Odoo_is_found_by_its_numbers() =>
        Assert.Equal("100:101", FileOwner.Read("root:x:0:0:root:/root:/bin/bash\nodoo:x:100:101::/var/lib/odoo:/bin/bash\npostgres:x:999:999::/:/bin/sh\n")!.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("root:x:0:0:root:/root:/bin/bash")]
    [InlineData("odoo")]
    [InlineData("odoo:x:0:0::/:/bin/sh")]
    [InlineData("odoo:x:100:0::/:/bin/sh")]
    [InlineData("odoo:x:0:0::/:/bin/sh\nodoo:x:100:101::/:/bin/sh")]
    [InlineData("odoo:x:-1:101::/:/bin/sh")]
    [InlineData("odoo:x: 100:101::/:/bin/sh")]
    [InlineData("odoo:x:4294967296:101::/:/bin/sh")]
    [InlineData("odoo:x:100 /etc:101::/:/bin/sh")]
    public void Who_is_root_or_nobody_is_refused(string passwd) => Assert.Null(FileOwner.Read(passwd));
}
