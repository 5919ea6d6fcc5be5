#!/usr/bin/env python3
"""Lets the queue of file events overflow, and looks whether a file is lost (hazard HA11).

usage: overflow.py --windlass BIN [--files 5000] [--queue 64] [--seconds 60] [--seed N]

`windlass watch --settle 1` runs on an empty folder, the kernel keeps 64 events, and a burst of 5,000 small files arrives.
Must hold: all of them are uploaded within 60 s of the burst's end, byte-equal. The setting of the kernel is put back
afterwards; where it may not be changed, the burst comes without it, and the script says so.
"""
import argparse
import hashlib
import time
from pathlib import Path

import lab
from lab import check

LIMIT = Path("/proc/sys/fs/inotify/max_queued_events")


def burst(folder, files, rng):
    """As a card reader copies: folder after folder, as fast as the disk takes it."""
    sums = {}
    for n in range(files):
        path = f"DCIM/{100 + n // 700}MEDIA/IMG_{n:05}.JPG"
        file, body = folder / path, rng.randbytes(rng.randint(1, 4000))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        sums[path] = (len(body), hashlib.sha256(body).hexdigest())
    return sums


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--queue", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60, help="from the burst's end to the last upload")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    with lab.Lab(args) as here:
        folder = here.work / "card"
        folder.mkdir()
        (folder / "first.jpg").write_bytes(b"first")
        before = LIMIT.read_text()
        # The length of a queue is fixed when it is made, so the setting may go back as soon as the watch has begun.
        try:
            LIMIT.write_text(f"{args.queue}\n")
            small = True
        except OSError as error:
            print(f"overflow: the kernel's queue stays as it is ({error}); the burst has to overflow {before.strip()}")
            small = False
        try:
            watch = here.windlass("watch", folder, f"s3://{here.bucket}/jobs", "--mode", "ingest", "--settle", "1")
            lab.until(30, "the first upload", lambda: "jobs/first.jpg" in here.keys("jobs/"))
        finally:
            if small:
                LIMIT.write_text(before)
        sums = burst(folder, args.files, rng)
        ended = time.monotonic()
        sums["first.jpg"] = (5, hashlib.sha256(b"first").hexdigest())
        while len(here.keys("jobs/")) < len(sums):
            check(watch.poll() is None, f"watch ended: {lab.tail(watch)}")
            check(time.monotonic() < ended + args.seconds,
                  f"{len(here.keys('jobs/'))} of {len(sums)} uploaded {args.seconds:.0f} s after the burst; {here.status()}")
            time.sleep(0.2)
        seconds = time.monotonic() - ended
        lab.until(30, "everything Safe", lambda: (here.status() or {}).get("safe") == len(sums))
        code = lab.interrupt(watch)
        check(code == 130, f"watch ended with {code} after Ctrl-C: {lab.tail(watch)}")
        here.judge(sums)
        print(f"overflow: ok objects={len(sums)} queue={args.queue if small else before.strip()} "
              f"uploaded {seconds:.1f} s after the burst, seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
