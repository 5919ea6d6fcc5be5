#!/bin/bash
# The simulator whole, with optimisation: every scenario with a death at every step, planted mistakes, random schedules. The
# last line counts. Seeds are the same in every run, so that what lands does not depend on luck; `make soak` looks for new ones.
# usage: tests/sim/run.sh    WINDLASS_SIM_SECONDS (240): how long random schedules run at the most; WINDLASS_SIM_MOST (50000):
#                            how many; WINDLASS_SIM_BASE: where half of their seeds begin
set -uo pipefail
cd "$(dirname "$0")/../.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export WINDLASS_SIM_SECONDS=${WINDLASS_SIM_SECONDS:-240} WINDLASS_SIM_THREADS=${WINDLASS_SIM_THREADS:-$(nproc)}
export WINDLASS_SIM_MOST=${WINDLASS_SIM_MOST:-50000}
# Files of several parts are large buffers: kept by the process instead of given back each time, a quarter less time.
export MALLOC_MMAP_THRESHOLD_=1073741824 MALLOC_TRIM_THRESHOLD_=4294967296
out=$(mktemp)
trap 'rm -f "$out"' EXIT
sim() { cargo test --locked --release -p windlass-engine --features planted --test sim -- --nocapture "$@" 2>&1 | tee -a "$out"; }
failed=0
sim --skip random:: --skip planted:: || failed=1
sim planted:: || failed=1
WINDLASS_SIM_COUNTS=1 sim random:: || failed=1
# What one part printed, by what stands before or behind it.
sum() { grep -oE "$1" "$out" | grep -oE '[0-9]+' | awk '{ all += $1 } END { print all + 0 }'; }
echo "$(grep -oE '^[0-9]+ schedules, [0-9]+ a second; [0-9]+ steps, [0-9]+ deaths' "$out" | tail -n 1);" \
  "$(sum ', [0-9]+ deaths in ') crash points, $(sum '[0-9]+ runs with two deaths') double crashes," \
  "$(sum '[0-9]+ commits$') journals set back;" \
  "$(grep -oE '[0-9]+ of [0-9]+ planted mistakes were caught' "$out" | tail -n 1)"
exit $failed
