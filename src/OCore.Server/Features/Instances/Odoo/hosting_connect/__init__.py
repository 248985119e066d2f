# Loaded server-wide, so it is there before any database is chosen and needs no installation in it.
import base64
import hashlib
import hmac
import json
import logging
import re
import time

import psycopg2

from odoo import SUPERUSER_ID, http, release
from odoo.http import request

_logger = logging.getLogger(__name__)

KEY_FILE = "/opt/hosting/connect.key"


class _Requests(logging.Filter):
    """The edge asks every two seconds whether Odoo is well. That it is would be most of what its log says; that it is not, stays.
    Nor does a log have to hold the tokens that people come with."""

    def filter(self, record):
        message = record.getMessage()
        if '"GET /hosting/connect?' in message:
            record.msg, record.args = re.sub(r"connect\?token=[^ ]*", "connect", message), None
        return not ('"GET /web/health' in message and '" 200 ' in message)


logging.getLogger("werkzeug").addFilter(_Requests())


def _unsigned(token):
    """The content of a token that the portal signed with this instance's key, or None."""
    try:
        body, signature = token.split(".", 1)
        with open(KEY_FILE, "rb") as file:
            key = file.read().strip()
        expected = hmac.new(key, body.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            return None
        return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, OSError):
        return None


def _first_use(nonce, expires):
    """A token works once, whichever process or node sees it: its row can be made only once. Rows of tokens that have expired go."""
    prefix = "hosting.link."
    try:
        # A transaction of its own: what comes after may fail, and the token is used all the same.
        with request.env.registry.cursor() as cr:
            cr.execute("INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING", (prefix + nonce, str(int(expires) + 1)))
            first = cr.rowcount == 1
    except psycopg2.errors.SerializationFailure:
        # Another was quicker by a hair.
        return False
    try:
        with request.env.registry.cursor() as cr:
            cr.execute("DELETE FROM ir_config_parameter WHERE CASE WHEN key LIKE %s AND value ~ '^[0-9]+$' THEN value::numeric < %s ELSE false END", (prefix + "%", int(time.time())))
    except psycopg2.errors.SerializationFailure:
        # Somebody else tidies up.
        pass
    return first


class Connect(http.Controller):

    def _used(self):
        return request.make_response("This link has expired or was used. Open Odoo again from your portal.",
                                     headers=[("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")], status=403)

    @http.route("/hosting/connect", type="http", auth="none", methods=["GET"], sitemap=False)
    def connect(self, token="", **_ignored):
        content = _unsigned(token)
        nonce = content and str(content.get("nonce", ""))
        if not content or not nonce.isalnum() or content.get("exp", 0) < time.time():
            return self._used()
        if request.db != content["db"]:
            return request.make_response("This link is for another database.", headers=[("Content-Type", "text/plain; charset=utf-8")], status=403)
        if not _first_use(nonce, content["exp"]):
            return self._used()
        env = request.env(user=SUPERUSER_ID)
        user = env["res.users"].search([("login", "=", content["login"]), ("active", "=", True)], limit=1)
        if not user:
            return request.make_response("There is no such user any more.", headers=[("Content-Type", "text/plain; charset=utf-8")], status=403)
        _logger.info("Login successful for db:%s login:%s by a link from the portal, made for %s", request.db, user.login, content.get("by", ""))
        # As after a second factor: the pre-session becomes the person's, under a new session id.
        request.session.logout(keep_db=True)
        request.session["pre_login"] = user.login
        request.session["pre_uid"] = user.id
        request.session.finalize(env(user=user.id))
        request.update_env(user=user.id)
        response = request.redirect("/odoo" if release.version_info[0] >= 18 else "/web")
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response
