#!/usr/bin/env python3
"""Runs the real `windlass` on a file system that misbehaves (hazards HA3, HA4, HA9, HA16, HA17, HC5, HB13).

usage: faultfs.py --windlass BIN [--faultfs BIN] [--only NAME] [--seed N]

The file system is `windlass-faultfs` (FUSE). Must hold:
eio-scan       whatever call of a scan fails, what could not be seen is unknown and never gone: nothing is deleted in the bucket,
               though the client believes in absence at once; afterwards all is in step
eio-read       a file that cannot be read on the way up is never stored in part; it goes up when it can be read again
eio-fsync      a download that cannot be flushed is not there; it comes when the disk flushes again
short-reads    reads that give only a part of what was asked for change no content, up and down
ignore-case    of keys that differ by case only, one comes down; the others stay in the bucket, nothing is overwritten or
               deleted, and a case-only rename here loses nothing
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


def echoes(wanted, there):
    """Objects that came down into a folder of another case and went up again under its name. Nothing is lost by it."""
    lower = {(path.lower(), body) for path, body in wanted.items()}
    return {path: body for path, body in there.items() if path not in wanted and (path.lower(), body) in lower}


def ignore_case(here, args, rng):
    shown, echoed = [], {}
    for mode in ("mirror-down", "two-way"):
        with Scene(here, args, rng, f"ignore-case-{mode}", mode, "--ignore-case", "--plain-rename") as scene:
            twins = ["A.jpg", "a.jpg", "B/one.jpg", "b/one.jpg", "b/ONE.JPG", "B/two.jpg", "c.jpg"]
            wanted = {path: rng.randbytes(1000 + n) for n, path in enumerate(twins)}
            for path, body in wanted.items():
                scene.bucket.put(path, body)
            for turn in range(3):
                shown.append(scene.sync((0, 3)).get("failed", 0))
                there = scene.bucket.tree()
                new = echoes(wanted, there) if mode == "two-way" else {}
                echoed |= new
                apart = differ(wanted | new, there, ("expectation", "bucket"))
                check(not apart, f"{scene.name}: turn {turn}: {apart}")
                found = tree(scene.mount.behind)
                names = [path.lower() for path in found]
                check(sorted(names) == sorted(set(map(str.lower, twins))), f"{scene.name}: the folder holds {sorted(found)}")
                strange = [path for path, body in found.items() if body not in wanted.values()]
                check(not strange, f"{scene.name}: {strange} hold what nobody wrote")
            # A new twin of a file that is there.
            wanted["C.JPG"] = rng.randbytes(77)
            scene.bucket.put("C.JPG", wanted["C.JPG"])
            scene.sync((0, 3))
            there = scene.bucket.tree()
            apart = differ(wanted | (echoes(wanted, there) if mode == "two-way" else {}), there, ("expectation", "bucket"))
            check(not apart, f"{scene.name}: a new twin: {apart}")
            check((scene.folder / "c.jpg").read_bytes() == wanted["c.jpg"], f"{scene.name}: a twin replaced c.jpg")
            if mode == "two-way":
                # A file of one's own gets another case: its content stays, under one name or the other.
                scene.write("own.jpg", b"own")
                scene.sync((0, 3))
                os.rename(scene.mount.behind / "own.jpg", scene.mount.behind / "Own.jpg")
                scene.sync((0, 3))
                scene.sync((0, 3))
                check(b"own" in scene.bucket.tree().values(), f"{scene.name}: a rename of case only lost the object")
                check(b"own" in tree(scene.folder).values(), f"{scene.name}: a rename of case only lost the file")
            scene.clean()
    if echoed or not any(shown):
        print(f"faultfs: note: twins shown {sum(shown)} times; sent up again under another case: {sorted(echoed)}", flush=True)
    return f"shown {sum(shown)}"


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
