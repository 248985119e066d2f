#!/bin/bash
# The official image's contract: HOST, PORT, USER and PASSWORD (or PASSWORD_FILE) name the database, unless the
# file at ODOO_RC sets db_host, db_port, db_user or db_password. A command that is not Odoo's is run as it is.
set -euo pipefail

if [[ -n ${PASSWORD_FILE:-} ]]; then PASSWORD=$(<"$PASSWORD_FILE"); fi
: "${HOST:=${DB_PORT_5432_TCP_ADDR:-db}}"
: "${PORT:=${DB_PORT_5432_TCP_PORT:-5432}}"
: "${USER:=${DB_ENV_POSTGRES_USER:-${POSTGRES_USER:-odoo}}}"
: "${PASSWORD:=${DB_ENV_POSTGRES_PASSWORD:-${POSTGRES_PASSWORD:-odoo}}}"

database=()
add_setting() {
  local name=$1 fallback=$2 configured
  configured=$(sed -nE "s/^[[:space:]]*${name}[[:space:]]*=[[:space:]]*(.*[^[:space:]])[[:space:]]*$/\1/p" "$ODOO_RC" | tail -n 1)
  database+=("--$name" "${configured:-$fallback}")
}
add_setting db_host "$HOST"
add_setting db_port "$PORT"
add_setting db_user "$USER"
add_setting db_password "$PASSWORD"

start() {
  wait-for-psql.py "${database[@]}" --timeout=30
  exec odoo "$@" "${database[@]}"
}

case ${1:-} in
  -- | odoo)
    shift
    if [[ ${1:-} == scaffold ]]; then exec odoo "$@"; fi
    start "$@"
    ;;
  -*) start "$@" ;;
  *) exec "$@" ;;
esac
