# Loaded server-wide. Keys: PREFIX + 's:' + sid holds a session as JSON; PREFIX + 'i:' + the first part of its sid holds the set of
# the sids that share it (soft rotations), by which Odoo 18 and later revoke the sessions of a device.
import functools
import json
import logging
import os
import time

import redis
import redis.backoff
import redis.retry
import redis.sentinel
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from odoo import http

_logger = logging.getLogger(__name__)

SETTINGS_FILE = "/opt/hosting/sessions.json"
PAGE_FILE = "/opt/hosting/unavailable.html"
ANONYMOUS_SECONDS = 3 * 3600
LIFETIME = getattr(http, "SESSION_LIFETIME", 7 * 24 * 3600)
STORED = getattr(http, "STORED_SESSION_BYTES", 42)
# Another Redis leads about seven seconds after the loss of the one that did. One that is alone is back in a moment or not soon, and
# whoever waits for it holds a worker, of whom the load balancer wants an answer every few seconds.
PATIENCE, PATIENCE_ALONE = 20, 3
AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, redis.exceptions.ReadOnlyError)


class Unavailable(ServiceUnavailable):
    """Nobody can tell whose session it is. Pages and programs get the same answer: Odoo's own would show programs where in its code it broke."""

    # Odoo logs the sentence then, and no traceback for each request.
    loglevel = logging.ERROR

    def __init__(self, why):
        super().__init__(why)
        self.error_response = Response(_page, status=503, headers=[
            ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"), ("Retry-After", "5")])


def _patient(method):
    """A request waits while Redis starts, or another one takes over: its session would be gone otherwise. All of these may be done twice."""

    @functools.wraps(method)
    def wait(self, *args, **kwargs):
        until = time.monotonic() + self.patience
        while True:
            try:
                return method(self, *args, **kwargs)
            except redis.exceptions.RedisError as failed:
                if not isinstance(failed, AWAY) or time.monotonic() >= until:
                    raise Unavailable(f"Sessions are out of reach: {failed}") from failed
                time.sleep(0.3)

    return wait


def _connect(settings):
    # By itself the library would try for a quarter of a minute.
    once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    if settings.get("sentinels"):
        # A server that is gone is not waited for: the next sentinel knows who leads.
        brief = {"socket_timeout": 2, "socket_connect_timeout": 2, "retry": once}
        sentinels = redis.sentinel.Sentinel(
            [(sentinel["host"], sentinel["port"]) for sentinel in settings["sentinels"]],
            sentinel_kwargs={"password": settings["sentinelPassword"], **brief},
            password=settings["password"], health_check_interval=30, **brief)
        return sentinels.master_for(settings["service"])
    return redis.Redis(
        host=settings["host"], port=settings["port"], password=settings["password"],
        socket_timeout=5, socket_connect_timeout=2, retry=once, health_check_interval=30)


class RedisSessionStore(http.FilesystemSessionStore):
    """Takes key generation and rotation from Odoo's own store; keeps nothing on the disk."""

    def __init__(self, settings):
        super().__init__(path=os.devnull, session_class=http.Session, renew_missing=True)
        self.prefix = settings["prefix"]
        self.patience = PATIENCE if settings.get("sentinels") else PATIENCE_ALONE
        self.redis = _connect(settings)

    def _keys(self, sid):
        return f"{self.prefix}s:{sid}", f"{self.prefix}i:{sid[:STORED]}"

    @_patient
    def save(self, session):
        key, index = self._keys(session.sid)
        seconds = LIFETIME if session.get("uid") else ANONYMOUS_SECONDS
        # One transaction: a session never stays without its end.
        with self.redis.pipeline() as batch:
            batch.set(key, json.dumps(dict(session)), ex=seconds).sadd(index, session.sid).expire(index, seconds).execute()

    @_patient
    def delete(self, session):
        key, index = self._keys(session.sid)
        with self.redis.pipeline() as batch:
            batch.delete(key).srem(index, session.sid).execute()

    @_patient
    def get(self, sid):
        data = self.redis.get(self._keys(sid)[0]) if self.is_valid_key(sid) else None
        return self.new() if data is None else self.session_class(json.loads(data), sid, False)

    @_patient
    def list(self):
        start = len(self.prefix) + 2
        return [key.decode()[start:] for key in self.redis.scan_iter(f"{self.prefix}s:*", count=1000)]

    def vacuum(self, max_lifetime=LIFETIME):
        """Redis lets keys end by itself."""

    @_patient
    def get_missing_session_identifiers(self, identifiers):
        identifiers = list(set(identifiers))
        with self.redis.pipeline(transaction=False) as batch:
            for identifier in identifiers:
                batch.exists(f"{self.prefix}i:{identifier}")
            return {identifier for identifier, found in zip(identifiers, batch.execute()) if not found}

    @_patient
    def delete_from_identifiers(self, identifiers):
        for identifier in identifiers:
            index = f"{self.prefix}i:{identifier}"
            sids = self.redis.smembers(index)
            self.redis.delete(index, *(f"{self.prefix}s:{sid.decode()}" for sid in sids))


try:
    with open(SETTINGS_FILE, encoding="utf-8") as file:
        _settings = json.load(file)
except FileNotFoundError:
    _settings = None
if _settings:
    with open(PAGE_FILE, encoding="utf-8") as file:
        _page = file.read()
    # Shadows the application's cached property.
    http.root.session_store = RedisSessionStore(_settings)
    _logger.info("HTTP sessions are kept in Redis, under %s", _settings["prefix"])
