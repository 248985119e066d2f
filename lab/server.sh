# shellcheck shell=bash
# One server: its files, its life from power on to power off. A server is a set of namespaces (network, mounts,
# processes, host name, IPC, control groups) with systemd as process 1 in it, so that units, logs, reboots and
# power cuts are real.

CGROUPS=/sys/fs/cgroup

address_of() { cat "$LAB/$1/host"; }
exists() { [[ -e $LAB/$1/made ]]; }
has_docker() { [[ $(cat "$LAB/$1/kind") != bare ]]; }
has_own_kernel() { [[ $(cat "$LAB/$1/kind") == kernel ]]; }

servers() {
  local file
  for file in "$LAB"/*/made; do
    [[ -e $file ]] || continue
    basename "$(dirname "$file")"
  done
}

free_address() {
  local number
  for number in $(seq 11 250); do
    grep -qxs "$NET.$number" "$LAB"/*/host || { echo "$NET.$number" && return; }
  done
  fail "no address is free in $NET.0/24; destroy some servers"
}

# make_server NAME KIND PASSWORD(yes or empty) DISK_MB(or empty)
# shellcheck disable=SC2153 # BASE is set by ensure_base
make_server() {
  local name=$1 kind=$2 with_password=$3 disk_mb=$4
  local folder=$LAB/$1 upper=$LAB/$1/upper
  exists "$name" && return
  rm -rf "$folder"
  mkdir -p "$folder"/{work,data,root} "$upper"/etc/ssh "$upper"/root/.ssh "$upper"/home/deploy/.ssh
  echo "$kind" >"$folder/kind"
  echo "$BASE" >"$folder/base"
  free_address >"$folder/host"
  echo 22 >"$folder/port"
  echo deploy >"$folder/user"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$folder/key"
  write_identity "$name" "$upper"
  write_logins "$folder" "$upper"
  if [[ -n $with_password ]]; then write_password "$folder" "$upper"; fi
  if [[ $kind != bare ]]; then write_engine_settings "$upper"; fi
  if [[ -n $disk_mb ]]; then
    truncate -s "${disk_mb}M" "$folder/disk.img"
    mkfs.ext4 -q -F -m 0 "$folder/disk.img"
  fi
  if [[ $kind == kernel ]]; then make_kernel_disk "$name"; fi
  touch "$folder/made"
}

write_identity() {
  local name=$1 upper=$2 type
  echo "$name" >"$upper/etc/hostname"
  printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 %s\n%s.1 control\n' "$name" "$NET" >"$upper/etc/hosts"
  resolvers >"$upper/etc/resolv.conf"
  tr -d - </proc/sys/kernel/random/uuid >"$upper/etc/machine-id"
  for type in ed25519 ecdsa; do ssh-keygen -q -t "$type" -N '' -C "$name" -f "$upper/etc/ssh/ssh_host_${type}_key"; done
  # What an operator compares on the first connection.
  ssh-keygen -lf "$upper/etc/ssh/ssh_host_ed25519_key.pub" | cut -d' ' -f2 >"$LAB/$name/fingerprint"
  awk -v host="$(address_of "$name")" '{ print host, $1, $2 }' "$upper"/etc/ssh/ssh_host_*_key.pub >"$LAB/$name/known_hosts"
}

write_logins() {
  local folder=$1 upper=$2 home
  cp -a "$BASE/common/home/deploy/." "$upper/home/deploy/"
  for home in "$upper/root" "$upper/home/deploy"; do
    cp "$folder/key.pub" "$home/.ssh/authorized_keys"
    chmod 700 "$home" "$home/.ssh"
    chmod 600 "$home/.ssh/authorized_keys"
  done
  chown -R 1000:1000 "$upper/home/deploy"
  # A user's systemd that stops ten seconds after the last logout can take two minutes for it here, and a login in that
  # time waits for it.
  mkdir -p "$upper/var/lib/systemd/linger"
  touch "$upper/var/lib/systemd/linger/deploy"
}

write_password() {
  local folder=$1 upper=$2 layer=$BASE/common/etc/shadow hash
  if [[ -e $BASE/docker/etc/shadow && $(<"$folder/kind") != bare ]]; then layer=$BASE/docker/etc/shadow; fi
  (umask 077 && head -c 12 /dev/urandom | base64 | tr '+/' 'xy' >"$folder/password")
  hash=$(openssl passwd -6 -stdin <"$folder/password")
  cp -p "$layer" "$upper/etc/shadow"
  awk -F: -v OFS=: -v hash="$hash" '$1 == "deploy" { $2 = hash } { print }' "$layer" >"$upper/etc/shadow"
}

write_engine_settings() {
  local mtu
  mtu=$(lab_mtu)
  if ((mtu < 1500)); then
    mkdir -p "$1/etc/docker"
    echo "{ \"mtu\": $mtu }" >"$1/etc/docker/daemon.json"
  fi
}

