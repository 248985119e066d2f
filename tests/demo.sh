#!/usr/bin/env bash
# What README promises of `bin/up --demo`, in a data folder and at an address of its own: three addresses that work with the
# logins that are printed, and a second start in seconds with everything as it was left. Takes away what it made.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/.."
OCORE_DATA=$(mktemp -d "${TMPDIR:-/tmp}/ocore-demo-XXXXXX")
export OCORE_DATA OCORE_LISTEN=http://localhost:${OCORE_TEST_DEMO_PORT:-18080}
had_folder=''
[[ ! -e /var/lib/ocore ]] || had_folder=yes

# Also of a demonstration that ended half-way; never what another oCore has on this machine.
take_away() {
  local server
  server=$(ocore server show local -o json 2>/dev/null | field id) || true
  bin/up --stop || true
  if [[ -n $server ]]; then
    docker ps -aq --filter "label=ocore.server=$server" | xargs -r docker rm -fv >/dev/null
    docker volume ls -q --filter "label=ocore.server=$server" | xargs -r docker volume rm >/dev/null
    # It says whose the machine is, and for some minutes that they are alive.
    [[ $(cat /var/lib/ocore/server 2>/dev/null) != "$server" ]] || rm -f /var/lib/ocore/server
  fi
  [[ -n $had_folder ]] || rm -rf /var/lib/ocore
  rm -rf "$OCORE_DATA"
}
trap take_away EXIT

fail() { echo "$*" >&2; exit 1; }
field() { node -e 'let v = JSON.parse(require("fs").readFileSync(0)); for (const k of process.argv[1].split(".")) v = v?.[k]; console.log(v ?? "")' "$1"; }
ocore() { XDG_CONFIG_HOME=$OCORE_DATA/cli .ocore/cli/ocore "$@"; }

# The line that begins with this, and the login in the line below it.
address() { sed -n "s/^  $1 *\(http[^ ]*\)$/\1/p" "$OCORE_DATA/printed"; }
login() { sed -n "/^  $1 *http/{n;s/^ *\([^ ]*\) *\([^ ]*\)$/\1 \2/p}" "$OCORE_DATA/printed"; }

signs_in() {
  local email password
  read -r email password < <(login "$2")
  curl -sf -o /dev/null "$1/api/auth/login" -H 'Content-Type: application/json' --data-binary @- <<<"{\"email\":\"$email\",\"password\":\"$password\"}" ||
    fail "$email cannot sign in at $1."
}

shows() { curl -sfL "$1" | grep -q -- "$2" || fail "$1 does not show $2."; }

signs_in_to_odoo() {
  local user password
  read -r user password < <(login Odoo)
  local uid
  uid=$(curl -sf "$1/jsonrpc" -H 'Content-Type: application/json' --data-binary @- <<E2 | field result
{"jsonrpc":"2.0","method":"call","params":{"service":"common","method":"login","args":["$(ocore instance show acme-corp -o json | field database)","$user","$password"]}}
E2
  )
  [[ $uid =~ ^[0-9]+$ ]] || fail "$user cannot sign in to Odoo at $1: $uid"
}

bin/up --demo | tee "$OCORE_DATA/printed"
dashboard=$(address oCore) portal=$(address 'For the client') odoo=$(address Odoo)
signs_in "$dashboard" oCore
signs_in "$portal" 'For the client'
shows "$dashboard" 'id="root"'
shows "$portal" 'id="oc-portal"'
shows "$portal" 'Acme Cloud'
signs_in_to_odoo "$odoo"

bin/up --stop
bin/up | tee "$OCORE_DATA/again"
seconds=$(sed -n 's/^  Ready after \([0-9]*\) s\..*/\1/p' "$OCORE_DATA/again")
((seconds <= 20)) || fail "The second start took $seconds s."
signs_in "$dashboard" oCore
signs_in_to_odoo "$odoo"
ocore instance show acme-corp >/dev/null
