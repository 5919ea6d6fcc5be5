#!/usr/bin/env python3
"""Runs the real `windlass` through bad weather: twenty-three ways in which a network misbehaves (hazards HA33, HB5, HB29, HC2, HE1
to HE3, HE10, HE12, HS11).

usage: proxy.py --windlass BIN [--only SCENE …] [--seed N]

A TCP proxy stands between client and server. In each scene a small tree goes up and another comes down: in every second scene
by one two-way run, in the others by an ingest and a mirror down. Must hold in each: the client ends by itself with 0
within the scene's time; both trees are byte-equal on both sides; no key ever had a second version, none was deleted; no
temporary file and no upload stays; the bytes sent stay within the scene's bound, which counts what the weather destroyed.
The ids of the hazards are in the names of the scenes.
"""
import argparse
import random
import signal
import socket
import threading
import time

import boto3
import weather
from weather import Bucket, Close, Cut, Proxy, Weather, differ, lab, tree
from lab import check

BIG = 9_300_000


class Scene(Weather):
    """Good weather, and the numbers that others change."""

    # Size of the largest file, seconds for each run, and bytes that may be sent beyond the data, as a factor and in bytes.
    big, seconds, factor, more = BIG, 60, 1.1, 400_000

    def __init__(self, rng):
        # Threads ask in an order that no seed can give; their chance is their own.
        self.rng = random.Random(rng.random())
        self.lock = threading.Lock()
        self.left, self.hits = 0, 0

    def one_of(self, chance=1.0):
        """Whether one of the faults that are left is due now."""
        with self.lock:
            due = self.left > 0 and self.rng.random() < chance
            self.left, self.hits = self.left - due, self.hits + due
            return due

    def meanwhile(self, proxy, here, process):
        """What happens while the client runs."""


class Latency(Scene):
    big = 400_000

    def sending(self, link, piece):
        self.hits += 1
        time.sleep(self.delay())
        yield piece

    answering = sending

    def delay(self):
        return 0.15


class Jitter(Latency):
    def delay(self):
        return self.rng.random() * 0.12


class Throttle(Scene):
    """A bucket of bytes for all connections."""

    big, up, down = 700_000, 200_000, None

    def __init__(self, rng):
        super().__init__(rng)
        self.free_at = {True: 0.0, False: 0.0}

    def rate(self, up):
        return self.up if up else self.down

    def _slowly(self, piece, up):
        for at in range(0, len(piece), 4096):
            some, rate = piece[at:at + 4096], self.rate(up)
            if rate:
                self.hits += 1
                with self.lock:
                    now = time.monotonic()
                    self.free_at[up] = max(self.free_at[up], now) + len(some) / rate
                    wait = self.free_at[up] - now
                time.sleep(wait)
            yield some

    def sending(self, link, piece):
        return self._slowly(piece, True)

    def answering(self, link, piece):
        return self._slowly(piece, False)


class ThrottleDown(Throttle):
    up, down = None, 200_000


class Changing(Throttle):
    def rate(self, up):
        return [60_000, 2_000_000, 300_000, None][int(time.monotonic() * 2) % 4]


class ResetRequest(Scene):
    """A reset after so many bytes of a connection's requests."""

    seconds, factor, more, most = 120, 1.1, 12_000_000, 6

    def __init__(self, rng):
        super().__init__(rng)
        self.left = self.most
        self.limits = {}

    def accepted(self, link):
        self.limits[link.number] = self.limit()

    def limit(self):
        return int(self.rng.choice([self.rng.uniform(1, 3_000), self.rng.uniform(1_000, 2_500_000)]))

    def _until(self, link, piece, passed):
        limit = self.limits[link.number]
        if passed + len(piece) > limit and self.one_of():
            yield piece[:max(limit - passed, 0)]
            raise Cut
        yield piece

    def sending(self, link, piece):
        return self._until(link, piece, link.up)


class ResetAnswer(ResetRequest):
    # A listing that fails is tried again after 10 s, 20 s, 30 s and so on.
    most = 4

    def sending(self, link, piece):
        yield piece

    def answering(self, link, piece):
        return self._until(link, piece, link.down)


