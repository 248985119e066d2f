# shellcheck shell=bash
# Where Debian packages come from, for bin/images and bin/lab. Both use the archive this machine's own apt is set
# up with, and reach it the same way: a site with a mirror, a proxy or a frozen copy needs to say so only once.

archive_fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# The Debian archive: OCORE_DEBIAN_MIRROR, else the one most of apt's own package lists come from.
debian_archive() {
  local site=${OCORE_DEBIAN_MIRROR:-}
  [[ -n $site ]] || site=$(archive_of_apt)
  if [[ -z $site && $(id -u) == 0 ]]; then # on a fresh machine apt has no lists yet
    apt-get update -qq >/dev/null 2>&1 || true
    site=$(archive_of_apt)
  fi
  [[ -n $site ]] || archive_fail "apt here has no Debian archive. Run apt-get update as root; on another system name one: OCORE_DEBIAN_MIRROR=http://…/debian"
  echo "$site"
}

archive_of_apt() {
  # shellcheck disable=SC2016 # the words in $() are apt's placeholders
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 == "Debian" { print $3 }' | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}

# How apt reaches it (proxy, time-outs) and whether it accepts a copy whose Release file is past its date.
archive_apt_settings() {
  apt-config dump --no-empty |
    grep -E '^Acquire::(https?::(Proxy|Timeout|Verify)|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date)' || true
}

# apt's own lock for the package lists has no waiting option, so two callers at once are told to take turns here.
install_on_this_machine() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  [[ $(id -u) == 0 ]] || archive_fail "needs the packages: ${missing[*]}. Run as root once, or: sudo apt-get install ${missing[*]}"
  echo "${0##*/}: installing ${missing[*]} with apt"
  export DEBIAN_FRONTEND=noninteractive
  local install=(apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}") log
  log=$(mktemp)
  # The lists at hand often suffice and save the update.
  "${install[@]}" >"$log" 2>&1 || { apt-get update -qq >>"$log" 2>&1 || true; "${install[@]}" >>"$log" 2>&1; } || {
    tail -20 "$log" >&2
    archive_fail "apt could not install ${missing[*]}; its output is above"
  }
  rm -f "$log"
}
