#!/usr/bin/env python3
"""Runs the real `windlass` on a file system that misbehaves (hazards HA3, HA4, HA9, HA16, HA17, HC5, HB13).

usage: faultfs.py --windlass BIN [--faultfs BIN] [--only NAME] [--seed N]

The file system is `windlass-faultfs` (FUSE). Must hold:
eio-scan       whatever call of a scan fails, what could not be seen is unknown and never gone: nothing is deleted in the bucket,
               though the client believes in absence at once; afterwards all is in step
eio-read       a file that cannot be read on the way up is never stored in part; it goes up when it can be read again
eio-fsync      a download that cannot be flushed is not there; it comes when the disk flushes again
short-reads    reads that give only a part of what was asked for change no content, up and down
ignore-case    of keys that differ by case only, one comes down; the others stay in the bucket and are shown, nothing is
               overwritten, deleted or sent again; when the one is gone the other comes; another spelling of a name that both
               sides have is a rename
coarse-times   files that are rewritten with the same size within the two seconds of a time stamp, and files whose time goes
               back, end up in the bucket as they are
Where FUSE is missing it says that it is left out.
"""
import argparse
import os
import subprocess
import time
from pathlib import Path

import weather
from weather import Bucket, bodies, differ, lab, tree
from lab import check, until