# The process on this machine that is a server's process 1. The file also says when it started: the number alone may
# belong to someone else by now.
started_at() { awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null; }
first_process() {
  local pid started
  read -r pid started 2>/dev/null <"$LAB/$1/pid" || return 1
  [[ -n $started && $(started_at "$pid") == "$started" ]] && echo "$pid"
}

inside() {
  local pid name=$1
  shift
  pid=$(first_process "$name") || fail "$name is off; start it with: bin/lab start $name"
  if has_own_kernel "$name"; then # no namespace of this machine's leads into it
    over_ssh "root@$name" -- "$(printf '%q ' "$@")"
    return
  fi
  nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup -- "$@"
}

power_on() {
  local name=$1
  exists "$name" || fail "there is no server '$name'; see bin/lab list"
  first_process "$name" >/dev/null && return
  plug_in "$name" "$(address_of "$name")"
  if has_own_kernel "$name"; then plug_in_kernel "$name"; fi
  setsid nohup "$SELF" _supervise "$name" >>"$LAB/$name/console.log" 2>&1 </dev/null 9>&- &
}

# Like pulling the plug: nothing gets to write or say goodbye.
power_off() {
  local pid
  pid=$(first_process "$1") || return 0
  kill -9 "$pid"
  for _ in $(seq 200); do
    first_process "$1" >/dev/null || return 0
    sleep 0.05
  done
  fail "$1 does not go away; process $pid is still there"
}

wait_until_up() {
  local name=$1 command=true patience=60 deadline
  if has_own_kernel "$name"; then patience=240; fi
  deadline=$((SECONDS + patience))
  if has_docker "$name"; then command='docker version'; fi
  until over_ssh "$name" -o ConnectTimeout=1 -- "$command" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "$name did not come up in $patience s; see $LAB/$name/console.log and: bin/lab exec $name journalctl -b"
    sleep 0.1
  done
}

