using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Addresses that are told what happens.</summary>
internal static class WebhookCommands
{
    public static Command Noun() => new("webhook", "Addresses that are told what happens, signed")
    {
        List(), Show(), Create(), Update(), Test(), Deliveries(), Replay(), Delete(),
    };

    private static Argument<string> Webhook() => Opt.Arg("WEBHOOK", "Id or name");

    private static Option<string[]?> Events(string where) => Opt.List("--events", "LIST", $"Events, such as operation.succeeded, or all of a noun: instance.; {where}");

    private static Verb List()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name holds it");
        return Lists.Verb("list", "List the webhooks and how their last delivery went", "GET /webhooks", Views.Webhook, call => Query.Add("/api/webhooks", ("q", call.Get(search))), [search]);
    }

    private static Verb Show()
    {
        var webhook = Webhook();
        return new Verb("show", "Show a webhook") { webhook }
            .Calls("GET /webhooks/{id}")
            .Runs(async call => await call.Show($"/webhooks/{await Lookup.Webhook(call, call.Get(webhook))}", Views.Webhook));
    }

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "Name of the webhook");
        var url = Opt.Need("--url", "URL", "Address on the public internet that takes the events");
        var events = Events("all where not given");
        return new Verb("create", "Have events sent to an address; the secret that signs them is shown once") { name, url, events }
            .Calls("POST /webhooks")
            .Example("ocore webhook create --name chat --url https://hooks.example.com/ocore --events operation.stuck,instance.,server.")
            .Runs(async call =>
            {
                var request = new CreateWebhook { Name = call.Need(name), Url = call.Need(url), Events = call.List(events) };
                var (created, json) = await call.Fetch<CreatedWebhook>(HttpMethod.Post, "/api/webhooks", OCoreHttp.Body(request));
                call.Out.Item(json, created, Views.CreatedWebhook);
                call.Out.Note("Keep the secret now: it cannot be shown again.");
                return ExitCode.Ok;
            });
    }

    private static Verb Update()
    {
        var webhook = Webhook();
        var name = Opt.Text("--name", "NAME", "Name of the webhook");
        var url = Opt.Text("--url", "URL", "Address on the public internet that takes the events");
        var events = Events("all of those it wants");
        var active = Opt.Switch("--active", "Whether events are sent");
        var clear = new ClearOption(("events", "events"));
        return new Verb("update", "Change a webhook, or switch it off and on") { webhook, name, url, events, active, clear.Option }
            .Calls("PUT /webhooks/{id}")
            .Example("ocore webhook update chat --active false")
            .Runs(async call => await call.Send(HttpMethod.Put, $"/webhooks/{await Lookup.Webhook(call, call.Get(webhook))}",
                new UpdateWebhook { Clearing = clear.Fields(call), Name = call.Get(name), Url = call.Get(url), Events = call.List(events), IsActive = call.Get(active) }, Views.Webhook));
    }

    private static Verb Test()
    {
        var webhook = Webhook();
        return new Verb("test", "Send an event webhook.test") { webhook }
            .Calls("POST /webhooks/{id}/test")
            .Runs(async call => await call.Post($"/webhooks/{await Lookup.Webhook(call, call.Get(webhook))}/test", Views.WebhookDelivery));
    }

    private static Verb Deliveries()
    {
        var webhook = Webhook();
        var search = Opt.Text("--search", "TEXT", "Only events whose name holds it");
        return Lists.Verb("deliveries", "List what was sent, newest first, and how it went", "GET /webhooks/{id}/deliveries", Views.WebhookDelivery,
            async call => Query.Add(((Route)$"/webhooks/{await Lookup.Webhook(call, call.Get(webhook))}/deliveries").ToString(), ("q", call.Get(search))), [webhook, search]);
    }

    private static Verb Replay()
    {
        var webhook = Webhook();
        var delivery = Opt.Arg("DELIVERY", "Id of a delivery");
        return new Verb("replay", "Send a delivery again, word for word") { webhook, delivery }
            .Calls("POST /webhooks/{id}/deliveries/{delivery}/replay")
            .Runs(async call => await call.Post($"/webhooks/{await Lookup.Webhook(call, call.Get(webhook))}/deliveries/{call.Get(delivery)}/replay", Views.WebhookDelivery));
    }

    private static Verb Delete()
    {
        var webhook = Webhook();
        return new Verb("delete", "Delete a webhook with its deliveries") { webhook }
            .Calls("DELETE /webhooks/{id}")
            .Runs(async call => await call.Do(HttpMethod.Delete, $"/webhooks/{await Lookup.Webhook(call, call.Get(webhook))}", $"The webhook {call.Get(webhook)} was deleted."));
    }
}
