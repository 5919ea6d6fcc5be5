#!/usr/bin/env python3
"""Ends the real `windlass` with `kill -9` while two people work on both sides (hazards HC2, HD1, HD2, HD8, HA31, HA32).

usage: kills.py --windlass BIN [--kills 200] [--only two-way|mirror-down] [--seed N]

Seven in ten kills meet a two-way folder, the others a mirror down. While `windlass watch` or `windlass sync` runs, and
between kills, somebody here and somebody there make, edit, rename and delete files, sometimes the same ones. Each edit and
delete says exactly which content it took away: names change places in one step here, and a condition holds there. After
every 20 kills one run to the end, with a person who allows the deletes that were asked about. Must hold: both sides
are equal; every content that nobody replaced or deleted lies under a visible name; nothing holds anything that nobody
wrote; no temporary file and no upload stays; the journal passes integrity_check, after each kill too. In the mirror nothing
changes in the bucket, and what somebody here wrote is left alone.
"""
import argparse
import ctypes
import os
import signal
import time
from pathlib import Path

from botocore.exceptions import ClientError

import weather
from weather import Bucket, differ, lab, tree
from lab import check

EXCHANGE = 2


def change_places(a, b):
    """Two names in one step, so that it is certain which content was replaced."""
    if weather.LIBC.renameat2(-100, os.fsencode(a), -100, os.fsencode(b), EXCHANGE) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


