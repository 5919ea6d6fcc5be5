#!/usr/bin/env python3
"""Fills disks under the real `windlass` (hazards HA28 and HA29).

usage: fulldisk.py --windlass BIN [--seed N]

Small file systems in memory (tmpfs). Must hold:
down           a mirror down onto a disk that gets full: files that are there are whole, none is torn or half replaced, those that
               do not fit are shown as such, and all of them come when there is space
fills          the same while somebody else fills the disk in the middle of a download, round after round
journal-up     the journal's disk gets full in the middle of an upload: a clear error, nothing in the bucket but whole files,
               and it goes on when there is space
journal-down   the same in the middle of a download and of a two-way run: nothing is lost on either side
In each of them no temporary file and no upload stays, and the journal passes integrity_check. Needs root, or is left out.
"""
import argparse
import os
import subprocess
import time

import weather
from weather import Bucket, bodies, differ, lab, tree
from lab import check

MIB = 1 << 20


class Disk:
    """A small file system, and a file that fills it."""

    def __init__(self, here, name, mib):
        self.place = here.work / name
        self.place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", self.place], check=True)
        self.ballast = self.place / "ballast"

    def free(self):
        now = os.statvfs(self.place)
        return now.f_bavail * now.f_frsize

    def fill(self, leave=0):
        """Leaves so many bytes free, give or take a page; none means none."""
        # Without a buffer, which would be written once more on closing.
        with self.ballast.open("ab", buffering=0) as out:
            wanted = max(self.free() - leave, 0)
            try:
                while wanted > 0 or leave == 0:
                    wanted -= out.write(bytes(max(wanted, 4096)))
            except OSError as error:
                check(error.errno == 28, f"filling {self.place}: {error}")

    def empty(self):
        self.ballast.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.place], check=False)


class Scene:
    """A folder and a prefix; either the folder or the journal lies on the small disk."""

    def __init__(self, here, name, mode, disk, journal):
        self.here, self.name, self.disk = here, name, disk
        self.folder = (here.work / f"{name}-folder") if journal else disk.place / "folder"
        self.data = disk.place / "journal" if journal else here.work / f"{name}-journal"
        self.folder.mkdir()
        self.bucket = Bucket(here, f"{name}/")
        self.words = ["sync", self.folder, f"s3://{here.bucket}/{name}", "--mode", mode, "--settle", "0", "--absence", "0.2"]

    def run(self, wanted, *more):
        code, said = self.here.run(*self.words, *more, data=self.data, timeout=90)
        check(code in wanted, f"{self.name}: ended with {code}: {said}")
        return code, said[-1] if said else {}

    def whole(self, *contents):
        """Each file holds one of the contents that it may hold. What is on its way has a name of its own until it is whole;
        whether that stays is asked in the end."""
        for path, body in tree(self.folder).items():
            check(".windlass-tmp-" in path or any(body == known.get(path) for known in contents),
                  f"{self.name}: {path} is no whole file: {len(body)} bytes")

    def bucket_is(self, wanted):
        apart = differ(wanted, self.bucket.tree(), ("expectation", "bucket"))
        check(not apart, f"{self.name}: {apart}")

    def done(self, wanted):
        self.run((0,))
        self.bucket_is(wanted)
        apart = differ(wanted, tree(self.folder), ("expectation", "folder"))
        check(not apart, f"{self.name}: {apart}")
        left = weather.temps(self.folder)
        check(not left, f"{self.name}: temporary files stay: {left[:3]}")
        check(not self.bucket.open_uploads(), f"{self.name}: uploads stay open")
        self.here.data = self.data
        self.here.judge_journal()


def down(here, rng):
    with Disk(here, "down", 6) as disk:
        scene = Scene(here, "down", "mirror-down", disk, False)
        wanted = {f"{n:02}.jpg": body for n, body in enumerate(bodies(rng, 20, 1000, 60_000))}
        for path, body in wanted.items():
            scene.bucket.put(path, body)
        scene.run((0,))
        before = dict(wanted)
        # New ones that do not fit, and new versions of files that are there.
        for n, body in enumerate(bodies(rng, 8, MIB, 2 * MIB)):
            wanted[f"big-{n}.mp4"] = body
        for path in list(before)[:4]:
            wanted[path] = rng.randbytes(MIB)
        for path, body in wanted.items():
            if body != before.get(path):
                scene.bucket.put(path, body)
        code, said = scene.run((3,))
        told = {file["path"]: file["cause"] for file in said["files"]}
        scene.whole(wanted, before)
        missing = {path for path, body in wanted.items() if tree(scene.folder).get(path) != body}
        check(missing and missing <= set(told), f"down: {sorted(missing - set(told))} did not come and nobody is told: {told}")
        check(set(told.values()) == {"disk_full"}, f"down: the reasons are {told}")
        status = here.run("status", data=scene.data)[1][0]
        check(status["failed"] == len(told), f"down: status says {status}")
        check(set(before) <= set(tree(scene.folder)), "down: a file that was there is gone")
        subprocess.run(["mount", "-o", "remount,size=64m", disk.place], check=True)
        scene.done(wanted)
        return f"{len(missing)} of {len(wanted)} had to wait"


