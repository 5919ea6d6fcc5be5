#!/usr/bin/env python3
"""Measures the command line against the practice endpoint: client CPU, time and memory, read from the kernel.

usage: bench.py --windlass BIN [--small 20000] [--big-mib 2048]

The server is another process, so the figures are the client's alone: reading files, checksums, journal, requests.
Results go to build/bench/results.json and, as a table, to the terminal.
"""
import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "servers"))
import servers  # noqa: E402


def make_small(folder, count, size):
    for number in range(count):
        place = folder / f"{number // 500:03}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06}.bin").write_bytes(os.urandom(size))


def make_big(folder, mib):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "big.bin", "wb") as out:
        for _ in range(mib):
            out.write(os.urandom(1024 * 1024))


def measure(windlass, server, data, folder, bucket):
    command = [windlass, "--json", "--endpoint-url", server.endpoint, "--region", "us-east-1", "--data", str(data),
               "sync", str(folder), f"s3://{bucket}/up", "--mode", "ingest", "--settle", "0"]
    env = {**os.environ, "AWS_ACCESS_KEY_ID": server.keys[0], "AWS_SECRET_ACCESS_KEY": server.keys[1]}
    log = os.open(ROOT / "build" / "bench" / f"{bucket}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    began = time.monotonic()
    child = os.posix_spawn(command[0], command, env,
                           file_actions=[(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)])
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - began
    os.close(log)
    code = os.waitstatus_to_exitcode(status)
    assert code == 0, f"windlass sync ended with {code}; see build/bench/{bucket}.log"
    return {"wall_s": round(wall, 2), "cpu_s": round(used.ru_utime + used.ru_stime, 2), "peak_mib": used.ru_maxrss // 1024}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--small", type=int, default=20000)
    parser.add_argument("--big-mib", type=int, default=2048)
    arguments = parser.parse_args()
    windlass = str(Path(arguments.windlass).resolve())
    (ROOT / "build" / "bench").mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="windlass-bench-"))
    server = servers.start("practice", work / "server", windlass)
    try:
        client = boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1",
                              aws_access_key_id=server.keys[0], aws_secret_access_key=server.keys[1],
                              config=Config(s3={"addressing_style": "path"}))
        results = {"machine": {"cores": os.cpu_count(), "system": platform.platform()},
                   "load_at_start": os.getloadavg()[0], "date": time.strftime("%Y-%m-%d")}
        make_small(work / "small", arguments.small, 4096)
        client.create_bucket(Bucket="bench-small")
        one = measure(windlass, server, work / "data-small", work / "small", "bench-small")
        one["objects"] = sum(page.get("KeyCount", 0) for page in
                             client.get_paginator("list_objects_v2").paginate(Bucket="bench-small", Prefix="up/"))
        assert one["objects"] >= arguments.small, f"{one['objects']} of {arguments.small} objects arrived"
        one["cpu_us_per_object"] = round(one["cpu_s"] * 1e6 / arguments.small)
        results["small"] = one
        make_big(work / "big", arguments.big_mib)
        client.create_bucket(Bucket="bench-big")
        one = measure(windlass, server, work / "data-big", work / "big", "bench-big")
        one["gb_per_cpu_s"] = round(arguments.big_mib * 1024 * 1024 / 1e9 / one["cpu_s"], 2)
        results["big"] = one
    finally:
        server.stop()
        shutil.rmtree(work, ignore_errors=True)
    (ROOT / "build" / "bench" / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    small, big = results["small"], results["big"]
    print(f"{arguments.small} files of 4 KiB: {small['cpu_us_per_object']} µs CPU each, {small['wall_s']} s, peak {small['peak_mib']} MiB")
    print(f"one file of {arguments.big_mib} MiB: {big['gb_per_cpu_s']} GB per CPU second, {big['wall_s']} s, peak {big['peak_mib']} MiB")


if __name__ == "__main__":
    main()
