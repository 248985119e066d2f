# shellcheck shell=bash
# What can happen to a server, on purpose and for real.

# The cable is pulled at the switch: packets vanish, nobody is told.
cut_link() { ip -n "$SWITCH" link set "$(port_of "$(address_of "$1")")" down; }
heal_link() { ip -n "$SWITCH" link set "$(port_of "$(address_of "$1")")" up; }

# drop_packets NAME [TCP-PORT]: a firewall that swallows, while the link stays up.
drop_packets() {
  local match=()
  if [[ -n ${2:-} ]]; then match=(-p tcp --dport "$2"); fi
  ip netns exec "$(namespace_of "$1")" iptables -w -I INPUT 1 -i eth0 ${match[@]+"${match[@]}"} -m comment --comment lab -j DROP
}

undrop_packets() {
  local namespace rule
  namespace=$(namespace_of "$1")
  while rule=$(ip netns exec "$namespace" iptables -w -S INPUT | grep -m1 -e '--comment lab'); do
    # shellcheck disable=SC2086 # the rule is a list of words
    ip netns exec "$namespace" iptables -w ${rule/#-A/-D}
  done
}

# slow_link NAME RATE, as tc writes it (10mbit): both ways.
slow_link() {
  local shape=(root tbf rate "$2" burst 32kbit latency 400ms)
  tc -n "$SWITCH" qdisc replace dev "$(port_of "$(address_of "$1")")" "${shape[@]}"
  tc -n "$(namespace_of "$1")" qdisc replace dev eth0 "${shape[@]}"
}

unslow_link() {
  tc -n "$SWITCH" qdisc delete dev "$(port_of "$(address_of "$1")")" root 2>/dev/null || true
  tc -n "$(namespace_of "$1")" qdisc delete dev eth0 root 2>/dev/null || true
}

kill_engine() {
  # shellcheck disable=SC2016 # the server's own pid file
  inside "$1" sh -c 'kill -9 "$(cat /run/docker.pid)"'
}

# Only a disk of the server's own is filled: without one it is this machine's that would be full.
fill_disk() {
  [[ -e $LAB/$1/disk.img ]] || fail "$1 has no disk of its own; create it with: bin/lab create 1 --disk 1500"
  # shellcheck disable=SC2016 # expanded in the server
  inside "$1" sh -c '
    for size in 1M 4k 512; do dd if=/dev/zero bs=$size >>/var/lib/docker/.fill 2>/dev/null || true; done
    sync -f /var/lib/docker
    df -h /var/lib/docker'
}

unfill_disk() { inside "$1" rm -f /var/lib/docker/.fill; }