def fills(here, rng):
    with Disk(here, "fills", 24) as disk:
        scene = Scene(here, "fills", "mirror-down", disk, False)
        wanted, waited = {}, 0
        for turn in range(8):
            before = dict(wanted)
            for n, body in enumerate(bodies(rng, 4, 100_000, MIB)):
                path = f"{n}.jpg" if turn % 2 else f"{turn}-{n}.jpg"
                wanted[path] = body
                scene.bucket.put(path, body)
            start, goal = here.proxy.received, rng.randint(0, 1_500_000)
            process = here.windlass(*scene.words, "--bandwidth", "4000000", data=scene.data)
            lab.until(60, "the download", lambda: process.poll() is not None or here.proxy.received - start > goal)
            disk.fill(rng.choice([0, 0, 50_000, 600_000]))
            code = process.wait(timeout=90)
            waited += code == 3
            check(code in (0, 3), f"fills: turn {turn} ended with {code}: {lab.tail(process)}")
            scene.whole(wanted, before)
            check(set(before) <= set(tree(scene.folder)), f"fills: turn {turn}: a file that was there is gone")
            scene.bucket_is(wanted)
            disk.empty()
            # What was replaced lies in the trash; it is not what is tried here.
            subprocess.run(["rm", "-rf", scene.folder / ".windlass/trash"], check=True)
            scene.done(wanted)
        check(waited >= 2, f"fills: the disk was full in {waited} of 8 turns only")
        return f"{waited} of 8 turns met a full disk"


def journal(here, rng, mode):
    name = f"journal-{mode}"
    with Disk(here, name, 24) as disk:
        scene = Scene(here, name, mode, disk, True)
        wanted, met, codes = {}, 0, []

        def here_new(path, body):
            target = scene.folder / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(body)

        for turn in range(3):
            for n, body in enumerate(bodies(rng, 120, 100, 12_000)):
                path = f"{turn}/{n:03}.jpg"
                wanted[path] = body
                if mode == "ingest" or mode == "two-way" and n % 2:
                    here_new(path, body)
                else:
                    scene.bucket.put(path, body)
            before = scene.bucket.tree()
            start, goal = here.proxy.sent + here.proxy.received, rng.randint(0, 400_000)
            process = here.windlass(*scene.words, "--bandwidth", "1000000", data=scene.data)
            lab.until(60, "some work", lambda: process.poll() is not None or here.proxy.sent + here.proxy.received - start > goal)
            disk.fill()
            # It ends, or it says why it waits and goes on by itself.
            lab.until(30, f"{name}: an end, or a word of the full disk,", lambda: process.poll() is not None or "full" in lab.tail(process))
            code = process.poll()
            codes.append(code)
            said = lab.tail(process)
            met += code != 0
            check(code in (None, 0, 1, 3), f"{name}: turn {turn} ended with {code}: {said}")
            if code == 1:
                check("space" in said or "full" in said, f"{name}: the error does not speak of space: {said}")
            now = scene.bucket.tree()
            check(all(now.get(path) == body for path, body in before.items()), f"{name}: turn {turn} changed the bucket")
            torn = [path for path, body in now.items() if body != wanted.get(path)]
            check(not torn, f"{name}: in the bucket {torn[:3]} are not what they should be")
            scene.whole(wanted)
            disk.empty()
            if process.poll() is None:
                try:
                    code = process.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    check(False, f"{name}: turn {turn}: it does not go on when there is space; {lab.tail(process)}")
            scene.done(wanted)
        check(met >= 2, f"{name}: the disk was full in {met} of 3 turns only: {codes}")
        return f"ends {codes}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--only", help="only this scene")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    if os.geteuid() != 0:
        print("fulldisk: left out: mounting small disks needs root", flush=True)
        return
    scenes = {"ha28-down": down, "ha28-fills": fills,
              "ha29-journal-up": lambda here, rng: journal(here, rng, "ingest"),
              "ha29-journal-down": lambda here, rng: journal(here, rng, "mirror-down"),
              "ha29-journal-two-way": lambda here, rng: journal(here, rng, "two-way")}
    with lab.Lab(args, proxy=weather.Proxy) as here:
        for name, scene in scenes.items():
            if args.only in (None, name):
                started = time.monotonic()
                said = scene(here, rng)
                print(f"fulldisk: ok {name}: {said}, {time.monotonic() - started:.0f} s, seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
