{
    "name": "Hosting: one-time links",
    "summary": "Signs a permitted person in by a one-time link from the portal",
    "author": "Hosting",
    "category": "Hidden",
    "version": "1.0",
    "depends": ["base", "web"],
    "license": "AGPL-3",
    "installable": True,
}
