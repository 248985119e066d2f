# shellcheck shell=bash
# The lab's network: a switch (a bridge in a namespace of its own, out of reach of this machine's firewall and of
# bridge-nf-call-iptables), a leg of this machine in it at .1, and a cable for each server. Servers reach the outside
# through this machine's address.

NET=${OCORE_LAB_NET:-10.77.0}
NET_ID=lab-${NET//./-} # the leg's name and the first part of every namespace's, so two labs can be side by side
SWITCH=$NET_ID-switch

namespace_of() { echo "$NET_ID-$1"; }
port_of() { echo "port${1##*.}"; } # the switch's end of a server's cable, by the last number of its address
has_namespace() { [[ -e /run/netns/$1 ]]; }

# Packets larger than this machine's own way out would be lost behind it.
outside_device() { awk '$2 == "00000000" { print $1; exit }' /proc/net/route; }
lab_mtu() {
  local device
  device=$(outside_device)
  if [[ -n $device ]]; then cat "/sys/class/net/$device/mtu"; else echo 1500; fi
}

network_up() {
  local mtu
  mtu=$(lab_mtu)
  has_namespace "$SWITCH" || ip netns add "$SWITCH"
  if ! ip -n "$SWITCH" link show br0 >/dev/null 2>&1; then
    ip -n "$SWITCH" link add br0 type bridge
    ip -n "$SWITCH" link set br0 up
  fi
  if ! ip link show "$NET_ID" >/dev/null 2>&1; then
    ip link add "$NET_ID" mtu "$mtu" type veth peer name control mtu "$mtu" netns "$SWITCH"
    ip -n "$SWITCH" link set control master br0 up
    ip address add "$NET.1/24" dev "$NET_ID"
    ip link set "$NET_ID" up
  fi
  open_way_out
}

network_down() {
  close_way_out
  ip link delete "$NET_ID" 2>/dev/null || true
  ip netns delete "$SWITCH" 2>/dev/null || true
  # The folder the first namespace was mounted in goes with the last one, if no other program has any.
  if [[ -z $(ls -A /run/netns 2>/dev/null) ]]; then umount /run/netns 2>/dev/null || true; fi
}

# way_out_rules -C (are they there?) | -I | -D. FORWARD is closed by a Docker engine on this machine, so the lab's
# packets are let through by name. The last rule saves connections from routers that hide the true packet size.
way_out_rules() {
  iptables -w "$1" FORWARD -i "$NET_ID" -j ACCEPT &&
    iptables -w "$1" FORWARD -o "$NET_ID" -j ACCEPT &&
    iptables -w -t nat "$1" POSTROUTING -s "$NET.0/24" ! -d "$NET.0/24" -j MASQUERADE &&
    iptables -w -t mangle "$1" FORWARD -i "$NET_ID" -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
} 2>/dev/null

close_way_out() { while way_out_rules -D; do :; done; }

open_way_out() {
  way_out_rules -C && return
  sysctl -qw net.ipv4.ip_forward=1
  close_way_out
  way_out_rules -I || say "iptables refused the rules for the way out; servers reach only this machine and each other"
}

plug_in() {
  local name=$1 address=$2 namespace port mtu
  namespace=$(namespace_of "$name")
  port=$(port_of "$address")
  mtu=$(lab_mtu)
  has_namespace "$namespace" || ip netns add "$namespace"
  if ip -n "$namespace" link show eth0 >/dev/null 2>&1; then return; fi
  ip -n "$SWITCH" link delete "$port" 2>/dev/null || true
  ip -n "$namespace" link add eth0 mtu "$mtu" type veth peer name "$port" mtu "$mtu" netns "$SWITCH"
  ip -n "$SWITCH" link set "$port" master br0 up
  ip -n "$namespace" link set lo up
  ip -n "$namespace" address add "$address/24" dev eth0
  ip -n "$namespace" link set eth0 up
  ip -n "$namespace" route add default via "$NET.1"
}

unplug() { ip netns delete "$(namespace_of "$1")" 2>/dev/null || true; }

# The resolvers of this machine that servers can reach too: one on a loopback address is for this machine alone.
resolvers() {
  local file
  for file in /etc/resolv.conf /run/systemd/resolve/resolv.conf; do
    if grep -Es '^nameserver ' "$file" | grep -Ev '^nameserver (127\.|::1)'; then return; fi
  done
}