class Mount:
    """The folder `place`, whose files lie in `behind`."""

    def __init__(self, here, args, name, *options):
        self.behind, self.place = here.work / f"{name}-behind", here.work / f"{name}-place"
        self.behind.mkdir()
        self.place.mkdir()
        self.process = subprocess.Popen([args.faultfs, self.behind, self.place, *options], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.mounted = self.process.stdout.readline().strip() == "mounted"
        self.why = "" if self.mounted else self.process.stderr.read().strip()

    def order(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        check(answer and not answer.startswith("error"), f"{words}: {answer}")
        return answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            subprocess.run(["umount", "-l", self.place], check=False)
            self.process.kill()
            self.process.wait()


class Scene:
    """A folder on such a file system and its prefix."""

    def __init__(self, here, args, rng, name, mode, *options):
        self.here, self.rng, self.name = here, rng, name
        self.mount = Mount(here, args, name, *options)
        self.folder, self.data = self.mount.place, here.work / f"{name}-journal"
        self.bucket = Bucket(here, f"{name}/")
        self.words = [self.folder, f"s3://{here.bucket}/{name}", "--mode", mode, "--settle", "0", "--absence", "0.2"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.mount.__exit__()

    def write(self, path, body):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)

    def sync(self, wanted=(0,), timeout=60):
        code, said = self.here.run("sync", *self.words, data=self.data, timeout=timeout)
        check(code in wanted, f"{self.name}: ended with {code}: {said}")
        return said[-1] if said else {}

    def same(self, wanted=None):
        """Both sides are equal, and are what they should be."""
        here, there = tree(self.folder), self.bucket.tree()
        apart = differ(here, there) or (wanted is not None and differ(wanted, there, ("expectation", "bucket")))
        check(not apart, f"{self.name}: {apart}")
        self.clean()

    def clean(self):
        left = weather.temps(self.folder)
        check(not left, f"{self.name}: temporary files stay: {left[:3]}")
        check(not self.bucket.open_uploads(), f"{self.name}: uploads stay open")


def eio_scan(here, args, rng):
    with Scene(here, args, rng, "eio-scan", "two-way") as scene:
        wanted = {f"{folder}/{n:02}.jpg": body for folder in ("a", "b", "b/c") for n, body in enumerate(bodies(rng, 8, 10, 5000))}
        for path, body in wanted.items():
            scene.write(path, body)
        scene.sync()
        scene.same(wanted)
        hits = 0
        faults = [("readdir", n, "") for n in range(1, 13)] + [("open", n, "") for n in range(1, 7)]
        faults += [("lookup", n, ".jpg") for n in (1, 5, 20)] + [("getattr", n, "b") for n in (1, 2, 7)]
        faults += [("readdir", 0, "b"), ("open", 0, "b/c"), ("lookup", 0, "b"), ("lookup", 0, ".jpg"), ("getattr", 0, "a/0")]
        for call, n, text in faults:
            scene.mount.order("fail", call, n, text)
            scene.sync((0, 1, 3, 7))
            hits += scene.mount.order("clear") == "0"
            apart = differ(wanted, scene.bucket.tree(), ("expectation", "bucket"))
            check(not apart, f"eio-scan: {call} {n} {text}: {apart}")
        check(hits >= len(faults) * 2 // 3, f"eio-scan: only {hits} of {len(faults)} faults were met")
        scene.sync()
        scene.same(wanted)
        return f"{hits} faults"


def eio_read(here, args, rng):
    with Scene(here, args, rng, "eio-read", "ingest") as scene:
        wanted, hits = {}, 0
        for n in range(1, 9):
            path, body = f"clip-{n}.mp4", rng.randbytes(9_500_000 if n > 6 else rng.randint(1, 600_000))
            scene.write(path, body)
            scene.mount.order("fail", "read", 0 if n % 3 == 0 else n, path)
            scene.sync((0, 3))
            there = scene.bucket.tree()
            check(there.get(path, body) == body, f"eio-read: {path} was stored in part: {len(there.get(path, b''))} bytes")
            hits += scene.mount.order("clear") == "0"
            wanted[path] = body
        check(hits >= 4, f"eio-read: only {hits} faults were met")
        scene.sync()
        scene.same(wanted)
        return f"{hits} faults"


def eio_fsync(here, args, rng):
    with Scene(here, args, rng, "eio-fsync", "two-way") as scene:
        wanted = {f"{n:02}.jpg": body for n, body in enumerate(bodies(rng, 6, 10, 300_000))}
        for path, body in wanted.items():
            scene.bucket.put(path, body)
        for call in ("fsync", "write", "create", "rename"):
            scene.mount.order("fail", call, 0, ".windlass-tmp-" if call != "rename" else ".jpg")
            scene.sync((0, 1, 3, 7))
            scene.mount.order("clear")
            apart = differ(wanted, scene.bucket.tree(), ("expectation", "bucket"))
            check(not apart, f"eio-fsync: {call}: {apart}")
            found = tree(scene.folder)
            torn = [path for path, body in found.items() if body != wanted.get(path)]
            check(not torn, f"eio-fsync: {call}: no whole file: {torn[:3]}")
            check(call == "rename" or not found, f"eio-fsync: {call}: {len(found)} files are there though it failed")
        scene.sync()
        scene.same(wanted)
        return "4 calls"


def short_reads(here, args, rng):
    with Scene(here, args, rng, "short-reads", "two-way", "--short-reads", "--plain-rename") as scene:
        sizes = [0, 1, 2, 3, 4095, 4097, 70_000, 1 << 20, (8 << 20) + 1, 9_700_001]
        wanted = {f"up/{size}.bin": rng.randbytes(size) for size in sizes}
        for path, body in wanted.items():
            scene.write(path, body)
        for size in sizes:
            wanted[f"down/{size}.bin"] = body = rng.randbytes(size)
            scene.bucket.put(f"down/{size}.bin", body)
        scene.sync()
        scene.same(wanted)
        for path in ("up/70000.bin", "down/4097.bin"):
            wanted[path] = rng.randbytes(rng.randint(1, 90_000))
            if path.startswith("up"):
                scene.bucket.put(path, wanted[path])
            else:
                scene.write(path, wanted[path])
        scene.sync()
        scene.same(wanted)
        return f"{len(wanted)} files"


def twins_of(said):
    return sorted(file["path"] for file in said.get("files", []) if file["cause"] == "name_twin")


def ignore_case(here, args, rng):
    shown = 0
    for mode in ("mirror-down", "two-way"):
        with Scene(here, args, rng, f"ignore-case-{mode}", mode, "--ignore-case", "--plain-rename") as scene:
            first = ["A.jpg", "B/one.jpg", "B/two.jpg", "D/three.jpg", "c.jpg", "Ä.jpg"]
            twins = ["a.jpg", "b/ONE.JPG", "b/one.jpg", "ä.jpg"]
            wanted = {path: rng.randbytes(1000 + n) for n, path in enumerate(first + twins)}
            for path, body in wanted.items():
                scene.bucket.put(path, body)

            def as_wanted(when, first, twins):
                said = scene.sync((0, 3))
                check(twins_of(said) == sorted(twins), f"{scene.name}: {when}: {twins_of(said)} are shown, not {sorted(twins)}")
                apart = differ(wanted, scene.bucket.tree(), ("expectation", "bucket"))
                check(not apart, f"{scene.name}: {when}: {apart}")
                found = tree(scene.mount.behind)
                apart = differ({path: wanted[path] for path in first}, found, ("expectation", "folder"))
                check(not apart, f"{scene.name}: {when}: {apart}")
                return len(twins)

            for turn in range(3):
                shown += as_wanted(f"turn {turn}", first, twins)
            # A new twin of a file that is there, and one of a folder that is empty.
            (scene.mount.behind / "Leer").mkdir()
            for path in ("C.JPG", "leer/neu.jpg"):
                wanted[path] = rng.randbytes(77)
                scene.bucket.put(path, wanted[path])
                twins.append(path)
            as_wanted("new twins", first, twins)
            # The first one goes: the other comes.
            del wanted["A.jpg"]
            scene.bucket.remove("A.jpg")
            (scene.mount.behind / "Leer").rmdir()
            for path, there in (("a.jpg", "A.jpg"), ("leer/neu.jpg", None)):
                twins.remove(path)
                first = [other for other in first if other != there] + [path]
            end = time.monotonic() + 40
            while tree(scene.mount.behind).get("a.jpg") != wanted["a.jpg"]:
                check(time.monotonic() < end, f"{scene.name}: a.jpg does not come though A.jpg is gone")
                scene.sync((0, 3))
            as_wanted("the first is gone", first, twins)
            if mode == "two-way":
                # Another spelling of a name that both sides have, of a file and of a folder.
                for old, new in (("c.jpg", "c.Jpg"), ("D", "d")):
                    os.rename(scene.mount.behind / old, scene.mount.behind / new)
                    for path in [path for path in first if path == old or path.startswith(f"{old}/")]:
                        first[first.index(path)] = moved = new + path[len(old):]
                        wanted[moved] = wanted.pop(path)
                end = time.monotonic() + 40
                while apart := differ(wanted, scene.bucket.tree(), ("expectation", "bucket")):
                    check(time.monotonic() < end, f"{scene.name}: renamed: {apart}")
                    scene.sync((0, 3))
                as_wanted("renamed", first, twins)
            scene.clean()
    return f"shown {shown}"


def coarse_times(here, args, rng):
    with Scene(here, args, rng, "coarse-times", "two-way", "--coarse", "2") as scene:
        wanted = {f"{n:02}.jpg": rng.randbytes(2000) for n in range(24)}
        for path, body in wanted.items():
            scene.write(path, body)
        watch = here.windlass("watch", *scene.words[:5], "0.3", data=scene.data)
        until(30, "the first uploads", lambda: scene.bucket.tree() == wanted)
        for turn in range(6):
            for path in list(wanted)[:4]:
                wanted[path] = rng.randbytes(2000)
                # In place: the same inode, the same size and, as often as not, the same time.
                with open(scene.folder / path, "r+b") as file:
                    file.write(wanted[path])
            time.sleep(rng.uniform(0.1, 0.9))
        back = scene.folder / "05.jpg"
        wanted["05.jpg"] = rng.randbytes(2000)
        scene.write("05.jpg", wanted["05.jpg"])
        os.utime(back, (1_000_000_000, 1_000_000_000))
        end = time.monotonic() + 40
        while scene.bucket.tree() != wanted:
            check(time.monotonic() < end, f"coarse-times: {differ(wanted, scene.bucket.tree(), ('expectation', 'bucket'))}")
            time.sleep(0.2)
        check(watch.poll() is None, f"coarse-times: watch ended: {lab.tail(watch)}")
        lab.interrupt(watch)
        # And while nobody watches: within the two seconds that the last look saw.
        for turn in range(3):
            path = f"late-{turn}.jpg"
            scene.write(path, rng.randbytes(500))
            scene.sync()
            wanted[path] = rng.randbytes(500)
            with open(scene.folder / path, "r+b") as file:
                file.write(wanted[path])
            scene.sync()
        scene.same(wanted)
        return f"{len(wanted)} files"


SCENES = {"ha9-eio-scan": eio_scan, "ha9-eio-read": eio_read, "hc5-eio-fsync": eio_fsync, "hb13-short-reads": short_reads,
          "ha16-ha17-ignore-case": ignore_case, "ha3-coarse-times": coarse_times}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--faultfs", type=Path, help="otherwise windlass-faultfs beside windlass")
    parser.add_argument("--only", choices=SCENES)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    args.faultfs = args.faultfs or Path(args.windlass).with_name("windlass-faultfs")
    with lab.Lab(args, proxy=weather.Proxy) as here:
        with Mount(here, args, "trial") as trial:
            if not trial.mounted:
                print(f"faultfs: left out: FUSE cannot be mounted here ({trial.why})", flush=True)
                return
        for name, scene in SCENES.items():
            if args.only in (None, name):
                started = time.monotonic()
                said = scene(here, args, rng)
                print(f"faultfs: ok {name} {said}, {time.monotonic() - started:.0f} s, seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
