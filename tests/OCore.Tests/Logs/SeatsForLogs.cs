using OCore.Features.Logs;

namespace OCore.Tests.Logs;

/// <summary>Nobody reads all the logs there may be read at once.</summary>
public sealed class SeatsForLogs
{
    [Fact]
    public void A_person_an_organization_and_a_server_have_as_many_as_they_may()
    {
        var seats = new LogSeats();
        var (organization, server) = (Guid.CreateVersion7(), (Guid.CreateVersion7(), LogSeats.PerOrganization + 1));
        var (first, second) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var taken = Enumerable.Range(0, LogSeats.PerPerson).Select(_ => seats.TryTake(first, organization, server)).ToList();
        Assert.All(taken, seat => Assert.NotNull(seat));
        Assert.Null(seats.TryTake(first, organization));
        for (var i = LogSeats.PerPerson; i < LogSeats.PerOrganization; i++)
            Assert.NotNull(seats.TryTake(second, organization, server));
        Assert.Null(seats.TryTake(Guid.CreateVersion7(), organization));
        // Another organization is not held up by them, but where a server has no more to give.
        Assert.NotNull(seats.TryTake(Guid.CreateVersion7(), Guid.CreateVersion7(), server));
        Assert.Null(seats.TryTake(Guid.CreateVersion7(), Guid.CreateVersion7(), server));
        Assert.NotNull(seats.TryTake(Guid.CreateVersion7(), Guid.CreateVersion7()));
        taken[0]!.Dispose();
        taken[0]!.Dispose();
        Assert.NotNull(seats.TryTake(first, organization, server));
        Assert.Null(seats.TryTake(first, organization, server));
    }
}
