#!/usr/bin/env bash
# docker-entrypoint.sh hold ADDRESS: runs keepalived with /etc/keepalived/ocore.conf, in which @INTERFACE@ stands for the interface by
# which the address is reached. Any other command is run as it is.
set -euo pipefail

[[ ${1:-} == hold ]] || exec "$@"
address=$2

# On a server whose own addresses are all alone in their networks, one of those would look like a holder's.
if [[ -z $(ip -o -4 route show to match "$address" scope link) ]]; then
  echo "$address is not in a network of this server" >&2
  exit 1
fi

# One that ran before and was killed could not let go of it. Who holds it is agreed on anew.
while read -r _ interface _; do
  ip addr del "$address/32" dev "$interface" || true
done < <(ip -o -4 addr show to "$address/32" | grep -F "inet $address/32 ")

route=$(ip -o -4 route get "$address")
if [[ $route == local* || $route == *" via "* ]]; then
  echo "$address is not in a network of this server: $route" >&2
  exit 1
fi
interface=$(sed -n 's/.* dev \([^ ]*\).*/\1/p' <<<"$route")
rm -f /run/ocore-state /run/keepalived/*.pid
sed "s/@INTERFACE@/$interface/" /etc/keepalived/ocore.conf >/run/keepalived/keepalived.conf
exec keepalived --vrrp --dont-fork --log-console --no-syslog --use-file /run/keepalived/keepalived.conf --pid /run/keepalived/main.pid --vrrp_pid /run/keepalived/vrrp.pid
