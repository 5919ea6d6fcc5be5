#!/bin/bash
# SeaweedFS on loopback, all in one process, telemetry off: an S3 server nobody of us wrote.
#
# usage: seaweedfs.sh start DIR [PORT] | stop DIR         `weed` comes with tests/requirements.txt
# Besides PORT (8333) it takes ports 9333 19333 9340 19340 8888 18888 18333 8181 9101 33646.
set -euo pipefail
D=$(realpath -m "${2:?usage: seaweedfs.sh start DIR [PORT] | stop DIR}")
PORT=${3:-8333}

# A dead process whose parent has not asked for it yet counts as dead.
alive() { [ -e "/proc/$1/stat" ] && ! grep -q ') Z ' "/proc/$1/stat" 2>/dev/null; }

start() {
  mkdir -p "$D/data"
  cat >"$D/s3.json" <<'JSON'
{"identities": [
  {"name": "admin", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
   "credentials": [{"accessKey": "AKIALOCALADMIN000000", "secretKey": "localadminsecretlocaladminsecret00000000"}]},
  {"name": "reader", "actions": ["Read", "List"],
   "credentials": [{"accessKey": "AKIALOCALRO000000000", "secretKey": "localrosecret"}]}
]}
JSON
  cd "$D/data"
  # Without the addresses it listens everywhere; without the telemetry switch it reports home; without keys it takes any.
  setsid weed mini -dir="$D/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false -admin.ui=false -webdav=false \
    -s3.config="$D/s3.json" -s3.port="$PORT" -s3.allowDeleteBucketNotEmpty=false -s3.domainName=localhost \
    -s3.iam.readOnly=false >"$D/weed.log" 2>&1 </dev/null &
  echo $! >"$D/weed.pid"
  for _ in $(seq 300); do
    kill -0 "$(cat "$D/weed.pid")" 2>/dev/null || { tail -n 5 "$D/weed.log" >&2; echo "SeaweedFS ended; see $D/weed.log" >&2; exit 1; }
    if curl -s -o /dev/null "http://127.0.0.1:$PORT/"; then echo "SeaweedFS answers at http://127.0.0.1:$PORT"; return; fi
    sleep 0.2
  done
  echo "SeaweedFS did not answer within a minute; see $D/weed.log" >&2
  exit 1
}

stop() {
  local pid
  [ -f "$D/weed.pid" ] || return 0
  pid=$(cat "$D/weed.pid")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 100); do
    alive "$pid" || break
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$D/weed.pid"
}

case $1 in
  start) start ;;
  stop) stop ;;
  *) echo "usage: seaweedfs.sh start DIR [PORT] | stop DIR" >&2; exit 2 ;;
esac