class ManyResets(ResetRequest):
    """Both directions, again and again."""

    big, seconds, most = 2_000_000, 150, 40

    def limit(self):
        return int(self.rng.uniform(1, 400_000))

    def answering(self, link, piece):
        return self._until(link, piece, link.down)


class Drops(Scene):
    """Three of ten connections die somewhere."""

    seconds, factor, more = 120, 1.3, 12_000_000

    def __init__(self, rng):
        super().__init__(rng)
        self.deck = []

    def accepted(self, link):
        with self.lock:
            # Until the first death any may be it: with few connections chance alone would spare all of them in some runs.
            if self.hits and not self.deck:
                self.deck = [1_500_000] * 3 + [None] * 7
                self.rng.shuffle(self.deck)
            most = self.deck.pop() if self.hits else 200_000
        link.limit = self.rng.uniform(1, most) if most else None

    def _some(self, link, piece):
        if link.limit is not None and link.up + link.down > link.limit:
            self.hits += 1
            raise Cut
        yield piece

    sending = answering = _some


class LostAnswers(Scene):
    """The server has done what was asked, and its answer is lost."""

    seconds, factor, more, methods = 90, 1.1, 1_000_000, ("PUT", "POST")

    def __init__(self, rng):
        super().__init__(rng)
        self.left = 8

    def answering(self, link, piece):
        if link.fresh and link.method in self.methods and self.one_of(0.4):
            if link.method == "PUT":
                self.more += BIG
            raise Cut
        yield piece


class TruncatedGet(Scene):
    """The answer to a GET breaks off, as if it were all."""

    seconds = 90

    def __init__(self, rng):
        super().__init__(rng)
        self.left = 8

    def answering(self, link, piece):
        if link.method == "GET" and len(piece) > 500 and self.one_of(0.5):
            yield piece[:self.rng.randint(300, len(piece) - 1)]
            raise Close
        yield piece


class HalfClose(Scene):
    """The way to the client ends, the way from it goes on."""

    seconds, more = 90, 3_000_000

    def __init__(self, rng):
        super().__init__(rng)
        self.left = 6

    def answering(self, link, piece):
        if self.one_of(0.3):
            yield piece[:self.rng.randint(0, len(piece) - 1)]
            link.client.shutdown(socket.SHUT_WR)
            time.sleep(0.5)
            raise Close
        yield piece


class SlowFirst(Scene):
    big = 400_000

    def __init__(self, rng):
        super().__init__(rng)
        self.left = 15

    def answering(self, link, piece):
        if link.fresh and self.one_of():
            time.sleep(1.2)
        yield piece


class AcceptClose(Scene):
    seconds = 90

    def __init__(self, rng):
        super().__init__(rng)
        self.left = 12

    def accepted(self, link):
        if link.number > 3 and self.one_of():
            raise Close


class Garbage(Scene):
    seconds, more = 90, 3_000_000

    def __init__(self, rng):
        super().__init__(rng)
        self.left = 8

    def answering(self, link, piece):
        if self.one_of(0.25):
            self.more += BIG * (link.method in ("PUT", "POST"))
            yield self.rng.randbytes(self.rng.randint(1, 500))
            raise Close
        yield piece


class OneByte(Scene):
    big = 30_000

    def _bytes(self, piece):
        self.hits += 1
        for at in range(min(len(piece), 1500)):
            yield piece[at:at + 1]
        yield piece[1500:]

    def sending(self, link, piece):
        return self._bytes(piece)

    def answering(self, link, piece):
        return self._bytes(piece)


class Midway(Scene):
    """Something happens once, when a part has passed."""

    seconds, more = 90, 3_000_000 + BIG

    def meanwhile(self, proxy, here, process):
        start, goal = proxy.sent + proxy.received, self.rng.randint(100_000, 900_000)
        lab.until(60, "a beginning", lambda: process.poll() is not None or proxy.sent + proxy.received - start > goal)
        self.hits += process.poll() is None
        self.happens(proxy, here, process)


class BlackHole(Midway):
    def happens(self, proxy, here, process):
        proxy.shut()
        weather.pause(process, 6)
        proxy.unshut()


