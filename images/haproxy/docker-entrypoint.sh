#!/bin/bash
# The official image's contract: options alone are given to haproxy, which runs with a master process (-W, so that
# SIGUSR2 reloads) in the foreground (-db).
set -euo pipefail

if [[ ${1:-} == -* ]]; then set -- haproxy "$@"; fi
if [[ ${1:-} == haproxy ]]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
