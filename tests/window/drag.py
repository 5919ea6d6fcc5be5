#!/usr/bin/python3
"""Drags objects out of the real window into another GTK program and into a file manager, and files of another GTK program into the window.

usage: drag.py [--program PROGRAM]

The pointer is moved by xdotool; the other program is a GTK window of its own (`--peer`), which takes what is dropped on it and says
what it got, or offers files. Needs Debian's own Python, since python3-gi is built for no other.
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

from desktop import LOGS, TARGET, Manager, on_a_desktop, picture, until
from smoke import TEXT, call, free_port, in_window

PEER = (1000, 560)
ROWS = """
return [...document.querySelectorAll('[role=row][aria-label]')].map(row => {
  const box = row.getBoundingClientRect();
  return { name: row.getAttribute('aria-label'), x: box.left + 120, y: box.top + box.height / 2 };
});
"""


def peer(offer):
    """The other program. With files it offers them; without, it takes what is dropped, and prints the addresses as JSON."""
    import gi
    gi.require_version("Gdk", "3.0")
    gi.require_version("Gtk", "3.0")
    from gi.repository import Gdk, Gtk
    window = Gtk.Window(title="windlass-peer")
    window.set_default_size(280, 160)
    box = Gtk.EventBox()
    box.add(Gtk.Label(label="files from here" if offer else "drop here"))
    window.add(box)
    if offer:
        addresses = [Path(path).as_uri() for path in offer]
        box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
        box.drag_source_add_uri_targets()
        box.connect("drag-data-get", lambda _w, _c, data, _i, _t: data.set_uris(addresses))
    else:
        box.drag_dest_set(Gtk.DestDefaults.ALL, [], Gdk.DragAction.COPY)
        box.drag_dest_add_uri_targets()
        box.connect("drag-data-received", lambda _w, _c, _x, _y, data, _i, _t: print(json.dumps(data.get_uris()), flush=True))
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    print("ready", flush=True)
    Gtk.main()


class Peer:
    """The other program, at a known place on the screen."""

    def __init__(self, offer=()):
        self.log = open(LOGS / "drag-peer.log", "w+", encoding="utf-8")
        self.program = subprocess.Popen([sys.executable, __file__, "--peer", *map(str, offer)], stdout=self.log)
        self.window = until(lambda: xdo("search", "--name", "^windlass-peer$"), 30, "the other window is there").split()[-1]
        xdo("windowmove", "--sync", self.window, *map(str, PEER))
        xdo("windowraise", self.window)

    def got(self):
        self.log.flush()
        lines = Path(self.log.name).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("[")]

    def middle(self):
        x, y, width, height = place_of(self.window)
        return x + width // 2, y + height // 2

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.terminate()
        self.program.wait(timeout=10)
        self.log.close()


def xdo(*what):
    return subprocess.run(["xdotool", *what], capture_output=True, text=True, timeout=30, check=False).stdout.strip()


def travel(start, goal, steps=10, pause=0.15):
    """With the button down. A pointer that jumps is no drag: each program on the way has to see it."""
    xdo("mousemove", *map(str, start))
    time.sleep(0.3)
    xdo("mousedown", "1")
    for step in range(1, steps + 1):
        xdo("mousemove", *(str(round(a + (b - a) * step / steps)) for a, b in zip(start, goal)))
        time.sleep(pause)


def drag(start, goal):
    travel(start, goal)
    time.sleep(0.3)
    xdo("mouseup", "1")


def place_of(window):
    """Corner and size of a window's own area on the screen. xdotool counts the frame of the window manager twice."""
    said = subprocess.run(["xwininfo", "-id", window], capture_output=True, text=True, timeout=30, check=True).stdout
    return [int(re.search(rf"{what}:\s+(-?\d+)", said).group(1))
            for what in ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")]


def origin():
    """Where the page's own corner is on the screen."""
    return place_of(xdo("search", "--name", "^Windlass$").split()[-1])[:2]


def on_screen(row):
    x, y = origin()
    return round(x + row["x"]), round(y + row["y"])


def row(driver, name):
    return until(lambda: next((r for r in driver.run(ROWS) if r["name"].startswith(name)), None), 30, f"a row {name}")


def staged(home):
    root = home / "cache" / "app.windlass.desktop" / "drag-out"
    return sorted(path for path in root.rglob("*")) if root.is_dir() else []


def digests(root):
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*")) if path.is_file()}


def paths(addresses):
    return [Path(urllib.parse.unquote(urllib.parse.urlparse(address).path)) for address in addresses]


def go(driver, address):
    xdo("windowactivate", "--sync", xdo("search", "--name", "^Windlass$").split()[-1])
    xdo("key", "ctrl+l")
    until(lambda: driver.run("return !!document.querySelector('.path input')"), 30, "the path can be typed")
    xdo("key", "ctrl+a")
    xdo("type", "--delay", "5", address)
    xdo("key", "Return")


def fill(driver, home):
    """Puts files into the practice bucket: one, twenty, and a folder; a name with a blank, a percent sign and no ASCII."""
    source = home / "source"
    (source / "one").mkdir(parents=True)
    (source / "twenty").mkdir()
    (source / "tree" / "inner").mkdir(parents=True)
    (source / "one" / "größe 100%.bin").write_bytes(os.urandom(3_000_000))
    for number in range(20):
        (source / "twenty" / f"f{number:02}.bin").write_bytes(os.urandom(100_000 + number))
    (source / "tree" / "a.txt").write_bytes(b"a" * 1000)
    (source / "tree" / "inner" / "b.bin").write_bytes(os.urandom(50_000))
    connection = call(driver, "start_practice")["id"]
    bucket = call(driver, "buckets", {"connection": connection})[0]["name"]
    for name in ("one", "twenty", "tree"):
        call(driver, "upload_paths", {"connection": connection, "bucket": bucket, "prefix": "drag/", "paths": [str(source / name)]})
    done = lambda: call(driver, "transfers", {"offset": 0, "limit": 1, "filter": "open"})["counts"]["open"] == 0
    until(done, 60, "all files are in the bucket")
    return connection, bucket, source


def out(driver, home, connection, bucket, source):
    with Peer() as other:
        def take(place, name, select_all=False):
            before = len(other.got())
            go(driver, f"s3://{bucket}/{place}")
            found = row(driver, name)
            if select_all:
                driver.run("document.querySelector('[role=columnheader] .cb').click()")
            drag(on_screen(found), other.middle())
            # A program may ask more than once; each answer is the same.
            return paths(until(lambda: other.got()[before:] and other.got()[-1], 40, f"the other program has {name}"))

        one = take("drag/one/", "größe 100%.bin")
        picture("drag-out.png")
        assert len(one) == 1 and one[0].read_bytes() == (source / "one" / "größe 100%.bin").read_bytes(), f"one file: {one}"
        twenty = take("drag/twenty/", "f00.bin", select_all=True)
        assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in twenty} == digests(source / "twenty"), "twenty files"
        tree = take("drag/", "tree")
        assert len(tree) == 1 and digests(tree[0]) == digests(source / "tree"), f"a folder: {tree}"
        print(f"dragged out: one file, {len(twenty)} files, a folder of {len(digests(tree[0]))}; bytes equal")
        for path in (one[0], tree[0]):
            assert home / "cache" in path.parents, "files lie in the app's cache"

        kept, answers = staged(home), len(other.got())
        go(driver, f"s3://{bucket}/drag/one/")
        found = row(driver, "größe 100%.bin")
        for what, end in (("Escape", lambda: xdo("key", "Escape")), ("nowhere", lambda: None)):
            # Over the bare screen, where nobody takes files.
            travel(on_screen(found), (1390, 890))
            end()
            time.sleep(0.3)
            xdo("mouseup", "1")
            until(lambda: staged(home) == kept, 20, f"{what}: nothing of it stays ({staged(home)})")
        assert len(other.got()) == answers, "nobody got anything"
        print("Escape and a drop nowhere leave nothing")


