{
    "name": "oCore connect",
    "summary": "Signs a permitted person in by a one-time link that oCore made",
    "category": "Hidden",
    "version": "1.0",
    "depends": ["base", "web"],
    "license": "AGPL-3",
    "installable": True,
}
