{
    "name": "Hosting: the PostgreSQL that leads",
    "summary": "Asks the PostgreSQL first that led last, of several",
    "version": "1.0",
    "author": "Hosting",
    "license": "LGPL-3",
    "depends": ["base", "web"],
    "installable": True,
}