def to_file_manager(driver, home, bucket, source):
    """Onto an open folder of a file manager, which copies by itself after the drop."""
    folder = home / "desk"
    folder.mkdir()
    program = subprocess.Popen(["pcmanfm", "--no-desktop", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        window = until(lambda: xdo("search", "--onlyvisible", "--name", "^desk$"), 30, "the file manager shows the folder").split()[-1]
        xdo("windowmove", "--sync", window, "990", "60")
        xdo("windowsize", "--sync", window, "390", "480")
        time.sleep(1)
        for place, name, everything, want in (("drag/one/", "größe 100%.bin", False, "one"), ("drag/twenty/", "f00.bin", True, "twenty"),
                                              ("drag/", "tree", False, "tree")):
            go(driver, f"s3://{bucket}/{place}")
            found = row(driver, name)
            if everything:
                driver.run("document.querySelector('[role=columnheader] .cb').click()")
            x, y, width, height = place_of(window)
            drag(on_screen(found), (x + width - 60, y + height - 60))
            got = folder / "tree" if want == "tree" else folder
            expected = digests(source / want)
            until(lambda: got.is_dir() and expected.items() <= digests(got).items(), 40, f"the file manager has {want}")
            picture("drag-file-manager.png")
            # Room for the next: a drop on a file's picture is none on the folder.
            for file in folder.iterdir():
                if file.is_file():
                    file.unlink()
            time.sleep(1)
        print("a file manager took one file, twenty and a folder; bytes equal")
    finally:
        program.terminate()
        program.wait(timeout=10)


def into(driver, home, connection, bucket, source):
    """Files of another program: onto the list, and onto a folder's row."""
    files = [home / "in one.bin", home / "in-ü-two.bin"]
    for file in files:
        file.write_bytes(os.urandom(200_000))
    go(driver, f"s3://{bucket}/drag/")
    found = row(driver, "tree")
    x, y = origin()
    area = driver.run("const b = document.querySelector('[role=grid]').getBoundingClientRect(); return [b.left + 200, b.bottom - 30]")
    with Peer(files) as other:
        for goal, prefix in (((x + round(area[0]), y + round(area[1])), "drag/"), (on_screen(found), "drag/tree/")):
            drag(other.middle(), goal)
            back = home / f"back-{prefix.replace('/', '-')}"
            back.mkdir()
            keys = [prefix + file.name for file in files]
            def there():
                for key in keys:
                    call(driver, "object_details", {"connection": connection, "bucket": bucket, "key": key})
                return True
            until(there, 40, f"the files are below {prefix}")
            call(driver, "download", {"connection": connection, "bucket": bucket, "keys": keys, "to": str(back)})
            want = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
            until(lambda: digests(back) == want, 40, f"the bytes below {prefix} are equal")
    picture("drag-in.png")
    print("dragged in: onto the list and onto a folder's row; bytes equal")


def journey(port, program):
    home = Path(os.environ["WINDLASS_TEST_HOME"])

    def all_of_it(driver):
        connection, bucket, source = fill(driver, home)
        until(lambda: "Try the practice bucket" in driver.run(TEXT), 30, "the first screen")
        driver.click("//button[contains(., 'Try the practice bucket')]")
        until(lambda: driver.run(ROWS), 60, "rows")
        # Both windows are to be seen whole.
        window = xdo("search", "--name", "^Windlass$").split()[-1]
        xdo("windowmove", "--sync", window, "10", "30")
        xdo("windowsize", "--sync", window, "960", "800")
        until(lambda: driver.run("return window.innerWidth") < 1000, 20, "the window is smaller")
        out(driver, home, connection, bucket, source)
        into(driver, home, connection, bucket, source)
        to_file_manager(driver, home, bucket, source)

    in_window(port, program, all_of_it)
    in_window(port, program, lambda _driver: until(lambda: not staged(home), 20, "a new start empties what was dragged out"))


def inside(program):
    """Runs on the desktop, below its session bus."""
    port = free_port()
    with Manager(), open(LOGS / "webdriver-drag.log", "wb") as log:
        driver = subprocess.Popen(["WebKitWebDriver", f"--port={port}", "--host=127.0.0.1"], stdout=log, stderr=log,
                                  env={**os.environ, "TAURI_WEBVIEW_AUTOMATION": "true"})
        try:
            journey(port, program)
        finally:
            driver.terminate()
            driver.wait(timeout=10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", type=Path, default=TARGET / "windlass-app")
    parser.add_argument("--inside", action="store_true")
    parser.add_argument("--peer", nargs="*")
    given = parser.parse_args()
    if given.peer is not None:
        peer(given.peer)
    elif given.inside:
        inside(given.program)
    else:
        sys.exit(on_a_desktop(__file__, ["--program", str(given.program)], 400))
