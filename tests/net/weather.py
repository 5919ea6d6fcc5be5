"""A TCP proxy whose weather can be bad, and what the scripts of this folder share beside tests/kill/lab.py."""
import ctypes
import hashlib
import os
import random
import socket
import struct
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "kill"))
import lab  # noqa: E402  (tests/kill/lab.py)
from lab import PROBE, check  # noqa: E402

LIBC = ctypes.CDLL(None, use_errno=True)
# Files of ours in a folder and objects of ours below a prefix.
OURS = ".windlass"


class Cut(Exception):
    """This connection ends now, with a reset on both sides."""


class Close(Exception):
    """This connection ends now, as if its peer had closed it."""


class Link:
    """One connection of the client."""

    def __init__(self, number, client):
        self.number, self.client, self.server = number, client, None
        # Bytes that passed so far, and the method of the request under way.
        self.up = self.down = 0
        self.method, self.fresh = None, False


class Weather:
    """Good weather: everything passes as it is. What is bad overrides one of these."""

    def accepted(self, link):
        """A connection came in, and none to the server was made yet."""

    def sending(self, link, piece):
        """Bytes on their way to the server: yields what passes."""
        yield piece

    def answering(self, link, piece):
        """Bytes on their way to the client: yields what passes."""
        yield piece


class Proxy:
    """Forwards TCP connections through a `Weather`, and counts. It may be shut like a gate: then nothing passes."""

    METHODS = {b"GET": "GET", b"HEA": "HEAD", b"PUT": "PUT", b"POS": "POST", b"DEL": "DELETE"}

    def __init__(self, host, port, weather=None):
        self.target = (host, port)
        self.weather = weather or Weather()
        self.sent = self.received = self.connections = self.passing = 0
        self.lock = threading.Lock()
        self.open = threading.Event()
        self.open.set()
        self.links = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def shut(self):
        """From now on no byte passes in either direction."""
        with self.lock:
            self.open.clear()
        # Where the machine is busy, a server can take its time to read what it was sent; nothing of ours is measured by it.
        lab.until(60, "the end of what was passing", lambda: self.passing == 0)

    def unshut(self):
        """Goes on as if nothing had been."""
        self.open.set()

    def cut_all(self):
        """Every connection ends with a reset."""
        with self.lock:
            old = list(self.links)
        for link in old:
            self._end(link, True)

    def reopen(self):
        """Connections from before are dropped, with whatever waited in them."""
        self.cut_all()
        self.open.set()

    def refuse(self):
        """Nobody listens any more."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def listen(self):
        """Listens again at the same port."""
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def close(self):
        self.listener.close()
        self.reopen()

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                link = Link(self.connections, client)
                self.links.add(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        try:
            self.weather.accepted(link)
            link.server = socket.create_connection(self.target)
        except Cut:
            return self._end(link, True)
        except (Close, OSError):
            return self._end(link, False)
        for s in (link.client, link.server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._pump, args=(link, False), daemon=True).start()
        return self._pump(link, True)

    def _pump(self, link, up):
        source, sink = (link.client, link.server) if up else (link.server, link.client)
        reset = False
        try:
            while piece := source.recv(1 << 16):
                if up:
                    link.method, link.fresh = self.METHODS.get(piece[:3], link.method), True
                for some in (self.weather.sending if up else self.weather.answering)(link, piece):
                    self._enter(up, len(some))
                    try:
                        sink.sendall(some)
                    finally:
                        with self.lock:
                            self.passing -= 1
                    link.up, link.down = link.up + len(some) * up, link.down + len(some) * (not up)
                if not up:
                    link.fresh = False
        except Cut:
            reset = True
        except (Close, OSError, ValueError):
            pass
        self._end(link, reset)

    def _enter(self, up, size):
        while True:
            self.open.wait()
            with self.lock:
                # Between the wait and here it may have been shut.
                if self.open.is_set():
                    self.passing += 1
                    self.sent, self.received = self.sent + size * up, self.received + size * (not up)
                    return

    def _end(self, link, reset):
        with self.lock:
            self.links.discard(link)
        for s in (link.client, link.server):
            try:
                if s is not None and reset:
                    # To "connect" to nowhere sends a reset and wakes whoever waits on the socket; closing does neither.
                    LIBC.connect(s.fileno(), struct.pack("H14x", socket.AF_UNSPEC), 16)
                elif s is not None:
                    s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def sha256(body):
    return hashlib.sha256(body).hexdigest()


def tree(folder):
    """Contents of a folder by path, without what is ours. What is on its way may get its name meanwhile."""
    found = {}
    for at, folders, files in os.walk(folder):
        if Path(at) == Path(folder):
            folders[:] = [name for name in folders if name not in (OURS, "lost+found")]
        for name in files:
            path = Path(at, name)
            try:
                found[str(path.relative_to(folder))] = path.read_bytes()
            except FileNotFoundError:
                if not name.startswith(f"{OURS}-"):
                    raise
    return found


def temps(folder):
    """Temporary files of ours that lie about, anywhere in a folder."""
    return [str(path) for path in Path(folder).rglob(f"{OURS}-*")]


def trash(folder):
    """Contents in the folder's trash."""
    return [path.read_bytes() for path in Path(folder, OURS).rglob("*") if path.is_file()]


