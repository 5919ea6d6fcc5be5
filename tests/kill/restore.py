#!/usr/bin/env python3
"""A hundred random histories on a real server: puts, uploads in parts, deletes, markers upon markers, markers that are destroyed,
several within a second, the first of them before the bucket kept versions. Then random moments are brought back by a client that
is killed meanwhile: the listing and the bytes are exactly those of that moment. Its undo, killed as well, gives exactly the state
before."""
import argparse
import hashlib
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import lab
from rename import cpu, job_rows

ROOT = "moments/"
NAMES = ["IMG_1.JPG", "a b+c%20.jpg", "ü/Brücke 📷.jpg", "quote'\"&<>.txt"]
ROUNDS = 7


def body(number):
    return f"what was written as number {number}\n".encode() * (number % 3 + 1)


class History:
    """What happened to each key, in its order; bytes or `None` for a marker, and the version that it made."""

    def __init__(self, here, histories, rng):
        self.here, self.rng = here, rng
        self.events = {f"{ROOT}{number:03}/{name}": [] for number in range(histories) for name in NAMES}
        self.written = 0

    def put(self, key, round_number):
        self.written += 1
        content, reader, bucket = body(self.written), self.here.reader, self.here.bucket
        if self.rng.random() < 0.1:
            upload = reader.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
            part = reader.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=content)["ETag"]
            made = reader.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={
                "Parts": [{"ETag": part, "PartNumber": 1}]})
        else:
            made = reader.put_object(Bucket=bucket, Key=key, Body=content)
        return (round_number, content, made.get("VersionId"))

    def act(self, key, round_number):
        events, what = self.events[key], self.rng.random()
        if round_number == 0 or what < 0.6:
            events.append(self.put(key, round_number))
            return
        if what < 0.9:
            made = self.here.reader.delete_object(Bucket=self.here.bucket, Key=key)
            # Ceph puts no marker on top of a marker.
            if made.get("VersionId"):
                events.append((round_number, None, made["VersionId"]))
            return
        markers = [event for event in events if event[1] is None]
        if markers:
            gone = self.rng.choice(markers)
            self.here.reader.delete_object(Bucket=self.here.bucket, Key=key, VersionId=gone[2])
            # Nobody can tell any more that it was ever there.
            events.remove(gone)

    def round(self, number):
        """A third of the keys, two things at some of them. Gives a moment at which all of it is told to have happened."""
        for key in self.rng.sample(sorted(self.events), len(self.events) // 3):
            self.act(key, number)
            if self.rng.random() < 0.2:
                self.act(key, number)
        moment = time.time()
        # Some servers tell whole seconds.
        time.sleep(max(0.0, int(moment) + 1.1 - time.time()))
        return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")

    def at(self, number):
        """What was there after a round, by key."""
        last = {key: [event[1] for event in events if event[0] <= number] for key, events in self.events.items()}
        return {key: events[-1] for key, events in last.items() if events and events[-1] is not None}


def compare(here, wanted, what):
    listed = {}
    for page in here.reader.get_paginator("list_objects_v2").paginate(Bucket=here.bucket, Prefix=ROOT):
        for entry in page.get("Contents", []):
            listed[entry["Key"]] = (entry["Size"], entry["ETag"])
    missing, surplus = sorted(set(wanted) - set(listed)), sorted(set(listed) - set(wanted))
    lab.check(not missing and not surplus, f"{what}: {len(missing)} missing {missing[:3]}, {len(surplus)} surplus {surplus[:3]}")
    # An MD5 says what bytes they are; whatever was uploaded in parts has to be read.
    read = [key for key, (_, etag) in listed.items() if etag != f'"{hashlib.md5(wanted[key]).hexdigest()}"']

    def one(key):
        return here.reader.get_object(Bucket=here.bucket, Key=key)["Body"].read() == wanted[key]
    with ThreadPoolExecutor(4) as pool:
        other = [key for key, same in zip(read, pool.map(one, read)) if not same]
    lab.check(not other, f"{what}: {len(other)} hold other bytes, such as {other[:3]}")


def kill_after(here, process, seconds, which):
    """Ends the client so long after it began with the job. False when it was quicker."""
    while process.poll() is None and [job[1] for job in job_rows(here)[which:]] != ["running"]:
        time.sleep(0.01)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def carried(here, first, waits):
    """Runs a job with kills; its id, objects and kills."""
    which, kills = len(job_rows(here)), 0
    process = first()
    for wait in waits:
        if kill_after(here, process, wait, which):
            kills += 1
            process = here.windlass("jobs", "--wait", endpoint=here.server.endpoint)
    code = process.wait()
    lab.check(code == 0, f"the last run ended with {code}: {lab.tail(process)}")
    job = job_rows(here)[which]
    lab.check(job[1] == "done" and job[2] == job[3], f"the journal says {job}")
    return job[0], job[2], kills


def run(args, server, rng):
    with lab.Lab(args, server) as here:
        history = History(here, args.histories, rng)
        moments = [history.round(0)]
        here.reader.put_bucket_versioning(Bucket=here.bucket, VersioningConfiguration={"Status": "Enabled"})
        moments += [history.round(number) for number in range(1, ROUNDS)]
        now = history.at(ROUNDS)
        compare(here, now, "the test itself")
        place, direct, total, kills, used, began = f"s3://{here.bucket}/{ROOT}", here.server.endpoint, 0, 0, cpu(), time.monotonic()
        for left, number in zip(range(args.moments - 1, -1, -1), rng.sample(range(ROUNDS - 1), args.moments)):
            how = ["--rewritten"] if rng.random() < 0.5 else []
            # A marker that is taken away is destroyed, and later moments are told without it: so in the last one only.
            how += ["--remove-markers"] if left == 0 else []
            said = f"{server}, round {number}, {how}, seed {args.seed}"
            restore = lambda: here.windlass(  # noqa: E731
                "restore", place, "--at", moments[number], "--hide-added", *how, endpoint=direct)  # noqa: B023
            job, objects, killed = carried(here, restore, [rng.uniform(0, 0.4) for _ in range(3)])
            compare(here, history.at(number), f"brought back ({said})")
            back = lambda: here.windlass("jobs", "--undo", job, endpoint=direct)  # noqa: E731, B023
            _, undone, killed_back = carried(here, back, [rng.uniform(0, 0.4) for _ in range(2)])
            compare(here, now, f"taken back ({said})")
            lab.check(undone == objects, f"{undone} of {objects} were taken back ({said})")
            total, kills = total + objects + undone, kills + killed + killed_back
        lab.check(kills >= args.moments, f"only {kills} kills came before the end")
        here.judge_journal()
        print(f"restore: ok server={server} histories={args.histories} moments={args.moments}: {total} objects in "
              f"{time.monotonic() - began:.0f} s with {kills} kills, {(cpu() - used) / total * 1000:.1f} ms of our processor each, "
              f"seed={args.seed}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True, action="append", choices=["practice", "seaweedfs", "rgw"])
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--moments", type=int, default=3)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    for name in args.server:
        run(args, name, rng)


if __name__ == "__main__":
    main()
