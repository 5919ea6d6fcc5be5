#!/usr/bin/env python3
"""Takes the drive away from under a sync folder at random moments, and puts it back (hazards HA6 and HA7).

usage: unplug.py --windlass BIN [--times 10] [--files 120] [--seed N]

The folder is the root of an ext4 image on a loop device (a tmpfs where there are none); it is detached with `umount -l`
while `windlass watch` uploads. In every third round another disk is mounted at the same place meanwhile. Must hold: once
Windlass has looked for the marker, no request that changes the bucket goes out until the drive is back, nothing is ever
deleted, no file of the other disk goes up, `windlass sync` meanwhile ends with 7 and says why; afterwards everything goes
on by itself and every object is byte-equal. Without root it says that it is left out.
"""
import argparse
import os
import subprocess
import time

import lab
from lab import PROBE, check

# The marker is looked for every three seconds; what was read before may still go out until then.
NOTICE = 4.5


class Drive:
    """A file system that can be taken away and put back."""

    def __init__(self, image, place, mib):
        self.image, self.place, self.mounted = image, place, False
        place.mkdir(exist_ok=True)
        subprocess.run(["truncate", "-s", f"{mib}M", image], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)

    def plug(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.place], check=True)
        self.mounted = True

    def unplug(self):
        subprocess.run(["umount", "-l", self.place], check=True)
        self.mounted = False


class Bound(Drive):
    """Without loop devices: a folder that is bound to the place."""

    def __init__(self, image, place, mib):
        self.image, self.place, self.mounted = image.with_suffix(".folder"), place, False
        place.mkdir(exist_ok=True)
        self.image.mkdir()

    def plug(self):
        subprocess.run(["mount", "--bind", self.image, self.place], check=True)
        self.mounted = True


def drive_kind(work):
    try:
        trial = Drive(work / "trial.img", work / "trial", 16)
        trial.plug()
        trial.unplug()
        return Drive
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"unplug: no ext4 image can be mounted here ({error}); a bound folder takes its place", flush=True)
        return Bound
    finally:
        (work / "trial.img").unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--bandwidth", type=int, default=12_000_000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    if os.geteuid() != 0:
        print("unplug: left out: taking a file system away needs root", flush=True)
        return
    with lab.Lab(args, requests=True) as here:
        kind = drive_kind(here.work)
        card = here.work / "card"
        drive, other = kind(here.work / "card.img", card, 900), kind(here.work / "other.img", card, 64)
        try:
            other.plug()
            (card / "DCIM").mkdir()
            for n in range(40):
                (card / f"DCIM/STRANGER_{n:03}.JPG").write_bytes(rng.randbytes(50_000))
            other.unplug()
            work(args, rng, here, drive, other, card)
        finally:
            for one in (drive, other):
                if one.mounted:
                    one.unplug()


def work(args, rng, here, drive, other, card):
    block = rng.randbytes(1 << 20)
    drive.plug()
    sums = {}
    for n in range(args.files):
        path = f"DCIM/{100 + n // 50}MEDIA/DJI_{n:04}.JPG"
        sums[path] = lab.write_file(card / path, rng.randint(500_000, 3_000_000), rng, block)
    sums["DCIM/DJI_9999.MP4"] = lab.write_file(card / "DCIM/DJI_9999.MP4", 96 << 20, rng, block)
    words = [card, f"s3://{here.bucket}/jobs", "--mode", "ingest", "--settle", "0", "--bandwidth", str(args.bandwidth)]
    proxy = here.proxy
    watch = here.windlass("watch", *words)
    lab.until(30, "the first upload", lambda: any("/jobs/" in path for _, _, path in proxy.changing()))
    slowest = 0.0
    for turn in range(args.times):
        # A moment while something is under way, never the same.
        before, span = proxy.sent, rng.randint(100_000, 12_000_000)
        lab.until(60, "further uploading", lambda: proxy.sent > before + span or safe(here, len(sums)))
        if safe(here, len(sums)):
            # All went up already: new work for the rounds that are left.
            path = f"DCIM/NEW/DJI_{turn:04}.MP4"
            sums[path] = lab.write_file(card / path, 40 << 20, rng, block)
            lab.until(60, "the upload of a new file", lambda: proxy.sent > before + 1_000_000)
        check(watch.poll() is None, f"watch ended: {lab.tail(watch)}")
        drive.unplug()
        away = time.monotonic()
        swapped = turn % 3 == 2
        if swapped:
            other.plug()
        restart = turn % 4 == 1
        if restart:
            lab.interrupt(watch)
            code, said = here.run("sync", *words, timeout=60)
            check(code == 7 and said and "error" in said[-1], f"sync without the drive ended with {code}: {said}")
            watch = here.windlass("watch", *words) if not swapped else None
        time_up = away + NOTICE + rng.uniform(0.5, 2.5)
        while time.monotonic() < time_up:
            status = here.status()
            check(status is not None and status["total"] <= len(sums) and status["failed"] == 0,
                  f"status while the drive is away: {status}")
            if "offline" in status and time.monotonic() > away + NOTICE:
                check(status["offline"] is True, f"status does not say that the drive is away: {status}")
            time.sleep(0.2)
        late = proxy.changing(away + NOTICE)
        check(not late, f"{len(late)} requests changed the bucket while the drive was away: {late[:3]}")
        noticed = max((at - away for at, *_ in proxy.changing(away)), default=0.0)
        slowest = max(slowest, noticed)
        if swapped:
            other.unplug()
        drive.plug()
        if watch is None or watch.poll() is not None:
            watch = here.windlass("watch", *words)
        # Deleting is never right in this mode; giving back an upload is not deleting.
        doomed = [r for r in proxy.changing() if r[1] == "DELETE" and PROBE not in r[2] and "uploadId=" not in r[2]]
        check(not doomed, f"deleted: {doomed[:3]}")
    lab.until(180, "everything Safe after the last time", lambda: safe(here, len(sums)))
    code = lab.interrupt(watch)
    check(code == 130, f"watch ended with {code} after Ctrl-C: {lab.tail(watch)}")
    strangers = [key for key in here.keys() if "STRANGER" in key]
    check(not strangers, f"files of another disk went up: {strangers[:3]}")
    here.judge(sums)
    if "offline" not in (here.status() or {}):
        print("unplug: note: status does not say whether a folder is there")
    print(f"unplug: ok objects={len(sums)} times={args.times} last change after a detach={slowest:.1f} s, "
          f"seed={args.seed}", flush=True)


def safe(here, wanted):
    status = here.status()
    return status is not None and status["safe"] == wanted == status["total"]


if __name__ == "__main__":
    main()