class Refused(Midway):
    def happens(self, proxy, here, process):
        proxy.refuse()
        proxy.cut_all()
        weather.pause(process, 5)
        proxy.listen()


class Asleep(Midway):
    """The computer sleeps in the middle, and wakes up where its connections are none any more."""

    def happens(self, proxy, here, process):
        if process.poll() is not None:
            return
        process.send_signal(signal.SIGSTOP)
        proxy.shut()
        time.sleep(12)
        proxy.reopen()
        process.send_signal(signal.SIGCONT)


class Gone(Scene):
    """Nobody is there when the client starts."""

    seconds, hits_wanted = 90, 0

    def meanwhile(self, proxy, here, process):
        proxy.refuse()
        weather.pause(process, 5)
        self.hits += 1
        proxy.listen()


class Portal(Midway):
    """A log-in page in place of every answer."""

    page = b"<html><body>Welcome to the hotel. Please sign in.</body></html>"

    def __init__(self, rng):
        super().__init__(rng)
        self.on = False

    def answer(self):
        return (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(self.page), self.page))

    def accepted(self, link):
        if not self.on:
            return
        head = b""
        while b"\r\n\r\n" not in head:
            piece = link.client.recv(65536)
            if not piece:
                raise Close
            head += piece
        link.client.sendall(self.answer())
        raise Close

    def happens(self, proxy, here, process):
        self.on = True
        proxy.cut_all()
        weather.pause(process, 6)
        self.on = False


class Redirect(Portal):
    """The log-in page lies elsewhere. Nobody may go there."""

    def __init__(self, rng):
        super().__init__(rng)
        self.elsewhere = socket.create_server(("127.0.0.1", 0))

    def answer(self):
        port = self.elsewhere.getsockname()[1]
        return (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/login\r\nConnection: close\r\n"
                b"Content-Length: 0\r\n\r\n" % port)

    def happens(self, proxy, here, process):
        super().happens(proxy, here, process)
        self.elsewhere.settimeout(0.01)
        try:
            self.elsewhere.accept()
        except TimeoutError:
            return
        check(False, "the client went where the log-in page sent it")


class Restart(Midway):
    """The server ends and comes back."""

    def happens(self, proxy, here, process):
        here.server.stop()
        proxy.cut_all()
        weather.pause(process, 2)
        here.server = lab.servers.start(here.kind, here.work / "server", windlass=here.args.windlass)
        proxy.target = (here.server.host, here.server.port)
        here.reader = here.read_with()


SCENES = {
    "he1_latency_300_ms": Latency,
    "he1_jitter": Jitter,
    "he1_throttled_up": Throttle,
    "he1_throttled_down": ThrottleDown,
    "he1_bandwidth_that_changes": Changing,
    "he1_slow_first_byte": SlowFirst,
    "he1_one_byte_at_a_time": OneByte,
    "he1_black_hole_and_back": BlackHole,
    "he2_reset_in_a_request": ResetRequest,
    "he2_reset_in_an_answer": ResetAnswer,
    "he2_very_many_resets": ManyResets,
    "he2_three_of_ten_connections_die": Drops,
    "he2_half_closed": HalfClose,
    "he2_accepted_and_closed": AcceptClose,
    "he2_refused_and_back": Refused,
    "ha33_asleep_and_on_another_network": Asleep,
    "he2_garbage_for_an_answer": Garbage,
    "hb5_the_answer_to_a_write_is_lost": LostAnswers,
    "hb29_a_get_breaks_off": TruncatedGet,
    "he3_captive_portal": Portal,
    "he10_hs11_captive_portal_elsewhere": Redirect,
    "he12_endpoint_gone_at_the_start": Gone,
    "hc2_the_server_restarts": Restart,
}