# over_ssh [root@]NAME [ssh options…] -- COMMAND…
over_ssh() {
  local name=${1##*@} user=deploy options=()
  [[ $1 == *@* ]] && user=${1%@*}
  shift
  while [[ $# -gt 0 && $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  ssh -i "$LAB/$name/key" -o IdentitiesOnly=yes -o UserKnownHostsFile="$LAB/$name/known_hosts" -o LogLevel=ERROR \
    ${options[@]+"${options[@]}"} "$user@$(address_of "$name")" "$@"
}

# Runs as long as the server does. A reboot inside ends the namespace with status 129 (killed by SIGHUP, see
# reboot(2)), and the server is started again; anything else is a power-off.
supervise() {
  local name=$1 status pid outer network
  network=/run/netns/$(namespace_of "$name")
  echo "$BASHPID" >"$LAB/$name/supervisor"
  while true; do
    enter_cgroups "$name"
    status=0
    nsenter --net="$network" -- \
      unshare --mount --uts --ipc --pid --cgroup --fork -- "$SELF" _boot "$name" &
    outer=$!
    pid=$(first_in_namespace_of "$outer")
    leave_cgroups "$outer"
    echo "$pid $(started_at "$pid")" >"$LAB/$name/pid"
    wait "$outer" || status=$?
    : >"$LAB/$name/pid"
    echo "lab: $name ended with status $status"
    [[ $status == 129 ]] || return 0
  done
}

# The child that begins a process namespace of its own; empty when its parent ended without one.
first_in_namespace_of() {
  local parent=$1 pid=''
  while [[ -e /proc/$parent ]]; do
    pid=$(tr -d ' ' <"/proc/$parent/task/$parent/children") 2>/dev/null || true
    if [[ -n $pid && $(readlink "/proc/$pid/ns/pid") != "$(readlink /proc/self/ns/pid)" ]]; then break; fi
    sleep 0.01
  done
  echo "$pid"
}

has_cgroup2() { [[ $(stat -fc %T $CGROUPS) == cgroup2fs ]]; }
cgroup_controllers() {
  local folder
  for folder in "$CGROUPS"/{cpu,cpuacct,cpuset,memory,devices,freezer,blkio,pids,systemd}; do
    [[ -e $folder/cgroup.procs ]] && basename "$folder"
  done
}

# The namespace of control groups begins where the process that makes it is.
enter_cgroups() {
  local name=$1 controller group file
  if has_cgroup2; then
    remove_cgroups "$name" # a reboot leaves groups that hand controllers on and so take no process
    mkdir -p "$CGROUPS/$NET_ID/$name"
    for group in "$CGROUPS" "$CGROUPS/$NET_ID"; do
      sed -E 's/[^ ]+/+&/g' "$group/cgroup.controllers" >"$group/cgroup.subtree_control"
    done
    echo "$BASHPID" >"$CGROUPS/$NET_ID/$name/cgroup.procs"
    return
  fi
  for controller in $(cgroup_controllers); do
    group=$CGROUPS/$controller/$NET_ID
    mkdir -p "$group/$name"
    if [[ $controller == cpuset ]]; then # a new group has no processors until it is given some
      for file in cpuset.cpus cpuset.mems; do
        cat "$CGROUPS/cpuset/$file" >"$group/$file"
        cat "$CGROUPS/cpuset/$file" >"$group/$name/$file"
      done
    fi
    echo "$BASHPID" >"$group/$name/cgroup.procs"
  done
}

# In the second version a group with processes of its own cannot hand controllers on, so all but the server's own
# move out again once its namespace exists.
leave_cgroups() {
  local outer=$1 group=$CGROUPS/$NET_ID/supervisors
  has_cgroup2 || return 0
  mkdir -p "$group"
  echo "$BASHPID" >"$group/cgroup.procs"
  echo "$outer" >"$group/cgroup.procs"
}

# Whatever is left of a server, were its first process not known.
kill_leftovers() {
  find "$CGROUPS/$NET_ID/$1" "$CGROUPS"/*/"$NET_ID/$1" -name cgroup.procs -exec cat {} + 2>/dev/null |
    sort -un | xargs -r kill -9 2>/dev/null || true
}

remove_cgroups() {
  local group
  for group in "$CGROUPS/$NET_ID${1:+/$1}" "$CGROUPS"/*/"$NET_ID${1:+/$1}"; do
    [[ -d $group ]] && find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
  done
  return 0
}

# Where control groups are of the first version, systemd would add the second by itself (in a container it reads its
# options from its own command line), and that one is not divided: all servers would share its groups.
LEGACY_CGROUPS=(systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1)

# Process 1 of a server, until it becomes systemd.
boot() {
  if has_own_kernel "$1"; then boot_kernel "$1"; return; fi
  local name=$1 folder=$LAB/$1 root=$LAB/$1/root base layers options=(--log-target=journal --show-status=false)
  base=$(<"$folder/base")
  layers=$base/common
  if has_docker "$name"; then layers=$base/docker:$layers; fi
  mount --make-rprivate /
  mount -t overlay overlay -o "lowerdir=$layers,upperdir=$folder/upper,workdir=$folder/work" "$root"
  mount_data "$folder" "$root"
  mount_devices "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  mount_cgroups "$root/sys/fs/cgroup"
  hostname "$name"
  has_cgroup2 || options+=("${LEGACY_CGROUPS[@]}")
  mkdir -p "$root/.machine"
  cd "$root" || return
  pivot_root . .machine
  umount -l /.machine
  rmdir /.machine
  exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=linux LANG=C.UTF-8 \
    /sbin/init "${options[@]}"
}

# The engine's own overlays need a file system that is none.
mount_data() {
  local folder=$1 target=$2/var/lib/docker
  mkdir -p "$target"
  if [[ -e $folder/disk.img ]]; then
    mount -o loop "$folder/disk.img" "$target"
  else
    mount --bind "$folder/data" "$target"
  fi
}

mount_devices() {
  local dev=$1/dev device file major minor
  mount -t tmpfs -o mode=755 tmpfs "$dev"
  mkdir "$dev"/{pts,shm,mqueue,net}
  for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 fuse:10:229 net/tun:10:200; do
    IFS=: read -r file major minor <<<"$device"
    mknod -m 666 "$dev/$file" c "$major" "$minor"
  done
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$dev/pts"
  mount -t tmpfs -o mode=1777 tmpfs "$dev/shm"
  mount -t mqueue mqueue "$dev/mqueue"
  ln -s pts/ptmx "$dev/ptmx"
  ln -s /proc/self/fd "$dev/fd"
  ln -s /proc/self/fd/0 "$dev/stdin"
  ln -s /proc/self/fd/1 "$dev/stdout"
  ln -s /proc/self/fd/2 "$dev/stderr"
}

mount_cgroups() {
  local target=$1 controller
  if has_cgroup2; then
    mount -t cgroup2 cgroup2 "$target"
    return
  fi
  mount -t tmpfs -o mode=755 tmpfs "$target"
  for controller in $(cgroup_controllers); do
    mkdir "$target/$controller"
    if [[ $controller == systemd ]]; then
      mount -t cgroup -o none,name=systemd,xattr cgroup "$target/systemd"
    else
      mount -t cgroup -o "$controller" cgroup "$target/$controller"
    fi
  done
}

remove_server() {
  local name=$1 folder=$LAB/$1 supervisor
  supervisor=$(cat "$folder/supervisor" 2>/dev/null || true)
  if [[ -n $supervisor ]] && tr '\0' ' ' <"/proc/$supervisor/cmdline" 2>/dev/null | grep -q "_supervise $name "; then
    kill -9 "$supervisor" || true
  fi
  power_off "$name"
  kill_leftovers "$name"
  unplug "$name"
  for _ in $(seq 50); do # the kernel takes a moment to drop the mounts of a namespace that has just ended
    remove_cgroups "$name"
    rm -rf "$folder" 2>/dev/null && return
    sleep 0.1
  done
  fail "$folder cannot be removed"
}