class Bucket:
    """One prefix of the bucket, as the reader sees it."""

    def __init__(self, here, prefix):
        self.reader, self.bucket, self.prefix = here.reader, here.bucket, prefix
        self.read = {}

    def put(self, path, body):
        self.reader.put_object(Bucket=self.bucket, Key=self.prefix + path, Body=body)

    def remove(self, path):
        self.reader.delete_object(Bucket=self.bucket, Key=self.prefix + path)

    def _body(self, key, etag, **more):
        # What was read once under an ETag is not read again.
        if (key, etag) not in self.read:
            self.read[key, etag] = self.reader.get_object(Bucket=self.bucket, Key=key, **more)["Body"].read()
        return self.read[key, etag]

    def _list(self, ours):
        found = {}
        for page in self.reader.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
            for entry in page.get("Contents", []):
                path = entry["Key"].removeprefix(self.prefix)
                if path.startswith(OURS) == ours:
                    check(path not in found, f"{path} is listed twice")
                    found[path] = self._body(entry["Key"], entry["ETag"])
        return found

    def tree(self):
        """Contents by path, without what is ours."""
        return self._list(False)

    def trash(self):
        """Contents of the objects of ours."""
        return list(self._list(True).values())

    def versions(self):
        """All that was ever stored: (path, content), and the paths that have delete markers."""
        stored, deleted = [], []
        pages = self.reader.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for page in pages:
            for entry in page.get("Versions", []):
                path = entry["Key"].removeprefix(self.prefix)
                if not path.startswith(OURS):
                    stored.append((path, self._body(entry["Key"], entry["ETag"], VersionId=entry["VersionId"])))
            deleted += [entry["Key"].removeprefix(self.prefix) for entry in page.get("DeleteMarkers", [])]
        return stored, [path for path in deleted if not path.startswith(OURS) and PROBE not in path]

    def open_uploads(self):
        return [u["Key"] for u in self.reader.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])]


def bodies(rng, count, least, most):
    """Random contents."""
    return [rng.randbytes(rng.randint(least, most)) for _ in range(count)]


def save(path, body, durable=False):
    """Writes beside and renames over, as editors do; only a careful one flushes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}~{random.randrange(1 << 30)}")
    with aside.open("wb") as out:
        out.write(body)
        if durable:
            out.flush()
            os.fsync(out.fileno())
    aside.replace(path)


def differ(a, b, names=("folder", "bucket")):
    """What is not the same on both sides, in words for one line; nothing when all is."""
    only_a, only_b = sorted(set(a) - set(b)), sorted(set(b) - set(a))
    other = sorted(path for path in set(a) & set(b) if a[path] != b[path])
    if not (only_a or only_b or other):
        return ""
    sizes = [f"{path} ({len(a[path])} and {len(b[path])} bytes)" for path in other[:3]]
    return f"only in the {names[0]} {only_a[:4]}, only in the {names[1]} {only_b[:4]}, not equal {sizes}"


def pause(process, seconds):
    """Waits for an end of the client, at the most so long."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    return process.poll()
