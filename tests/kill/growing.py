#!/usr/bin/env python3
"""Cameras that are still writing: no object may ever be the beginning of a file (hazard HA1).

usage: growing.py --windlass BIN [--server seaweedfs] [--writers 8] [--seconds 8] [--seed N]

Processes append to files in steps of 200 ms for several seconds while `windlass watch --settle 2` runs; an independent
reader looks at every version in a versioned bucket all the while. Must hold: each key has one version, that version is
the whole file, and it is there soon after its writer has ended.
"""
import argparse
import subprocess
import sys
import time

import lab
from lab import check

WRITER = """
import random, sys, time
path, seed, steps, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
rng = random.Random(seed)
with open(path, "wb", buffering=0) as out:
    for _ in range(steps):
        out.write(rng.randbytes(rng.randint(1, most)))
        # The pace of the writer is what is tested.
        time.sleep(0.2)
"""


def versions(here):
    """(key, version, size) of everything that the bucket holds or held."""
    found = set()
    for page in here.reader.get_paginator("list_object_versions").paginate(Bucket=here.bucket, Prefix="jobs/"):
        # The first use of a bucket tries the server out, beside the files.
        mine = {kind: [v for v in page.get(kind, []) if lab.PROBE not in v["Key"]] for kind in ("Versions", "DeleteMarkers")}
        found |= {(v["Key"], v["VersionId"], v["Size"]) for v in mine["Versions"]}
        check(not mine["DeleteMarkers"], f"deleted: {mine['DeleteMarkers']}")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="seaweedfs", choices=["practice", "seaweedfs", "rgw"])
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--settle", type=float, default=2)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    with lab.Lab(args, args.server) as here:
        here.reader.put_bucket_versioning(Bucket=here.bucket, VersioningConfiguration={"Status": "Enabled"})
        folder = here.work / "card"
        folder.mkdir()
        watch = here.windlass("watch", folder, f"s3://{here.bucket}/jobs", "--mode", "ingest",
                              "--settle", str(args.settle))
        lab.until(30, "the start of the watch", lambda: here.status() is not None)
        writers = []
        try:
            for n in range(args.writers):
                # Photos in a burst, and files that pass the size from which an upload has parts.
                steps, most = int(args.seconds / 0.2 * rng.uniform(0.3, 1.0)), rng.choice([1000, 300_000, 2_000_000])
                path = folder / f"DJI_{n:04}.MP4"
                command = [sys.executable, "-c", WRITER, str(path), str(rng.randrange(1 << 32)), str(steps), str(most)]
                writers.append((path, subprocess.Popen(command)))
            seen = set()
            while any(process.poll() is None for _, process in writers):
                writing = {f"jobs/{path.name}" for path, process in writers if process.poll() is None}
                # Whoever still writes now was writing when the bucket was looked at before.
                seen |= (now := versions(here))
                early = {v for v in now if v[0] in writing}
                check(not early, f"uploaded while it was written: {sorted(early)[:3]}")
                time.sleep(0.05)
            check(all(process.returncode == 0 for _, process in writers), "a writer failed")
        finally:
            for _, process in writers:
                if process.poll() is None:
                    process.kill()
        ended = time.monotonic()
        sums = {path.name: (path.stat().st_size, lab.sha256_file(path)) for path, _ in writers}

        def all_there():
            seen.update(versions(here))
            return len({key for key, *_ in seen}) == len(sums)

        lab.until(args.settle + 30, "the upload of every file", all_there)
        seconds = time.monotonic() - ended
        lab.until(30, "everything Safe", lambda: (here.status() or {}).get("safe") == len(sums))
        code = lab.interrupt(watch)
        check(code == 130, f"watch ended with {code} after Ctrl-C: {lab.tail(watch)}")
        seen |= versions(here)
        for key, version, size in sorted(seen):
            whole = sums[key.removeprefix("jobs/")][0]
            check(size == whole, f"{key} has a version of {size} bytes, the file has {whole} ({version})")
        check(len(seen) == len(sums), f"{len(seen)} versions of {len(sums)} files")
        here.judge(sums)
        print(f"growing: ok files={len(sums)} bytes={sum(s for s, _ in sums.values())} versions={len(seen)}, "
              f"the last {seconds:.1f} s after its writer ended, seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
