using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Agency;

/// <summary>What is left of a deleted client for as long as its last backup is kept.</summary>
internal sealed class ClientDeletion : IOrgOwned
{
    public Guid Id { get; init; } = RowId.New();
    /// <summary>The agency.</summary>
    public Guid OrgId { get; set; }
    public Guid ServerId { get; init; }
    public required string ClientName { get; init; }
    /// <summary>A path under oCore's own directory on the server.</summary>
    public required string Path { get; init; }
    public DateTimeOffset KeepUntil { get; init; }
}

internal sealed class ClientDeletionMapping : IEntityTypeConfiguration<ClientDeletion>
{
    public void Configure(EntityTypeBuilder<ClientDeletion> entity) => entity.ToTable("ClientDeletions");
}
