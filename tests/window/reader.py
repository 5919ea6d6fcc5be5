#!/usr/bin/python3
"""What a screen reader finds in the real window: over AT-SPI, as Orca asks. The list is a table of so many rows, each row says name, size
and state in its own name, the row with the focus is the focused one, a ticked row is selected, and buttons and fields have names.

usage: reader.py [--program PROGRAM]

Needs Debian's own Python, since python3-gi is built for no other.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402  (the version is named first)

from desktop import LOGS, TARGET, Manager, on_a_desktop, picture, until
from smoke import TEXT, free_port, in_window

# A tree that loops or grows without end is a fault, not a test that runs for ever.
MOST = 20_000


def walk(node):
    """This node and all below it. What vanishes while it is looked at is left out."""
    waiting, seen = [node], 0
    while waiting and seen < MOST:
        one = waiting.pop()
        seen += 1
        try:
            yield one
            waiting.extend(filter(None, (one.get_child_at_index(i) for i in reversed(range(one.get_child_count())))))
        except GLib.Error:
            continue


def role(node):
    try:
        return node.get_role_name()
    except GLib.Error:
        return ""


def name(node):
    try:
        return node.get_name() or ""
    except GLib.Error:
        return ""


def has(node, state):
    return node.get_state_set().contains(state)


def of_us():
    desktop = Atspi.get_desktop(0)
    apps = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
    return next((app for app in apps if app and "windlass" in name(app).lower()), None)


def rows(app):
    # The head is a row as well; it has no tick box of an object.
    return [node for node in walk(app) if role(node) in ("table row", "list item") and ", " in name(node)]


def journey(program):
    def steps(driver):
        until(lambda: "Try the practice bucket" in driver.run(TEXT), 30, "the first screen offers the practice bucket")
        app = until(of_us, 60, "the program is on the accessibility bus")
        until(lambda: [n for n in walk(app) if "practice bucket" in name(n) and "button" in role(n)], 60,
              "the button of the first screen has its name in the tree")
        driver.click("//button[contains(., 'Try the practice bucket')]")

        photos = until(lambda: [row for row in rows(app) if ".JPG" in name(row)], 60, "rows of photos in the tree")
        said = name(photos[0])
        print(f"{len(photos)} photos in the tree; the first says: {said}")
        parts = said.split(", ")
        assert parts[0].endswith(".JPG"), said
        assert any(unit in said for unit in ("megabytes", "kilobytes", " bytes")), f"no size: {said}"
        assert any(state in said.lower() for state in ("safe", "stored")), f"no state: {said}"

        tables = [n for n in walk(app) if role(n) in ("table", "tree table") and "raw" in name(n)]
        assert tables, "the list is a table with the name of its folder"
        print("the list:", role(tables[0]), repr(name(tables[0])))

        # By keyboard: the focus moves and the reader is told; Space ticks.
        driver.run("document.querySelector('[role=row][tabindex=\"0\"]').focus()")
        press = """
            const at = document.activeElement;
            at.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true }));
            return true"""
        driver.run(press, "ArrowDown")
        focused = until(lambda: [r for r in rows(app) if has(r, Atspi.StateType.FOCUSED)], 20, "a focused row in the tree")
        second = driver.run("return document.activeElement.getAttribute('aria-label')")
        assert [name(r) for r in focused] == [second], (name(focused[0]), second)
        driver.run(press, " ")
        ticked = until(lambda: [r for r in rows(app) if has(r, Atspi.StateType.SELECTED)], 20, "a selected row in the tree")
        assert [name(r) for r in ticked] == [second], [name(r) for r in ticked]
        picture("reader.png")

        nameless = [role(n) for n in walk(app) if role(n) in ("push button", "toggle button", "check box", "entry", "combo box")
                    and has(n, Atspi.StateType.SHOWING) and not name(n)]
        controls = [n for n in walk(app) if role(n) in ("push button", "toggle button", "check box", "entry")]
        print(f"{len(controls)} controls, {len(nameless)} without a name")
        assert len(controls) > 15 and not nameless, nameless
        landmarks = {name(n) for n in walk(app) if role(n) == "landmark" or "landmark" in (role(n) or "")}
        print("landmarks:", sorted(landmarks))

    in_window(PORT, program, steps)


PORT = free_port()


def inside(program):
    # The bridge that other tests of the window turn off is what this one is about.
    os.environ.pop("NO_AT_BRIDGE", None)
    os.environ["GTK_MODULES"] = "gail:atk-bridge"
    with Manager(), open(LOGS / "webdriver.log", "wb") as log:
        driver = subprocess.Popen(["WebKitWebDriver", f"--port={PORT}", "--host=127.0.0.1"], stdout=log, stderr=log,
                                  env={**os.environ, "TAURI_WEBVIEW_AUTOMATION": "true"})
        try:
            journey(program)
        finally:
            driver.terminate()
            driver.wait(timeout=10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", type=Path, default=TARGET / "windlass-app")
    parser.add_argument("--inside", action="store_true")
    given = parser.parse_args()
    if given.inside:
        inside(given.program)
    else:
        sys.exit(on_a_desktop(__file__, ["--program", str(given.program)], 300))
