#!/usr/bin/env python3
"""A newcomer: clones the repository, types `make run`, presses "Try the practice bucket", sees photos. Then once more.

usage: newcomer.py

Nothing but the screen, the mouse and the files on the disk is used. The clone is of the last commit, in build/newcomer: always
the same place, so that the compiler need not begin from nothing each time; so is the folder of compiled code. The home is
empty. The second start, from typing to the open window, must take less than 5 seconds. Pictures go to build/screenshots/.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from desktop import LOGS, ROOT, TARGET, Manager, on_a_desktop, picture, until

CLONE = ROOT / "build" / "newcomer"
FIGURES = ROOT / "build" / "bench" / "newcomer.json"
SECOND_START = 5.0
# "Try the practice bucket" lies at the lower right end of the left half, which is 520 wide: see ui/src/styles/extra.css.
BUTTON_FROM_LEFT, BUTTON_FROM_BOTTOM = 405, 42
# A screen of text and symbols has some hundred colours, one with photos has thousands.
COLOURS_OF_PHOTOS = 8000


def xdotool(*words):
    done = subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.strip()


class Run:
    """`make run` until it ends."""

    def __init__(self, name):
        self.log = LOGS / f"newcomer-{name}.log"
        self.began = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["make", "run"], cwd=CLONE, stdout=log, stderr=subprocess.STDOUT)

    def window(self, seconds):
        """Waits until the window is mapped; returns the window and how long that took."""
        def look():
            assert self.process.poll() is None, f"`make run` ended:\n{self.log.read_text()[-3000:]}"
            return xdotool("search", "--onlyvisible", "--name", "^Windlass$").split("\n")[0]
        try:
            return until(look, seconds, "the window is there", 0.02), time.monotonic() - self.began
        except BaseException:
            print(self.log.read_text()[-3000:])
            self.end()
            raise

    def close(self, window):
        """Closes the window as a person does; `make run` must end well."""
        deadline = time.monotonic() + 30
        while True:
            # A key pressed while the window manager hands the focus over can get lost: pressed again, as a person would.
            if xdotool("search", "--onlyvisible", "--name", "^Windlass$"):
                xdotool("windowactivate", "--sync", window, "key", "--clearmodifiers", "alt+F4")
            try:
                code = self.process.wait(timeout=5)
                break
            except subprocess.TimeoutExpired:
                assert time.monotonic() < deadline, "`make run` does not end when its window is closed"
        assert code == 0, f"`make run` ended with {code}:\n{self.log.read_text()[-3000:]}"

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=10)


def colours(name):
    """Colours on the screen, in a picture that is kept."""
    told = subprocess.run(["identify", "-format", "%k", str(picture(name))], capture_output=True, text=True, timeout=30, check=True)
    return int(told.stdout)


def geometry(window):
    """Left edge, top edge, width and height of what is drawn inside the frame."""
    told = subprocess.run(["xwininfo", "-id", window], capture_output=True, text=True, timeout=20, check=True).stdout
    words = ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
    return [int(re.search(rf"{word}: +(-?\d+)", told)[1]) for word in words]


def inside():
    home = Path(os.environ["WINDLASS_TEST_HOME"])
    shutil.rmtree(CLONE, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(CLONE)], check=True)
    os.environ.update(WINDLASS_YES="1", CARGO_TARGET_DIR=str(TARGET.parent))
    figures = {}
    with Manager():
        first = Run("first")
        window, seconds = first.window(1500)
        figures["first start, with building, s"] = round(seconds, 1)
        try:
            left, top, _, height = geometry(window)

            def practice():
                if (home / "data").exists() and list((home / "data").rglob("practice/**/*")):
                    return True
                xdotool("mousemove", left + BUTTON_FROM_LEFT, top + height - BUTTON_FROM_BOTTOM, "click", 1)
                return False

            try:
                until(practice, 60, "the practice bucket is made", 1)
            except AssertionError:
                picture("newcomer-failed.png")
                raise
            seen = until(lambda: (n := colours("newcomer.png")) > COLOURS_OF_PHOTOS and n, 30, "photos are on the screen", 0.5)
            print(f"photos on the screen: {seen} colours")
            first.close(window)
        finally:
            first.end()
        second = Run("second")
        window, seconds = second.window(60)
        figures["second start to the window, s"] = round(seconds, 2)
        try:
            until(lambda: colours("newcomer-second.png") > COLOURS_OF_PHOTOS, 30, "the second start shows the photos again", 0.5)
            figures["second start to the photos, s"] = round(time.monotonic() - second.began, 2)
            second.close(window)
        finally:
            second.end()
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
    # Cargo goes by the times of files: what it built from the clone must not pass for this folder's own sources.
    for source in (ROOT / "src-tauri").rglob("*.rs"):
        os.utime(source)
    taken = figures["second start to the window, s"]
    assert taken < SECOND_START, f"the second start took {taken} s"
    shutil.rmtree(CLONE, ignore_errors=True)


if __name__ == "__main__":
    if "--inside" in sys.argv:
        inside()
    else:
        sys.exit(on_a_desktop(__file__, [], 1800))
