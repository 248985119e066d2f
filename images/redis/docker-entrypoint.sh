#!/bin/bash
# The official image's contract: `--option` or `some.conf` alone is given to redis-server, which runs as the user
# redis, and protected mode is off unless it is asked for, because a container's network is its protection.
set -euo pipefail

if [[ ${1:-} == -* || ${1:-} == *.conf ]]; then set -- redis-server "$@"; fi
[[ ${1:-} == redis-server ]] || exec "$@"

if [[ $(id -u) == 0 ]]; then
  find . \! -user redis -exec chown redis {} +
  exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
fi
umask 0077

asks_for_protected_mode() {
  [[ " $* " == *" --protected-mode "* ]] || { [[ -f ${2:-} ]] && grep -q '^[[:space:]]*protected-mode' "$2"; }
}
if ! asks_for_protected_mode "$@"; then set -- "$@" --protected-mode no; fi
exec "$@"
