#!/bin/bash
# What is exported, and beside it what the server has to remember of its clients when it is started again.
set -euo pipefail
mkdir -p /srv/ocore/files /srv/ocore/state/v4recov /srv/ocore/state/v4old /var/run/ganesha /run/ganesha
chmod 755 /srv/ocore/files
exec ganesha.nfsd -F -L STDOUT -f /etc/ganesha/ocore.conf -p /run/ganesha/ocore.pid
