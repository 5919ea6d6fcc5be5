#!/bin/bash
# A Ceph cluster of one monitor, one OSD in memory and one RADOS gateway, all on loopback and without systemd: an
# independent S3 server of an older kind (no conditions on Complete, no CRC64NVME, no trailers).
# usage: ceph-rgw.sh start DIR | ceph-rgw.sh stop DIR
# Endpoint http://127.0.0.1:7480, keys as in servers.py. Packages: radosgw ceph-mon ceph-mgr ceph-osd ceph-base
set -euo pipefail
what=${1:?usage: ceph-rgw.sh start|stop DIR}
dir=$(realpath -m "${2:?usage: ceph-rgw.sh start|stop DIR}")
access=AKIALOCALADMIN000000
secret=localadminsecretlocaladminsecret00000000
conf=$dir/ceph.conf

# until_true SECONDS COMMAND...
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "gave up waiting for: $*" >&2; return 1; }
    sleep 0.2
  done
}

stop() {
  local file pid
  for file in "$dir"/run/*.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    kill "$pid" 2>/dev/null || true
    # Daemons remove their pid file before they are gone.
    until_true 20 sh -c "! kill -0 $pid" || kill -9 "$pid" 2>/dev/null || true
  done
}

if [ "$what" = stop ]; then stop; exit 0; fi

rm -rf "${dir:?}"
mkdir -p "$dir"/{mon,osd,rgw,run,log}
cat >"$conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon initial members = a
mon host = [v1:127.0.0.1:6789/0]
ms bind msgr2 = false
ms bind ipv4 = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mon data avail crit = 1
run dir = $dir/run
pid file = $dir/run/\$name.pid
admin socket = $dir/run/\$name.asok
log file = $dir/log/\$name.log
crash dir = $dir/log
[mon.a]
mon data = $dir/mon
[osd]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 8G
osd memory target = 1G
osd max object name len = 2048
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:7480 tcp_nodelay=1
rgw data = $dir/rgw
rgw enable usage log = false
rgw dns name = localhost
keyring = $dir/keyring
CONF
export CEPH_CONF=$conf CEPH_ARGS="--conf $conf"
trap 'echo "the last lines of the logs:" >&2; tail -n 3 "$dir"/log/*.log >&2 || true; stop' ERR

fsid=$(awk '/^fsid/ { print $3 }' "$conf")
ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *'
ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
monmaptool --create --addv a '[v1:127.0.0.1:6789]' --fsid "$fsid" "$dir/monmap"
ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
ceph-mon -i a
until_true 30 timeout 5 ceph -s
uuid=$(cat /proc/sys/kernel/random/uuid)
# Right after its start the monitor does not know the cluster's id yet, and refuses.
until_true 30 ceph osd new "$uuid"
ceph-osd -i 0 --mkfs --osd-uuid "$uuid"
# Right after the monitor's start the OSD may be told "wrong fsid" once.
until_true 20 ceph-osd -i 0
until_true 30 sh -c "ceph osd stat | grep -q '1 up'"
radosgw -n client.rgw
until_true 90 curl -s -o /dev/null http://127.0.0.1:7480/
radosgw-admin -n client.rgw user create --uid=admin --display-name=admin --access-key="$access" --secret="$secret" >/dev/null
echo "ready"
