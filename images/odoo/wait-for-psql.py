#!/usr/bin/env python3
"""Wait until the database server takes a connection; exit 1 with its last answer when it does not in time."""
import argparse
import sys
import time

import psycopg2

parser = argparse.ArgumentParser()
for name in ("host", "port", "user", "password"):
    parser.add_argument(f"--db_{name}", required=True)
parser.add_argument("--timeout", type=int, default=5)
args = parser.parse_args()

deadline = time.monotonic() + args.timeout
while True:
    try:
        psycopg2.connect(host=args.db_host, port=args.db_port, user=args.db_user,
                         password=args.db_password, dbname="postgres").close()
        break
    except psycopg2.OperationalError as error:
        if time.monotonic() >= deadline:
            sys.exit(f"Database connection failure: {error}")
        time.sleep(0.25)
