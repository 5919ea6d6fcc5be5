"""What the scripts of this folder have in common: a proxy that counts, trees of files, the client, the judge."""
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import boto3
from botocore.config import Config

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "servers"))
import servers  # noqa: E402  (tests/servers/servers.py)

NAME = Path(sys.argv[0]).stem
# The capability probe writes below this name and removes it; it is no file of anybody.
PROBE = ".windlass-probe-"


def check(condition, message):
    """Ends the script with one plain line unless the condition holds."""
    if not condition:
        raise SystemExit(f"{NAME}: FAILED: {message}")


def until(seconds, what, condition):
    """Asks `condition` again and again until it gives something true; its last answer is returned."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        check(time.monotonic() < end, f"{what} did not happen within {seconds} s")
        time.sleep(0.05)


def seeded(args):
    """A generator of chance from --seed, or from a fresh seed that is printed either way."""
    if args.seed is None:
        args.seed = random.SystemRandom().randrange(1 << 32)
    shown = " ".join(f"{name.replace('_', '-')}={value}" for name, value in vars(args).items()
                     if name not in ("windlass", "keep") and value is not None)
    print(f"{NAME}: {shown}", flush=True)
    return random.Random(args.seed)


class Proxy:
    """Forwards TCP connections and counts the bytes that the client sends; with `requests`, it notes each request too."""

    LINE = re.compile(rb"(GET|HEAD|PUT|POST|DELETE) (/[^ \r\n]*) HTTP/1\.1\r\n")

    def __init__(self, host, port, requests=False):
        self.target = (host, port)
        self.sent = 0
        self.requests = [] if requests else None
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def changing(self, since=0.0, till=float("inf")):
        """Requests that change the bucket, in a span of time.monotonic()."""
        with self.lock:
            return [r for r in self.requests if since <= r[0] <= till and r[1] in ("PUT", "POST", "DELETE")]

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
            up = self._splice if self.requests is None else self._read
            pair = threading.Lock()
            ends = {"left": 2}
            threading.Thread(target=self._run, args=(up, client, server, True, pair, ends), daemon=True).start()
            threading.Thread(target=self._run, args=(self._splice, server, client, False, pair, ends), daemon=True).start()

    def _run(self, pump, source, sink, count, pair, ends):
        try:
            pump(source, sink, count)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        with pair:
            ends["left"] -= 1
            if ends["left"] == 0:
                source.close()
                sink.close()

    def _splice(self, source, sink, count):
        # splice moves pages inside the kernel: the proxy costs next to nothing beside client and server.
        read_end, write_end = os.pipe()
        try:
            while True:
                got = os.splice(source.fileno(), write_end, 1 << 20)
                if got == 0:
                    return
                if count:
                    with self.lock:
                        self.sent += got
                while got > 0:
                    got -= os.splice(read_end, sink.fileno(), got)
        finally:
            os.close(read_end)
            os.close(write_end)

    def _read(self, source, sink, count):
        tail = b""
        while True:
            piece = source.recv(1 << 18)
            if not piece:
                return
            at = time.monotonic()
            # A request line may be cut by a read. Bodies are random bytes: none looks like one by chance.
            text = tail + piece
            found = [(at, m[1].decode(), m[2].decode("latin-1")) for m in self.LINE.finditer(text)]
            last = max((m.end() for m in self.LINE.finditer(text)), default=0)
            tail = text[max(last, len(text) - 4096):]
            with self.lock:
                self.sent += len(piece)
                self.requests += found
            sink.sendall(piece)

    def close(self):
        self.listener.close()


def write_file(path, size, rng, block):
    """Writes random bytes and gives (size, SHA-256). A fresh head in each block makes every part of a file different."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as out:
        left = size
        while left > 0:
            piece = (rng.randbytes(64) + block)[: min(left, len(block))]
            out.write(piece)
            digest.update(piece)
            left -= len(piece)
    return size, digest.hexdigest()


