#!/usr/bin/env python3
"""Cuts the power while the real `windlass` works (hazards HC1, HC2, HC9 and HB35).

usage: powercut.py --windlass BIN [--cuts 80] [--seed N]

Folder and journal lie on an ext4 image on a loop device. The image itself lies on an XFS, where a clone of a file is one moment
of it: what ext4 had not written yet is missing in the clone, as after a power cut. Mounted with `commit=1,noauto_da_alloc`,
so that names are on the disk long before their contents. At a random moment of a run the network stops, the image is
cloned, the client is killed; the clone is mounted (ext4 replays its own journal) and the client runs to its end. Four
worlds take turns: ingest, two-way and mirror-down with all on the image, and two-way with only the journal there.

In each cut somebody also saves a file that is Safe, without a flush and under its old time: it comes back with 0 bytes. Must
hold: the journal passes integrity_check; nothing is deleted in the bucket, and no version of any key holds anything but what
somebody put there; what was emptied comes back from the bucket and never goes up; whatever is whole on the image or in the
bucket ends up on both sides; no temporary file and no upload stays. Needs root and loop devices, or is left out.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import weather
from weather import Bucket, bodies, differ, lab, save, tree
from lab import check

MOUNT = "loop,commit=1,noauto_da_alloc"
WORLDS = [("ingest", "all"), ("two-way", "all"), ("mirror-down", "all"), ("two-way", "journal")]


def sh(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Arena:
    """A place whose files can be cloned in one moment; it lies in memory where there is some."""

    def __init__(self, work):
        shm = Path("/dev/shm")
        self.in_memory = shm.is_dir() and shutil.disk_usage(shm).free > 4 << 30
        self.home = Path(tempfile.mkdtemp(prefix="windlass-powercut-", dir=shm if self.in_memory else work))
        self.place = self.home / "images"
        self.place.mkdir()
        sh("truncate", "-s", "3G", self.home / "xfs.img")
        sh("mkfs.xfs", "-q", "-m", "reflink=1", self.home / "xfs.img")
        sh("mount", "-o", "loop", self.home / "xfs.img", self.place)

    def close(self):
        subprocess.run(["umount", "-l", self.place], check=False)
        shutil.rmtree(self.home, ignore_errors=True)


class Power:
    """A disk that loses its power."""

    def __init__(self, arena, name, mount):
        self.arena, self.name, self.mount, self.number = arena, name, mount, 0
        self.image = arena.place / f"{name}-0.img"
        mount.mkdir()
        sh("truncate", "-s", "320M", self.image)
        sh("mkfs.ext4", "-q", "-F", "-m", "0", self.image)
        sh("mount", "-o", MOUNT, self.image, mount)

    def clone(self):
        """What is on the disk in this moment."""
        self.number += 1
        cut = self.arena.place / f"{self.name}-{self.number}.img"
        sh("cp", "--reflink=always", self.image, cut)
        return cut

    def back(self, cut):
        """Power again, with what was on the disk then."""
        lab.until(20, f"the end of all that works on {self.mount}", self.unmount)
        self.image.unlink()
        self.image = cut
        sh("mount", "-o", MOUNT, cut, self.mount)

    def unmount(self):
        return subprocess.run(["umount", self.mount], check=False, stderr=subprocess.DEVNULL).returncode == 0

    def close(self):
        subprocess.run(["umount", "-l", self.mount], check=False, stderr=subprocess.DEVNULL)


class World:
    """One folder in one mode, cut after cut: each begins where the last one was found right."""

    def __init__(self, here, args, arena, number, mode, variant, rng):
        self.here, self.args, self.mode, self.variant, self.rng = here, args, mode, variant, rng
        self.name = f"{mode}-{variant}"
        self.power = Power(arena, f"w{number}", here.work / f"disk-{number}")
        self.folder = (self.power.mount if variant == "all" else here.work / f"beside-{number}") / "folder"
        self.data = self.power.mount / "journal"
        self.folder.mkdir(parents=True)
        self.bucket = Bucket(here, f"{self.name}/")
        self.words = [self.folder, f"s3://{here.bucket}/{self.name}", "--mode", mode, "--settle", "0"]
        # All that anybody ever put anywhere, by path.
        self.known, self.turn, self.during, self.emptied = {}, 0, 0, 0
        # What people did since the last cut: certain to be there afterwards, and saved without a flush.
        self.durable, self.new_here = {}, set()
        self.here_too, self.there_too = mode != "mirror-down", mode != "ingest"
        for n, body in enumerate(bodies(rng, 24, 1_000, 60_000)):
            self.person_here(f"old/{n:03}.jpg", body, True) if self.here_too else self.person_there(f"old/{n:03}.jpg", body)
        self.run("the first run")
        self.base = self.bucket.tree()

    def person_here(self, path, body, durable):
        self.known.setdefault(path, []).append(body)
        if durable:
            self.durable[path] = body
        else:
            self.new_here.add(path)
        save(self.folder / path, body, durable)

    def person_there(self, path, body):
        self.known.setdefault(path, []).append(body)
        self.durable[path] = body
        self.bucket.put(path, body)

    def run(self, what):
        code, said = self.here.run("sync", *self.words, data=self.data, timeout=90)
        check(code == 0, f"{self.name}: {what} ended with {code}: {said}")

    def work(self):
        """What people do between two cuts: new files, and careful edits of a few."""
        self.turn += 1
        self.durable, self.new_here = {}, set()
        sizes = [(5, 300, 200_000), (1, 400_000, 900_000)] + ([(1, 9_000_000, 11_000_000)] if self.turn % 4 == 0 else [])
        new = [body for size in sizes for body in bodies(self.rng, *size)]
        spots = self.rng.sample(sorted(p for p in self.known if p.startswith("old/")), 6)
        self.doomed, edits = spots[0], spots[1:5]
        for n, body in enumerate(new):
            if self.here_too:
                self.person_here(f"new/{self.turn:03}-here-{n}.jpg", body, False)
            if self.there_too:
                self.person_there(f"new/{self.turn:03}-there-{n}.jpg", body[::-1])
        for n, path in enumerate(edits):
            body = self.rng.randbytes(self.rng.randint(1_000, 60_000))
            if self.mode == "two-way" and n % 2 == 0:
                self.person_here(path, body, True)
            elif self.there_too:
                self.person_there(path, body)
        return sum(map(len, new)) * (self.here_too + self.there_too)

    def careless(self):
        """Saves a Safe file anew, keeping its time, without a flush; then something else is flushed, and the name with it."""
        path = self.folder / self.doomed
        was = path.stat()
        body = self.rng.randbytes(was.st_size + 700)
        self.known[self.doomed].append(body)
        aside = path.with_name("aside~")
        aside.write_bytes(body)
        os.utime(aside, ns=(was.st_atime_ns, was.st_mtime_ns))
        aside.replace(path)
        with (self.folder.parent / "other").open("ab") as other:
            other.write(b"x")
            other.flush()
            os.fsync(other.fileno())
        return was.st_mtime_ns

    def cut(self):
        rng, proxy = self.rng, self.here.proxy
        volume = self.work()
        process = self.here.windlass("sync", *self.words, "--bandwidth", "4000000", data=self.data)
        # A share of what has to pass; beyond the end too.
        goal, start = rng.uniform(0, 1.15) * volume, proxy.sent + proxy.received
        end = time.monotonic() + 40
        while process.poll() is None and proxy.sent + proxy.received - start < goal and time.monotonic() < end:
            time.sleep(0.005)
        # Between two requests, or before a commit that follows one.
        weather.pause(process, rng.choice([0, 0, rng.uniform(0, 0.2)]))
        self.during += process.poll() is None
        check(process.poll() in (None, 0), f"{self.name}: ended with {process.poll()}: {lab.tail(process)}")
        proxy.shut()
        time_kept = self.careless() if self.variant == "all" else None
        cut = self.power.clone()
        process.send_signal(signal.SIGKILL)
        process.wait()
        proxy.reopen()
        self.power.back(cut)
        self.after(time_kept)

    def after(self, time_kept):
        name, there = self.name, self.bucket.tree()
        found = tree(self.folder)
        emptied = time_kept is not None and found.get(self.doomed) == b""
        if emptied:
            check((self.folder / self.doomed).stat().st_mtime_ns == time_kept, f"{name}: {self.doomed} has another time")
            self.emptied += 1
        if time_kept is not None and not emptied and self.mode == "mirror-down":
            # The old file with its old time, or the new one whole: an edit of one's own, which this mode leaves alone.
            save(self.folder / self.doomed, self.base[self.doomed], True)
        self.here.data = self.data
        self.here.judge_journal()
        code, said = self.here.run("sync", *self.words, data=self.data, timeout=90)
        lost = {path for path, body in there.items() if self.mode == "ingest" and found.get(path, body) != body}
        if lost:
            # What the cut took from Safe files may not go up, and nothing comes down in this mode: a person is told.
            told = {file["path"] for file in said[-1].get("files", [])} if said else set()
            check(code == 3 and told == lost, f"{name}: ended with {code}, and {sorted(lost)} need a person: {said}")
            for path in lost:
                check((self.folder / path).read_bytes() == found[path], f"{name}: {path} was touched")
                save(self.folder / path, there[path], True)
            self.run("the run after what was lost was put back")
        else:
            check(code == 0, f"{name}: the run after the cut ended with {code}: {said}")
        self.judge(there, found, emptied)

    def expected(self, there, found, emptied):
        """What the bucket has to hold in the end."""
        wanted = dict(self.base)
        for path in self.new_here:
            # Never flushed: what had arrived stays as it arrived; otherwise it is what the power cut left of it.
            left = there.get(path, found.get(path))
            wanted |= {} if left is None else {path: left}
        wanted |= self.durable
        if self.variant == "all" and not emptied and self.mode == "two-way":
            wanted[self.doomed] = found[self.doomed]
        return wanted

    def copies(self, now, there, found):
        """Conflict copies. An object had arrived, the journal did not know of it yet, and the cut took a part of the file or
        all of it: nobody can say any more that it is no file of somebody's, so both are kept."""
        plain = {path: re.sub(r" \(conflict[^)]*\)", "", path) for path in now if path not in self.base}
        return {path: now[path] for path, of in plain.items()
                if path != of and of in self.new_here and of in there and now[path] == found.get(of) != there[of]}

    def judge(self, there, found, emptied):
        name, here, now = self.name, tree(self.folder), self.bucket.tree()
        copies = self.copies(now, there, found)
        for path, body in copies.items():
            self.known.setdefault(path, []).append(body)
        stored, deleted = self.bucket.versions()
        check(not deleted, f"{name}: deleted in the bucket: {deleted[:4]}")
        for path, body in stored:
            torn = path in self.new_here and path not in there and body == found.get(path)
            check(body in self.known.get(path, []) or torn, f"{name}: {path} once held {len(body)} bytes that nobody put there")
        wanted = self.expected(there, found, emptied) | copies
        apart = differ(wanted, now, ("expectation", "bucket"))
        check(not apart, f"{name}: {apart}; emptied: {emptied and self.doomed}")
        if self.mode != "ingest":
            apart = differ(here, now)
            check(not apart, f"{name}: {apart}; emptied: {emptied and self.doomed}")
        left = weather.temps(self.folder)
        check(not left, f"{name}: temporary files stay: {left[:3]}")
        check(not self.bucket.open_uploads(), f"{name}: uploads stay open: {self.bucket.open_uploads()}")
        self.base = now
        for path, body in now.items():
            if body not in self.known.setdefault(path, []):
                self.known[path].append(body)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--cuts", type=int, default=80)
    parser.add_argument("--world", choices=["-".join(world) for world in WORLDS], help="only this one")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    if os.geteuid() != 0:
        print("powercut: left out: mounting images needs root", flush=True)
        return
    started = time.monotonic()
    with lab.Lab(args, proxy=weather.Proxy) as here:
        here.reader.put_bucket_versioning(Bucket=here.bucket, VersioningConfiguration={"Status": "Enabled"})
        try:
            arena = Arena(here.work)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"powercut: left out: no XFS image can be made and mounted here ({error})", flush=True)
            return
        worlds = []
        try:
            for number, (mode, variant) in enumerate(WORLDS):
                if args.world in (None, f"{mode}-{variant}"):
                    worlds.append(World(here, args, arena, number, mode, variant, rng))
            for n in range(args.cuts):
                worlds[n % len(worlds)].cut()
        finally:
            for world in worlds:
                world.power.close()
            arena.close()
        during, emptied = sum(w.during for w in worlds), sum(w.emptied for w in worlds)
        check(during >= args.cuts // 2, f"only {during} of {args.cuts} cuts came before a run's end")
        able = sum(w.turn for w in worlds if w.variant == "all")
        check(emptied >= able // 2, f"only {emptied} of {able} files came back empty: the cuts are not what they should be")
        print(f"powercut: ok cuts={args.cuts} before the end={during} emptied={emptied} "
              f"{time.monotonic() - started:.0f} s, seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
