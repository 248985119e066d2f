{
    "name": "Hosting: files in a bucket",
    "summary": "Keeps attachments in S3 before their transaction is committed; the local filestore is a cache",
    "version": "1.0",
    "author": "Hosting",
    "license": "LGPL-3",
    "depends": ["base", "web"],
    "installable": True,
}
