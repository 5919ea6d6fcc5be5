#!/usr/bin/env bash
# Measures the practice endpoint with 53 feature tests that we did not write (boto3 and raw signed requests).
#
# Fails when fewer than 42 pass, or when one of the required ones fails. Where the test file is not there, says so and
# ends well. WINDLASS_S3_FEATURES names the test file; WINDLASS_PRACTICE_SERVE a server that is already built.
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd)"
features="${WINDLASS_S3_FEATURES:-$root/../shared/servers/s3-features.py}"
least=42
required="basic errors list10k multipart uploadpartcopy copyobject versioning cond_put cond_put_race cond_complete_mpu
cond_get cond_delete checksums checksum_multipart trailing_unsigned object_tagging presigned auth range odd_keys parts6000"

if [ ! -f "$features" ]; then
  echo "practice yardstick: skipped, the feature tests are not at $features"
  exit 0
fi

venv="$root/build/venv"
if ! "$venv/bin/python" -c 'import boto3, awscrt' 2>/dev/null; then
  echo "practice yardstick: making $venv with boto3 and its checksum library"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet 'boto3[crt]==1.44.5'
fi

serve="${WINDLASS_PRACTICE_SERVE:-}"
if [ -z "$serve" ]; then
  echo "practice yardstick: building the server"
  (cd "$root" && cargo build --quiet --package windlass-practice --example serve)
  serve="${CARGO_TARGET_DIR:-$root/target}/debug/examples/serve"
fi

work="$(mktemp -d)"
server=""
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT

"$serve" "$work/data" 0 YARDSTICKKEY yardstick-secret --no-sample >"$work/address" 2>"$work/errors" &
server=$!
for _ in $(seq 100); do
  [ -s "$work/address" ] && break
  if ! kill -0 "$server" 2>/dev/null; then
    echo "practice yardstick: the server did not start"; cat "$work/errors"; exit 1
  fi
  sleep 0.1
done
endpoint="$(head -n 1 "$work/address")"
echo "practice yardstick: measuring $endpoint"
(cd "$work" && OUT="$work" "$venv/bin/python" "$features" practice "$endpoint" YARDSTICKKEY yardstick-secret)

python3 - "$work/practice.json" "$least" $required <<'PY'
import json, sys
results = json.load(open(sys.argv[1]))
least, required = int(sys.argv[2]), sys.argv[3:]
passed = [name for name, value in results.items() if not name.startswith("_") and value == "PASS"]
missing = [name for name in required if name not in passed]
print(f"practice yardstick: {len(passed)} passed, at least {least} wanted")
for name in missing:
    print(f"practice yardstick: required test failed: {name}: {results.get(name, 'did not run')}")
sys.exit(1 if missing or len(passed) < least else 0)
PY
