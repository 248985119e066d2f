#!/bin/bash
# What free nginx has not: it asks the nodes behind nginx how they do, and takes out those that do not answer, or that answer that they
# cannot work, whether or not they take connections. It is beside nginx in its container and needs nobody else.
#
#   ocore.checker run FOLDER [EVERY [PATIENCE]]    nginx, with this beside it; both in seconds
#   ocore.checker make FOLDER                      what nginx reads, of the nginx.conf that is there now
#
# FOLDER has two files of oCore's own, which stay as oCore wrote them: nginx.conf, in which a server of an upstream ends with the names
# of the checks it stands by, and ocore.checks, a check a line: NAME ADDRESS PORT PATH HOST. Made beside them are ocore.failed (the names
# of the checks that fail), ocore.looked (when they were looked at last) and ocore.effective, which is what nginx reads.
set -uf
PATH=$PATH:/usr/sbin:/sbin
does=$1 folder=${2:-} every=${3:-4} patience=${4:-5}

# So many failures, and a node is out; so many answers, and it is back. Each change leaves workers of nginx behind for as long as they
# have somebody on a live connection: so who fails again has to answer twice as often each time, until it was calm for ten minutes.
fall=3 rise=2 most=32 calm=150

say() { printf '%(%Y/%m/%d %H:%M:%S)T [warn] %s\n' -1 "$1" >&2; }

# ask ADDRESS PORT PATH HOST
ask() {
  local status=
  exec 3<>"/dev/tcp/$1/$2" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: health\r\nConnection: close\r\n\r\n' "$3" "$4" >&3
  IFS= read -r status <&3
  # To its end: a node that is cut off while it answers has something to say about it in its log.
  while IFS= read -r _ <&3; do :; done
  [[ $status == "HTTP/1."[01]" 200"* ]]
}

# fails NAMES: whether one of these checks does.
fails() {
  local name
  for name in $1; do
    [[ -z ${failed[$name]:-} ]] || return 0
  done
  return 1
}

# nginx.conf with "down" at the servers whose checks fail. Where that would leave an upstream nobody, all of its servers stay: one that
# may answer is better than none, and whoever is back first is found at once.
made() {
  local -A failed=()
  local line name inside= left=0 plain= marked=
  [[ -r $folder/nginx.conf ]] || return 1
  if [[ -e $folder/ocore.failed ]]; then
    while read -r name; do failed[$name]=1; done <"$folder/ocore.failed"
  fi
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == "    upstream "* ]]; then inside=1 left=0 plain= marked=; fi
    if [[ -z $inside ]]; then
      printf '%s\n' "$line"
      continue
    fi
    plain+=$line$'\n'
    # What oCore takes out itself is down already.
    if [[ $line == "        server "* && $line != *" down;"* ]]; then
      if fails "${line##*; # }"; then line="${line%%; # *} down; # ${line##*; # }"; else left=$((left + 1)); fi
    fi
    marked+=$line$'\n'
    if [[ $line == "    }" ]]; then
      if ((left > 0)); then printf '%s' "$marked"; else printf '%s' "$plain"; fi
      inside=
    fi
  done <"$folder/nginx.conf"
  return 0
}

# Whoever replaced nginx.conf has tested it, and lets nginx read.
make() {
  (
    flock -w 30 9 || exit 1
    made >"$folder/ocore.effective.new" && mv -f "$folder/ocore.effective.new" "$folder/ocore.effective"
  ) 9>"$folder/ocore.lock"
}

# take MAIN: what fails now is made known to nginx, where it makes a difference.
take() {
  (
    flock -w 30 9 || exit 1
    made >"$folder/ocore.effective.new" || exit 1
    if [[ "$(<"$folder/ocore.effective.new")" == "$(<"$folder/ocore.effective")" ]]; then exit 0; fi
    nginx -t -q -p "$folder" -c "$folder/ocore.effective.new" || exit 1
    mv -f "$folder/ocore.effective.new" "$folder/ocore.effective"
    kill -HUP "$1"
    # Whoever comes next finds the workers of this change, and takes those that follow for his own.
    sleep 1
  ) 9>"$folder/ocore.lock"
}

# check MAIN: as long as nginx runs.
check() {
  local main=$1 name address port path host began spent streak pending=
  local -A asked=() places=() streaks=() needed=() failed=()
  while read -r name; do failed[$name]=1; done <"$folder/ocore.failed"
  while kill -0 "$main" 2>/dev/null; do
    began=$SECONDS
    asked=()
    if [[ -e $folder/ocore.checks ]]; then
      while read -r name address port path host; do
        # All at once, and each in a process of its own: nothing else ends a connection that does not come about.
        timeout "$patience" bash "$0" ask "$address" "$port" "$path" "$host" </dev/null >/dev/null 2>&1 &
        asked[$name]=$!
        places[$name]="$path of $address, port $port,"
      done <"$folder/ocore.checks"
    fi
    for name in "${!asked[@]}"; do
      streak=${streaks[$name]:-0}
      if wait "${asked[$name]}"; then
        streak=$((streak > 0 ? streak + 1 : 1))
      else
        streak=$((streak < 0 ? streak - 1 : -1))
      fi
      streaks[$name]=$streak
      if [[ -n ${failed[$name]:-} ]]; then
        ((streak >= ${needed[$name]:-$rise})) || continue
        unset "failed[$name]"
        pending=1
        say "${places[$name]} answers again: the node is taken in"
      elif ((streak <= -fall)); then
        failed[$name]=1
        needed[$name]=$((${needed[$name]:-1} * 2))
        if ((${needed[$name]} > most)); then needed[$name]=$most; fi
        pending=1
        say "${places[$name]} does not answer as it should: the node is taken out"
      elif ((streak >= calm)); then
        unset "needed[$name]"
      fi
    done
    # Nodes that are gone, or that oCore takes out itself, are nobody's to judge any more.
    for name in "${!failed[@]}" "${!streaks[@]}"; do
      [[ -z ${asked[$name]:-} ]] || continue
      [[ -z ${failed[$name]:-} ]] || pending=1
      unset "failed[$name]" "streaks[$name]" "needed[$name]"
    done
    if [[ -n $pending ]]; then
      for name in "${!failed[@]}"; do printf '%s\n' "$name"; done >"$folder/ocore.failed.new"
      mv -f "$folder/ocore.failed.new" "$folder/ocore.failed"
      if take "$main"; then pending=; fi
    fi
    printf '%s\n' "$EPOCHSECONDS" >"$folder/ocore.looked"
    spent=$((SECONDS - began))
    if ((spent < every)); then sleep "$((every - spent))"; fi
  done
}

run() {
  : >"$folder/ocore.failed"
  printf '%s\n' "$EPOCHSECONDS" >"$folder/ocore.looked"
  make || exit 1
  # nginx takes the place of this shell, and so its number.
  while kill -0 "$$" 2>/dev/null; do
    bash "$0" check "$folder" "$every" "$patience" "$$"
    sleep 1
  done &
  exec nginx -p "$folder" -c "$folder/ocore.effective" -g 'daemon off;'
}

case $does in
  run) run ;;
  make) make ;;
  check) check "$5" ;;
  ask) ask "$2" "$3" "$4" "$5" ;;
  *) exit 1 ;;
esac
