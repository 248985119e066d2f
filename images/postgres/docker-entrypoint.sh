#!/bin/bash
# The official image's contract. On an empty PGDATA: initdb with POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB,
# POSTGRES_INITDB_ARGS (each also as NAME_FILE), POSTGRES_INITDB_WALDIR and POSTGRES_HOST_AUTH_METHOD, then the
# files of /docker-entrypoint-initdb.d. Then, and on every later start, the command.
set -Eeuo pipefail

main() {
  if [[ ${1:-} == -* ]]; then set -- postgres "$@"; fi
  [[ ${1:-} == postgres ]] || exec "$@"

  mkdir -p "$PGDATA" /var/run/postgresql
  if [[ $(id -u) == 0 ]]; then
    find "$PGDATA" \! -user postgres -exec chown postgres {} +
    chmod 700 "$PGDATA"
    chown postgres /var/run/postgresql
    if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then install -d -o postgres -m 700 "$POSTGRES_INITDB_WALDIR"; fi
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
  fi
  [[ -s $PGDATA/PG_VERSION ]] || initialise
  exec "$@"
}

from_file() {
  local name=$1 file=$1_FILE
  [[ -n ${!file:-} ]] || return 0
  export "$name=$(<"${!file}")"
  unset "$file"
}

initialise() {
  local name
  for name in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS; do from_file "$name"; done
  : "${POSTGRES_USER:=postgres}" "${POSTGRES_PASSWORD:=}" "${POSTGRES_HOST_AUTH_METHOD:=}"
  : "${POSTGRES_DB:=$POSTGRES_USER}"
  export POSTGRES_USER POSTGRES_DB
  if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
    echo "Error: the database is uninitialised and no superuser password is given. Set POSTGRES_PASSWORD." >&2
    exit 1
  fi
  make_cluster
  run_init_files
  echo "PostgreSQL init process complete; ready for start up."
}

make_cluster() {
  local options=(-D "$PGDATA" --username="$POSTGRES_USER") extra
  if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then options+=(--waldir="$POSTGRES_INITDB_WALDIR"); fi
  # Quotes in the arguments are honoured, as the official image does.
  eval "extra=(${POSTGRES_INITDB_ARGS:-})"
  if [[ -n $POSTGRES_PASSWORD ]]; then
    initdb "${options[@]}" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") ${extra[@]+"${extra[@]}"}
  else
    initdb "${options[@]}" ${extra[@]+"${extra[@]}"}
  fi
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
}

# The server listens on its socket alone until the files have run: nobody meets a half-made database.
run_init_files() {
  local file
  export PGUSER=$POSTGRES_USER PGPASSWORD=$POSTGRES_PASSWORD PGHOST=/var/run/postgresql
  pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w -s start
  if [[ $POSTGRES_DB != postgres ]]; then createdb --maintenance-db=postgres "$POSTGRES_DB"; fi
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) run_script "$file" ;;
      *.sql) run_sql <"$file" ;;
      *.sql.gz) gunzip -c "$file" | run_sql ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w -s stop
  unset PGUSER PGPASSWORD PGHOST
}

run_script() {
  if [[ -x $1 ]]; then
    "$1"
  else
    # shellcheck disable=SC1090 # the operator's own file
    . "$1"
  fi
}

run_sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password -d "$POSTGRES_DB"; }

main "$@"
