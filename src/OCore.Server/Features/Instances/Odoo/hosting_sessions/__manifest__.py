{
    "name": "Hosting: sessions in Redis",
    "summary": "Keeps HTTP sessions where all nodes of an Odoo find them",
    "version": "1.0",
    "author": "Hosting",
    "license": "LGPL-3",
    "depends": ["base", "web"],
    "external_dependencies": {"python": ["redis"]},
    "installable": True,
}
