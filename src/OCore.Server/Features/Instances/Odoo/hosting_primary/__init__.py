# Loaded server-wide where there are several PostgreSQL of which one leads. For each new connection libpq asks them in the order of the
# configuration, and waits for one whose server is away: seconds, for every page that needs a connection and for every question of the
# load balancer, as long as it is away. So the one that led last is asked first; who leads is libpq's affair as before.
import functools

import psycopg2

_connect = psycopg2.connect
_leads = None


@functools.wraps(_connect)
def _connect_to_leader(dsn=None, *args, **kwargs):
    global _leads
    hosts = (kwargs.get("host") or "").split(",")
    if len(hosts) > 1 and _leads in hosts:
        kwargs["host"] = ",".join([_leads] + [host for host in hosts if host != _leads])
    connection = _connect(dsn, *args, **kwargs)
    if len(hosts) > 1:
        _leads = connection.info.host
    return connection


psycopg2.connect = _connect_to_leader