def sha256_file(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Lab:
    """A place to work in, a server, a reader that is not ours, and the client under test. Use it as a context."""

    def __init__(self, args, server="practice", requests=False, proxy=None):
        self.args, self.kind = args, server
        # What stands between client and server: called with its host and port.
        self.between = proxy or (lambda host, port: Proxy(host, port, requests))
        self.server = self.proxy = None
        self.started = []

    def __enter__(self):
        self.work = Path(tempfile.mkdtemp(prefix=f"windlass-{NAME}-"))
        try:
            (self.work / "home").mkdir()
            self.data = self.work / "home" / "journal"
            self.server = servers.start(self.kind, self.work / "server", windlass=self.args.windlass)
            self.proxy = self.between(self.server.host, self.server.port)
            self.reader = boto3.client(
                "s3", endpoint_url=self.server.endpoint, aws_access_key_id=self.server.keys[0],
                aws_secret_access_key=self.server.keys[1], region_name="us-east-1",
                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}))
            self.bucket = f"{NAME}-{self.args.seed:08x}"
            self.reader.create_bucket(Bucket=self.bucket)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self.proxy is not None:
            self.proxy.close()
        if self.server is not None:
            self.server.stop()
        if getattr(self.args, "keep", False):
            print(f"{NAME}: kept {self.work}", flush=True)
        else:
            shutil.rmtree(self.work, ignore_errors=True)

    def env(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return dict(kept, AWS_ACCESS_KEY_ID=self.server.keys[0], AWS_SECRET_ACCESS_KEY=self.server.keys[1],
                    AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true", HOME=str(self.work / "home"),
                    WINDLASS_LOG=os.environ.get("WINDLASS_LOG", "error"))

    def windlass(self, *words, endpoint=None, data=None, prefix=()):
        """Starts the client; what it prints goes to files, so that it never waits for a reader."""
        number = len(self.started)
        command = [*prefix, self.args.windlass, *map(os.fsdecode, words), "--endpoint-url",
                   endpoint or self.proxy.endpoint, "--data", str(data or self.data), "--json"]
        out = open(self.work / f"client-{number:03}.out", "w+", encoding="utf-8")
        log = open(self.work / f"client-{number:03}.log", "w+", encoding="utf-8", errors="replace")
        process = subprocess.Popen(command, env=self.env(), stdout=out, stderr=log, stdin=subprocess.DEVNULL)
        process.out, process.log = Path(out.name), Path(log.name)
        out.close()
        log.close()
        self.started.append(process)
        return process

    def run(self, *words, timeout=120, **more):
        """Runs the client to its end and gives exit code and JSON lines. One that hangs fails the script."""
        process = self.windlass(*words, **more)
        try:
            code = process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            check(False, f"windlass {' '.join(map(str, words))} hung for {timeout} s; {tail(process)}")
        return code, lines(process)

    def status(self):
        """What `windlass status --json` says of the one sync folder, whoever owns the journal."""
        code, found = self.run("status", timeout=30)
        if code == 1 and "has not brought it up yet" in str(found):
            # Its owner has made the file and not its tables: a moment after the very first start.
            return None
        check(code in (0, 7), f"status ended with {code}: {found}")
        return found[0] if code == 0 and found else None

    def look_at(self, folder, files, prefix="jobs/"):
        """What lies at the keys of files that did not become Safe, for a failure's one line."""
        found = []
        for path in [file["path"] for file in files][:3]:
            here = Path(folder, path).read_bytes()
            try:
                there = self.reader.get_object(Bucket=self.bucket, Key=f"{prefix}{path}")
                body = there["Body"].read()
            except Exception as error:  # noqa: BLE001  (whatever it is, it is what there is to say)
                found.append(f"{path}: {error}")
                continue
            same = next((n for n, (a, b) in enumerate(zip(here, body)) if a != b), min(len(here), len(body)))
            found.append(f"{path}: {len(body)} of {len(here)} bytes, equal up to {same}, written {there['LastModified']}, "
                         f"ETag {there['ETag']}, here {hashlib.md5(here).hexdigest()}")
        return "; ".join(found)

    def keys(self, prefix=""):
        """Sizes by key, as the reader lists them; a key that is listed twice fails the script."""
        seen = {}
        for page in self.reader.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                check(entry["Key"] not in seen, f"{entry['Key']} is listed twice")
                seen[entry["Key"]] = entry["Size"]
        return seen

    def sha256(self, key):
        sha = hashlib.sha256()
        for chunk in self.reader.get_object(Bucket=self.bucket, Key=key)["Body"].iter_chunks(1 << 20):
            sha.update(chunk)
        return sha.hexdigest()

    def judge(self, sums, prefix="jobs/"):
        """Every object byte-equal as the reader reads it, none missing, none too many, no upload left open, journal sound.
        Killed trials of the server have been swept as well."""
        seen = self.keys()
        wanted = {f"{prefix}{path}" for path in sums}
        missing, surplus = sorted(wanted - set(seen)), sorted(set(seen) - wanted)
        check(not missing and not surplus,
              f"{len(missing)} missing {missing[:5]}, {len(surplus)} surplus {surplus[:5]}")
        with ThreadPoolExecutor(4) as readers:
            for path, read in [(path, readers.submit(self.sha256, f"{prefix}{path}")) for path in sums]:
                check(read.result() == sums[path][1], f"{prefix}{path} holds other bytes")
        open_ones = self.reader.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        check(not open_ones, f"multipart uploads left open: {[(u['Key'], u['UploadId']) for u in open_ones]}")
        self.judge_journal()

    def judge_journal(self):
        """Looks at a copy, with its log as it lies there: the look itself must mend nothing."""
        files = list(self.data.glob("*.sqlite*"))
        check(files, f"there is no journal in {self.data}")
        with tempfile.TemporaryDirectory(dir=self.work) as copy:
            for file in files:
                shutil.copy(file, copy)
            for db in Path(copy).glob("*.sqlite"):
                try:
                    with closing(sqlite3.connect(db)) as opened:
                        result = opened.execute("PRAGMA integrity_check").fetchone()[0]
                except sqlite3.DatabaseError as error:
                    result = str(error)
                check(result == "ok", f"{db.name}: {result}")


def lines(process):
    """JSON documents that the client has printed."""
    found = []
    for line in process.out.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            check(False, f"printed something that is no JSON: {line[:300]}")
    return found


def tail(process):
    """The last it said, for a failure's one line."""
    said = (process.out.read_text(encoding="utf-8", errors="replace")
            + process.log.read_text(encoding="utf-8", errors="replace"))
    return " | ".join(said.strip().splitlines()[-4:])[-1500:]


def interrupt(process, seconds=20):
    """Ctrl-C, and the exit code."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        check(False, f"did not end within {seconds} s after Ctrl-C; {tail(process)}")
        return None
