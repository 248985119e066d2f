# Loaded server-wide. A file is in the bucket before the transaction that names it can be committed, so a node may be lost at any
# time; the local filestore is a cache of it. Files are named by their content: none is ever changed, and writing one twice is
# writing it once. What is deleted in Odoo leaves the cache and stays in the bucket.
import datetime
import hashlib
import hmac
import http.client
import json
import logging
import os
import re
import ssl
import tempfile
import threading
from urllib.parse import quote, urlsplit

from odoo import http as odoo_http
from odoo.addons.base.models.ir_attachment import IrAttachment
from odoo.tools import config

_logger = logging.getLogger(__name__)

SETTINGS_FILE = "/opt/hosting/files.json"
FILE_NAME = re.compile(r"^[0-9a-f]{2}/[0-9a-f]{40,64}$")


class Bucket:
    """As much of S3 as it takes to put and get whole objects, signed by version 4 of its signatures."""

    def __init__(self, settings):
        url = urlsplit(settings["endpoint"])
        self.secure, self.host = url.scheme == "https", url.netloc
        self.root = url.path.rstrip("/") + "/" + quote(settings["bucket"], safe="") + "/"
        self.prefix = settings["prefix"].strip("/")
        self.region, self.access, self.secret = settings["region"], settings["accessKey"], settings["secretKey"]
        self.local = threading.local()

    def _open(self):
        if self.secure:
            return http.client.HTTPSConnection(self.host, timeout=30, context=ssl.create_default_context())
        return http.client.HTTPConnection(self.host, timeout=30)

    def _headers(self, method, path, digest):
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        signed = "host;x-amz-content-sha256;x-amz-date"
        canonical = f"{method}\n{path}\n\nhost:{self.host}\nx-amz-content-sha256:{digest}\nx-amz-date:{stamp}\n\n{signed}\n{digest}"
        scope = f"{day}/{self.region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = ("AWS4" + self.secret).encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return {
            "Host": self.host, "x-amz-date": stamp, "x-amz-content-sha256": digest,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.access}/{scope}, SignedHeaders={signed}, Signature={signature}",
        }

    def call(self, method, name, body=b""):
        """The answer's status and content. A connection that was kept and has ended since is opened again, once."""
        path = self.root + quote(f"{self.prefix}/{name}" if self.prefix else name, safe="/-_.~")
        digest = hashlib.sha256(body).hexdigest()
        for attempt in (1, 2, 3):
            connection = getattr(self.local, "connection", None) or self._open()
            try:
                connection.request(method, path, body=body or None, headers=self._headers(method, path, digest))
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.local.connection = None
                if attempt == 3:
                    raise
                continue
            self.local.connection = connection
            if answer.status >= 500 and attempt < 3:
                continue
            return answer.status, content

    def put(self, name, content):
        status, answer = self.call("PUT", name, content)
        if status not in (200, 201, 204):
            # The transaction ends with this: an attachment that nothing keeps must not be committed.
            raise OSError(f"The bucket did not take {name}: {status} {answer[:200]!r}")

    def get(self, name):
        status, content = self.call("GET", name)
        if status == 404:
            return None
        if status != 200:
            raise OSError(f"The bucket did not give {name}: {status} {content[:200]!r}")
        return content


def _object(database, name):
    return f"{database}/{name}"


def _fetch(database, name):
    """The file in the cache, from the bucket where it is not there."""
    path = os.path.join(config.filestore(database), name)
    if os.path.exists(path) or not FILE_NAME.match(name):
        return
    content = _bucket.get(_object(database, name))
    if content is None:
        return
    if hashlib.sha1(content).hexdigest() != name.split("/")[1]:
        raise OSError(f"{name} in the bucket is not what its name says")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # Whole or not at all: another worker may be reading.
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def _patch():
    write, read = IrAttachment._file_write, IrAttachment._file_read

    def _file_write(self, bin_value, checksum):
        name = write(self, bin_value, checksum)
        _bucket.put(_object(self.env.cr.dbname, name), bytes(bin_value))
        return name

    def _file_read(self, fname, *args, **kwargs):
        _fetch(self.env.cr.dbname, fname)
        return read(self, fname, *args, **kwargs)

    IrAttachment._file_write, IrAttachment._file_read = _file_write, _file_read
    if hasattr(IrAttachment, "_to_http_stream"):
        stream = IrAttachment._to_http_stream

        def _to_http_stream(self):
            for attachment in self.sudo():
                if attachment.store_fname:
                    _fetch(self.env.cr.dbname, attachment.store_fname)
            return stream(self)

        IrAttachment._to_http_stream = _to_http_stream
    if hasattr(odoo_http.Stream, "from_attachment"):
        from_attachment = odoo_http.Stream.from_attachment.__func__

        def of_attachment(cls, attachment):
            if attachment.store_fname:
                _fetch(attachment.env.cr.dbname, attachment.store_fname)
            return from_attachment(cls, attachment)

        odoo_http.Stream.from_attachment = classmethod(of_attachment)


try:
    with open(SETTINGS_FILE, encoding="utf-8") as file:
        _settings = json.load(file)
except FileNotFoundError:
    _settings = None
if _settings:
    _bucket = Bucket(_settings)
    _patch()
    _logger.info("Files are kept in the bucket %s", _settings["bucket"])