class Trial:
    """One scene."""

    def __init__(self, here, name, scene, rng):
        self.here, self.name, self.scene, self.rng = here, name, scene, rng
        self.proxy = Proxy(here.server.host, here.server.port, scene)
        self.number = 0

    def make(self, mode):
        self.number += 1
        self.folder = self.here.work / f"{self.name}-{self.number}"
        self.folder.mkdir()
        self.bucket = Bucket(self.here, f"{self.name}-{self.number}/")
        self.words = ["sync", self.folder, f"s3://{self.here.bucket}/{self.bucket.prefix.strip('/')}", "--mode", mode, "--settle", "0"]
        self.data = self.here.work / f"{self.name}-{self.number}-journal"

    def contents(self, side):
        sizes = [0, 10, 3_000, 3_000, 40_000, 90_000, self.scene.big]
        return {f"{side}/{n}.bin": self.rng.randbytes(size) for n, size in enumerate(sizes)}

    def run(self, up, down):
        for path, body in up.items():
            weather.save(self.folder / path, body)
        for path, body in down.items():
            self.bucket.put(path, body)
        if self.scene.__class__ is Gone:
            # The folder is known; only its endpoint is away.
            code, said = self.here.run(*self.words, "--plan", data=self.data, endpoint=self.proxy.endpoint)
            check(code == 0, f"{self.name}: --plan ended with {code}: {said}")
        began = time.monotonic()
        code = 4
        # A folder that is not known yet is not begun without an answer: that is said at once, and whoever said "sync" says it
        # again.
        while code == 4:
            process = self.here.windlass(*self.words, data=self.data, endpoint=self.proxy.endpoint)
            self.scene.meanwhile(self.proxy, self.here, process)
            code = weather.pause(process, self.scene.seconds - (time.monotonic() - began))
        check(code is not None, f"{self.name}: it did not end within {self.scene.seconds} s, hits={self.scene.hits}; "
              f"{self.here.run('status', data=self.data)[1]} {lab.tail(process)}")
        check(code == 0, f"{self.name}: ended with {code}: {lab.tail(process)}")
        self.bucket.reader = self.here.reader

    def judge(self, wanted):
        for side, found in (("folder", tree(self.folder)), ("bucket", self.bucket.tree())):
            apart = differ(wanted, found, ("expectation", side))
            check(not apart, f"{self.name}: {apart}")
        stored, deleted = self.bucket.versions()
        check(len(stored) == len(wanted) and not deleted, f"{self.name}: {len(stored)} versions of {len(wanted)} files, deleted: {deleted}")
        left = weather.temps(self.folder)
        check(not left, f"{self.name}: temporary files stay: {left[:3]}")
        check(not self.bucket.open_uploads(), f"{self.name}: uploads stay open: {self.bucket.open_uploads()}")
        self.here.data = self.data
        self.here.judge_journal()

    def all(self, two_way):
        up, down = self.contents("up"), self.contents("down")
        try:
            if two_way:
                self.make("two-way")
                self.run(up, down)
                self.judge(up | down)
            else:
                self.make("ingest")
                self.run(up, {})
                self.judge(up)
                self.make("mirror-down")
                self.run({}, down)
                self.judge(down)
        finally:
            self.proxy.close()
        most = sum(map(len, up.values())) * self.scene.factor + self.scene.more
        check(self.proxy.sent <= most, f"{self.name}: {self.proxy.sent} bytes sent, allowed {most:.0f}")
        check(self.scene.hits, f"{self.name}: the weather was good all the time")


class Here(lab.Lab):
    """The lab, with a reader that can be made again."""

    def read_with(self):
        return boto3.client("s3", endpoint_url=self.server.endpoint, aws_access_key_id=self.server.keys[0],
                            aws_secret_access_key=self.server.keys[1], region_name="us-east-1",
                            config=lab.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--only", choices=SCENES, action="append")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    started = time.monotonic()
    names = args.only or list(SCENES)
    with Here(args, proxy=Proxy) as here:
        here.reader.put_bucket_versioning(Bucket=here.bucket, VersioningConfiguration={"Status": "Enabled"})
        for n, name in enumerate(SCENES):
            chance = random.Random(rng.random())
            if name in names:
                began = time.monotonic()
                trial = Trial(here, name, SCENES[name](chance), chance)
                trial.all(n % 2 == 0)
                print(f"proxy: ok {name} hits={trial.scene.hits} sent={trial.proxy.sent} {time.monotonic() - began:.0f} s", flush=True)
        print(f"proxy: ok scenes={len(names)} {time.monotonic() - started:.0f} s, seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
