#!/usr/bin/env python3
"""Kills the real `windlass` at random moments while it ingests a folder, and lets an independent reader judge.

usage: kill.py --server practice|seaweedfs|rgw --windlass BIN [--files 600] [--big-mib 1024] [--kills 30] [--seed N]

Must hold afterwards (product promises 1, 2 and 4): every object byte-equal as boto3 reads it, none missing, none twice, no
multipart upload left open, bytes sent <= 1.15 x the data, and the journal passes integrity_check.
Bytes are counted by a proxy between client and server, not by the client.
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import boto3
from botocore.config import Config

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "servers"))
import servers  # noqa: E402  (tests/servers/servers.py)


class CountingProxy:
    """Forwards TCP connections and counts the bytes that the client sends."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.sent = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            for s in (client, server):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source, sink, count):
        # splice moves pages inside the kernel: the proxy costs next to nothing beside client and server.
        read_end, write_end = os.pipe()
        try:
            while True:
                got = os.splice(source.fileno(), write_end, 1 << 20)
                if got == 0:
                    break
                if count:
                    with self.lock:
                        self.sent += got
                while got > 0:
                    got -= os.splice(read_end, sink.fileno(), got)
        except OSError:
            pass
        finally:
            os.close(read_end)
            os.close(write_end)
            for s in (source, sink):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()


def make_tree(folder, files, big_mib, rng):
    """Photos of 2 to 8 MB in a few folders, one large video, and small ones: names as a camera gives them."""
    sums = {}
    block = rng.randbytes(1 << 20)

    def write(path, size):
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with path.open("wb") as out:
            left = size
            while left > 0:
                # A counter in each block makes every part different, so a part in the wrong place shows.
                piece = (rng.randbytes(64) + block)[: min(left, len(block))]
                out.write(piece)
                digest.update(piece)
                left -= len(piece)
        sums[str(path.relative_to(folder))] = (size, digest.hexdigest())

    for n in range(files):
        write(folder / f"DCIM/{100 + n // 200}MEDIA/DJI_{n:04d}.JPG", rng.randint(2_000_000, 8_000_000))
    if big_mib:
        write(folder / "DCIM/100MEDIA/DJI_9999.MP4", big_mib << 20)
    write(folder / "empty.txt", 0)
    write(folder / "odd name ä 📷 +%.txt", 17)
    return sums


def windlass(args, endpoint, keys, data, folder, bucket, bandwidth):
    env = dict(os.environ, AWS_ACCESS_KEY_ID=keys[0], AWS_SECRET_ACCESS_KEY=keys[1], AWS_REGION="us-east-1",
               AWS_EC2_METADATA_DISABLED="true", HOME=str(data), WINDLASS_LOG=os.environ.get("WINDLASS_LOG", "error"))
    env.pop("AWS_PROFILE", None)
    command = [args.windlass, "sync", str(folder), f"s3://{bucket}/jobs", "--mode", "ingest", "--settle", "0",
               "--endpoint-url", endpoint, "--data", str(data / "journal"), "--json"]
    if bandwidth:
        command += ["--bandwidth", str(bandwidth)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def check(condition, message):
    if not condition:
        raise SystemExit(f"kill: FAILED: {message}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True, choices=["practice", "seaweedfs", "rgw"])
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--files", type=int, default=600)
    parser.add_argument("--big-mib", type=int, default=1024)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--bandwidth", type=int, default=80_000_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"kill: server={args.server} seed={seed} files={args.files} big={args.big_mib} MiB kills={args.kills}", flush=True)
    rng = random.Random(seed)
    work = Path(tempfile.mkdtemp(prefix="windlass-kill-"))
    server = None
    try:
        folder = work / "card"
        folder.mkdir()
        sums = make_tree(folder, args.files, args.big_mib, rng)
        total = sum(size for size, _ in sums.values())
        server = servers.start(args.server, work / "server", windlass=args.windlass)
        proxy = CountingProxy(server.host, server.port)
        endpoint = f"http://127.0.0.1:{proxy.port}"
        reader = boto3.client(
            "s3", endpoint_url=server.endpoint, aws_access_key_id=server.keys[0], aws_secret_access_key=server.keys[1],
            region_name="us-east-1", config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}))
        bucket = f"kill-{seed:08x}"
        reader.create_bucket(Bucket=bucket)
        (work / "home").mkdir()

        started = time.monotonic()
        expected = total / args.bandwidth
        kills = 0
        while kills < args.kills:
            process = windlass(args, endpoint, server.keys, work / "home", folder, bucket, args.bandwidth)
            # Lives between almost nothing and a few times the mean, so that start-up and the end are hit too.
            life = min(rng.expovariate(args.kills / (expected * 1.1)) + rng.choice([0.05, 0.3, 0.3]), 15)
            try:
                process.wait(timeout=life)
                out = process.stdout.read()
                check(process.returncode == 0, f"ended by itself with {process.returncode}: {out[-2000:]}")
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            kills += 1
        process = windlass(args, endpoint, server.keys, work / "home", folder, bucket, None)
        out, _ = process.communicate(timeout=900)
        check(process.returncode == 0, f"the last run ended with {process.returncode}: {out[-3000:]}")
        summary = json.loads(out.strip().splitlines()[-1])
        check(summary["safe"] == len(sums) and summary["total"] == len(sums), f"not all Safe: {summary}")
        seconds = time.monotonic() - started

        seen = {}
        for page in reader.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                check(entry["Key"] not in seen, f"{entry['Key']} is listed twice")
                seen[entry["Key"]] = entry["Size"]
        wanted = {f"jobs/{path}" for path in sums}
        check(set(seen) == wanted, f"missing {sorted(wanted - set(seen))[:5]}, surplus {sorted(set(seen) - wanted)[:5]}")
        for path, (size, digest) in sums.items():
            body = reader.get_object(Bucket=bucket, Key=f"jobs/{path}")["Body"]
            sha = hashlib.sha256()
            for chunk in body.iter_chunks(1 << 20):
                sha.update(chunk)
            check(sha.hexdigest() == digest, f"jobs/{path} holds other bytes")
        uploads = reader.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        check(not uploads, f"open multipart uploads: {[(u['Key'], u['UploadId']) for u in uploads]}")
        ratio = proxy.sent / total
        check(ratio <= 1.15, f"{proxy.sent} bytes sent for {total} of data: {ratio:.3f}")
        for db in (work / "home" / "journal").glob("*.db"):
            result = sqlite3.connect(db).execute("PRAGMA integrity_check").fetchone()[0]
            check(result == "ok", f"{db.name}: {result}")
        print(f"kill: ok server={args.server} objects={len(sums)} data={total / 1e9:.2f} GB kills={kills} "
              f"sent={ratio:.3f} x data, {seconds:.0f} s, seed={seed}", flush=True)
        proxy.close()
    finally:
        if server is not None:
            server.stop()
        if not args.keep:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