class World:
    """One folder, one prefix, and what people did."""

    def __init__(self, here, args, mode, rng):
        self.here, self.mode, self.rng, self.args = here, mode, rng, args
        self.folder, self.side = here.work / f"{mode}-folder", here.work / f"{mode}-side"
        self.data = here.work / f"{mode}-journal"
        self.folder.mkdir()
        self.side.mkdir()
        self.bucket = Bucket(here, f"{mode}/")
        self.words = [self.folder, f"s3://{here.bucket}/{mode}", "--mode", mode, "--settle", "0", "--absence", "0.3"]
        # Contents that somebody wrote and nobody took away, those that somebody took away, and in the mirror what is there.
        self.alive, self.gone, self.there, self.touched = {}, {}, {}, set()
        self.orphans, self.told = set(), set()
        self.number = self.during = self.conflicts = self.deletes = 0
        for _ in range(60):
            self.new_there()
        if mode == "two-way":
            for _ in range(30):
                self.new_here()
        self.rest("the first run")

    def content(self):
        self.number += 1
        size = 9_000_000 if self.rng.random() < 0.01 else self.rng.choice([200, 5_000, 60_000])
        body = f"{self.mode} {self.number} ".encode() + self.rng.randbytes(self.rng.randint(1, size))
        self.alive[body] = self.number
        return body

    def take(self, body, by):
        """Somebody saw this content and took it away, by an edit or a delete."""
        if self.alive.pop(body, None) is not None:
            self.gone[body] = by

    def somewhere(self):
        return f"{self.rng.choice(['a', 'b', 'b/c', 'ä'])}/{self.rng.randrange(10_000):04}.jpg"

    def written(self, body):
        path = self.side / "new"
        path.write_bytes(body)
        return path

    def any_here(self):
        names = sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*")
                       if p.is_file() and not str(p.relative_to(self.folder)).startswith(weather.OURS) and not p.name.startswith(weather.OURS))
        return self.rng.choice(names) if names else None

    def any_there(self):
        listed = self.here.reader.list_objects_v2(Bucket=self.here.bucket, Prefix=self.bucket.prefix).get("Contents", [])
        names = [entry["Key"].removeprefix(self.bucket.prefix) for entry in listed]
        names = [name for name in names if not name.startswith(weather.OURS)]
        return self.rng.choice(names) if names else None

    def new_here(self, path=None):
        path = path or self.somewhere()
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self.written(self.content()), target)
        except FileExistsError:
            self.alive.popitem()
        (self.side / "new").unlink()
        self.touched.add(path)

    def edit_here(self, path=None):
        path = path or self.any_here()
        if path is None:
            return
        body = self.content()
        new = self.written(body)
        try:
            change_places(new, self.folder / path)
        except FileNotFoundError:
            # The client moved it away in this moment.
            del self.alive[body]
        else:
            self.take(new.read_bytes(), f"an edit of {path} here")
        new.unlink()
        self.touched.add(path)

    def rename_here(self):
        path, to = self.any_here(), self.somewhere()
        if path is None or (self.folder / to).exists():
            return
        (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
        try:
            (self.folder / path).rename(self.folder / to)
        except FileNotFoundError:
            return
        self.touched |= {path, to}

    def delete_here(self):
        path, out = self.any_here(), self.side / "out"
        if path is None:
            return
        try:
            (self.folder / path).rename(out)
        except FileNotFoundError:
            return
        self.take(out.read_bytes(), f"a delete of {path} here")
        out.unlink()
        self.touched.add(path)
        self.deletes += 1

    def replace_there(self, path, body):
        """Over exactly the version that was read, or over nothing; `False` when another writer was quicker."""
        key, reader = self.bucket.prefix + path, self.here.reader
        try:
            found = reader.get_object(Bucket=self.here.bucket, Key=key)
            old, condition = found["Body"].read(), {"IfMatch": found["ETag"]}
        except ClientError as error:
            check(error.response["Error"]["Code"] == "NoSuchKey", f"reading {key}: {error}")
            old, condition = None, {"IfNoneMatch": "*"}
        try:
            if body is None and old is not None:
                reader.delete_object(Bucket=self.here.bucket, Key=key, IfMatch=condition["IfMatch"])
            elif body is not None:
                reader.put_object(Bucket=self.here.bucket, Key=key, Body=body, **condition)
        except ClientError as error:
            # The client was quicker.
            check(error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 409, 412), f"writing {key}: {error}")
            self.alive.pop(body, None)
            return
        if old is not None:
            self.take(old, f"{'a delete' if body is None else 'an edit'} of {path} there")
        if body is None:
            self.there.pop(path, None)
        else:
            self.there[path] = body

    def new_there(self):
        self.replace_there(self.somewhere(), self.content())

    def edit_there(self, path=None):
        path = path or self.any_there()
        if path is not None:
            self.replace_there(path, self.content())

    def delete_there(self):
        path = self.any_there()
        if path is not None:
            self.replace_there(path, None)
            self.deletes += 1

    def edit_both(self):
        path = self.any_here()
        if path is not None:
            self.edit_there(path)
            self.edit_here(path)

    def people(self):
        """One thing that somebody does."""
        acts = [(self.new_here, 3), (self.new_there, 4), (self.edit_here, 3), (self.edit_there, 4),
                (self.rename_here, 1.5), (self.edit_both, 1.5), (self.delete_here, 0.5), (self.delete_there, 0.5)]
        if self.mode == "mirror-down":
            # Mostly what comes down; a little of one's own.
            acts = [(self.new_there, 4), (self.edit_there, 4), (self.delete_there, 0.5), (self.new_here, 0.3), (self.edit_here, 0.2)]
        self.rng.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()

    def kill(self):
        rng = self.rng
        for _ in range(rng.randint(0, 4)):
            self.people()
        command = "watch" if rng.random() < 0.7 else "sync"
        process = self.here.windlass(command, *self.words, "--bandwidth", "6000000", data=self.data)
        life = 0.12 + min(rng.expovariate(3), 1.5)
        end = time.monotonic() + life
        while process.poll() is None and (left := end - time.monotonic()) > 0:
            weather.pause(process, rng.uniform(0, left))
            if rng.random() < 0.6 and time.monotonic() < end:
                self.people()
        check(process.poll() in (None, 0, 3), f"{self.mode}: ended with {process.poll()}: {lab.tail(process)}")
        self.during += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.journal()

    def journal(self):
        if self.data.is_dir() and any(self.data.glob("*.sqlite")):
            self.here.data = self.data
            self.here.judge_journal()

    def rest(self, what):
        """Runs to the end; a person allows what is asked."""
        for _ in range(6):
            code, said = self.here.run("sync", *self.words, data=self.data, timeout=90)
            if code != 3 or "brake" not in said[-1]:
                break
            self.here.run("sync", *self.words, "--yes-delete", said[-1]["brake"]["id"], data=self.data, timeout=90)
        # A conflict of the mirror and of one's own file is shown.
        check(code == 0 or self.mode == "mirror-down" and code == 3, f"{self.mode}: {what} ended with {code}: {said}")
        self.conflicts += said[-1]["conflicts"] if said else 0
        self.told = {f["path"] for f in said[-1].get("files", []) if f["cause"] == "receiver_changed"} if said else set()
        self.said = f"it ended with {code}: {str(said)[-600:]}"

    def judge(self):
        self.rest("the run to the end")
        name, here, there = self.mode, tree(self.folder), self.bucket.tree()
        known = self.alive.keys() | self.gone.keys()
        for side in (here, there):
            strange = [path for path, body in side.items() if body not in known]
            check(not strange, f"{name}: {strange[:3]} hold what nobody wrote")
        if name == "two-way":
            apart = differ(here, there)
            visible = set(there.values())
        else:
            apart = differ(self.there, there, ("expectation", "bucket"))
            check(not apart, f"{name}: the bucket was changed: {apart}")
            # Killed between a file's arrival and its note in the journal, and then replaced there: the file counts as somebody's
            # own and is shown. It must stay rare.
            self.orphans |= self.told - self.touched
            check(len(self.orphans) <= 3, f"{name}: {sorted(self.orphans)} count as changed here and nobody did; {self.said}")
            alone = self.touched | self.orphans
            apart = differ(*({p: b for p, b in side.items() if p not in alone} for side in (here, there)))
            visible = set(there.values()) | set(here.values())
        check(not apart, f"{name}: {apart}; {self.said}")
        lost = [body[:24].split(b" ")[1] for body in self.alive if body not in visible]
        check(not lost, f"{name}: {len(lost)} contents were lost: number {lost[:4]}")
        left = weather.temps(self.folder)
        check(not left, f"{name}: temporary files stay: {left[:3]}")
        check(not self.bucket.open_uploads(), f"{name}: uploads stay open: {self.bucket.open_uploads()}")
        self.journal()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--only", choices=["two-way", "mirror-down"])
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    started = time.monotonic()
    with lab.Lab(args) as here:
        worlds = [World(here, args, mode, rng) for mode in ("two-way", "mirror-down") if args.only in (None, mode)]
        for n in range(args.kills):
            world = worlds[0] if len(worlds) == 1 or n % 10 < 7 else worlds[1]
            world.kill()
            if n % 20 == 19 or n + 1 == args.kills:
                for world in worlds:
                    world.judge()
        during, conflicts = sum(w.during for w in worlds), sum(w.conflicts for w in worlds)
        check(during >= args.kills * 2 // 3, f"only {during} of {args.kills} kills came before a run's end")
        check(args.only or args.kills < 100 or conflicts, "no conflict was met")
        print(f"kills: ok kills={args.kills} before the end={during} contents={sum(w.number for w in worlds)} "
              f"deletes={sum(w.deletes for w in worlds)} conflicts seen={conflicts} "
              f"taken for one's own={sum(len(w.orphans) for w in worlds)} {time.monotonic() - started:.0f} s, "
              f"seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
