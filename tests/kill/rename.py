#!/usr/bin/env python3
"""A folder of 100,000 objects is renamed on the server while the client is killed again and again. It ends after a restart,
every object is there with its content, headers, metadata and tags, nothing is left behind, and the undo, killed as well,
brings all of it back. What a client measures of itself is printed: renames a second, and its processor time."""
import argparse
import hashlib
import re
import resource
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import lab

FROM, TO = "bridges/A14/raw/", "bridges/A14/2026-05-12 +raw%/"
# Names that servers, proxies and clients like to mend. Not all servers keep all of them; what one does not keep is left out.
ODD = ["a b+c%20.jpg", "ü/Brücke 📷.jpg", "x//y", "../up.txt", "./here.txt", "folder/", "quote'\"&<>.txt", "a=b;c,d?e#f", "~tilde*"]
META = {"Metadata": {"job": "4711", "inspector": "ana"}, "ContentType": "image/x-test", "CacheControl": "max-age=77",
        "ContentDisposition": 'inline; filename="x.jpg"', "ContentLanguage": "de"}


def body(number):
    return f"object {number:06} of a bridge, and some bytes more\n".encode()


def fill(here, objects, work):
    """Uploads by the client itself, which is faster than any script; then some with headers, metadata and tags."""
    folder = work / "raw"
    for number in range(objects):
        path = folder / f"{number // 1000:03}" / f"IMG_{number:06}.JPG"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body(number))
    code, said = here.run("cp", folder, f"s3://{here.bucket}/{FROM.removesuffix('raw/')}", endpoint=here.server.endpoint,
                          timeout=1800)
    lab.check(code == 0, f"the upload ended with {code}: {said}")
    shutil.rmtree(folder)
    special = {}
    for number, name in enumerate(ODD):
        key = f"{FROM}{name}"
        try:
            here.reader.put_object(Bucket=here.bucket, Key=key, Body=b"" if name.endswith("/") else body(900_000 + number), **META)
            special[name] = number
        except Exception as error:  # noqa: BLE001  (a server that does not take a key is not what is tried here)
            print(f"rename: this server does not take {name!r}: {type(error).__name__}", flush=True)
    # What a server stored under another name than it was told is not what is tried here.
    listed = seen(here, FROM)
    for name in [one for one in listed if not re.search(r"IMG_\d", one) and one not in special]:
        here.reader.delete_object(Bucket=here.bucket, Key=FROM + name)
    special = {name: number for name, number in special.items() if name in listed}
    for name in list(special)[:4]:
        try:
            here.reader.put_object_tagging(Bucket=here.bucket, Key=FROM + name, Tagging={"TagSet": [{"Key": "k", "Value": "v 1"}]})
        except Exception:  # noqa: BLE001
            pass
    return special


def seen(here, prefix):
    """ETag and size by what comes after the prefix."""
    found = {}
    for page in here.reader.get_paginator("list_objects_v2").paginate(Bucket=here.bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            lab.check(entry["Key"] not in found, f"{entry['Key']} is listed twice")
            found[entry["Key"].removeprefix(prefix)] = (entry["Size"], entry["ETag"])
    return found


def describe(here, key):
    head = here.reader.head_object(Bucket=here.bucket, Key=key)
    names = ("ContentType", "CacheControl", "ContentDisposition", "ContentLanguage", "Metadata", "ContentLength")
    tags = None
    try:
        tags = here.reader.get_object_tagging(Bucket=here.bucket, Key=key)["TagSet"]
    except Exception:  # noqa: BLE001
        pass
    return {**{name: head.get(name) for name in names}, "tags": tags}


def job_rows(here):
    """What the journal says, read as it lies there."""
    files = list(here.data.glob("*.sqlite"))
    if not files:
        return []
    try:
        with closing(sqlite3.connect(f"file:{files[0]}?mode=ro", uri=True, timeout=5)) as db:
            return db.execute("SELECT id, state, objects, done, left_objects FROM jobs ORDER BY seq").fetchall()
    except sqlite3.OperationalError:
        return []


def kill_at(here, process, share, which):
    """Ends the client when this share of the job is done. False when it was quicker."""
    while process.poll() is None:
        jobs = job_rows(here)
        now = jobs[which] if len(jobs) > which else None
        if now and now[1] == "running" and now[3] >= share * now[2]:
            process.kill()
            process.wait()
            return True
        time.sleep(0.02)
    return False


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def carried(here, first, which, shares, count):
    """Runs a job with kills; seconds, processor seconds and kills."""
    began, used, kills = time.monotonic(), cpu(), 0
    process = first()
    for share in shares:
        if kill_at(here, process, share, which):
            kills += 1
            process = here.windlass("jobs", "--wait", endpoint=here.server.endpoint)
    code = process.wait()
    lab.check(code == 0, f"the last run ended with {code}: {lab.tail(process)}")
    job = job_rows(here)[which]
    lab.check(job[1] == "done" and job[2] == job[3] == count, f"the journal says {job} of {count}")
    return job[0], time.monotonic() - began, cpu() - used, kills


def compare(found, wanted, what):
    missing, surplus = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    lab.check(not missing and not surplus, f"{what}: {len(missing)} missing {missing[:3]}, {len(surplus)} surplus {surplus[:3]}")
    other = [name for name in wanted if found[name][0] != wanted[name][0]]
    lab.check(not other, f"{what}: {len(other)} of another size, such as {other[:3]}")


def contents(here, prefix, names, bodies):
    """Bytes of a sample, and of everything whose ETag is no MD5 that could say it."""
    def one(name):
        got = here.reader.get_object(Bucket=here.bucket, Key=prefix + name)["Body"].read()
        lab.check(got == bodies(name), f"{prefix}{name} holds other bytes")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, names))


def run(args, server, rng):
    name = server
    with lab.Lab(args, server) as here:
        if args.versions:
            here.reader.put_bucket_versioning(Bucket=here.bucket, VersioningConfiguration={"Status": "Enabled"})
            name += ", versions"
        objects = args.objects if server == "practice" else args.others
        special = fill(here, objects, here.work)
        before = seen(here, FROM)
        lab.check(len(before) == objects + len(special), f"{len(before)} objects were put, not {objects + len(special)}")
        # SeaweedFS copies no object that stands for a folder: it is made anew, without its headers.
        told = {one: describe(here, FROM + one) for one in special if server != "seaweedfs" or not one.endswith("/")}
        number = re.compile(r"IMG_(\d+)")
        def bodies(one):
            found = number.search(one)
            return body(int(found[1])) if found else (b"" if one.endswith("/") else body(900_000 + special[one]))
        # An MD5 says for all of them what bytes they are.
        wanted_md5 = {one: f'"{hashlib.md5(bodies(one)).hexdigest()}"' for one in before}
        md5 = all(before[one][1] == wanted_md5[one] for one in before)
        sample = rng.sample(sorted(before), min(300, len(before))) + list(special)

        direct = here.server.endpoint
        shares = sorted(rng.uniform(0.05, 0.75) for _ in range(args.kills))
        move = lambda: here.windlass("mv", f"s3://{here.bucket}/{FROM}", f"s3://{here.bucket}/{TO}", endpoint=direct)  # noqa: E731
        job, seconds, used, kills = carried(here, move, 0, shares, len(before))
        found = seen(here, TO)
        compare(found, before, "renamed")
        lab.check(not seen(here, FROM), "something is left at the old place")
        if md5:
            other = [one for one in found if found[one][1] != wanted_md5[one]]
            lab.check(not other, f"{len(other)} hold other bytes, such as {other[:3]}")
        contents(here, TO, sample, bodies)
        for one in told:
            now = describe(here, TO + one)
            lab.check(now == told[one], f"{one!r} was {told[one]}, and is {now}")
        print(f"rename: {name}: {len(before)} objects in {seconds:.0f} s with {kills} kills, "
              f"{len(before) / seconds:.0f} a second, {used / len(before) * 1000:.2f} ms of our processor each", flush=True)
        lab.check(kills >= (args.kills + 1) // 2, f"only {kills} of {args.kills} kills came before the end")

        back = lambda: here.windlass("jobs", "--undo", job, endpoint=direct)  # noqa: E731
        _, seconds, used, kills = carried(here, back, 1, [rng.uniform(0.2, 0.8)], len(before))
        compare(seen(here, FROM), before, "taken back")
        lab.check(not seen(here, TO), "something is left at the new place")
        contents(here, FROM, sample, bodies)
        for one in told:
            now = describe(here, FROM + one)
            lab.check(now == told[one], f"{one!r} was {told[one]}, and came back as {now}")
        open_ones = here.reader.list_multipart_uploads(Bucket=here.bucket).get("Uploads", [])
        lab.check(not open_ones, f"multipart uploads left open: {[u['Key'] for u in open_ones]}")
        here.judge_journal()
        print(f"rename: ok server={name} objects={len(before)}: taken back in {seconds:.0f} s with {kills} kills, "
              f"{len(before) / seconds:.0f} a second, {used / len(before) * 1000:.2f} ms of our processor each, seed={args.seed}",
              flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True, action="append", choices=["practice", "seaweedfs", "rgw"])
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--objects", type=int, default=100_000, help="on the practice endpoint")
    parser.add_argument("--others", type=int, default=1_200, help="on the other servers")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--versions", action="store_true", help="in a bucket that keeps versions")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    for name in args.server:
        run(args, name, rng)


if __name__ == "__main__":
    main()
