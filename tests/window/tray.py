#!/usr/bin/python3
"""The icon beside the clock on a real session: its picture, its words, pause, resume, back to the window, quit.

usage: tray.py [--program PROGRAM]

Plays the part of the panel: owns org.kde.StatusNotifierWatcher on a session bus of its own, waits for the app's icon, keeps its menu
as a panel does (read once, renewed only when the app says so) and clicks in it. The icon's picture goes to build/screenshots/.
Needs Debian's own Python, since python3-gi is built for no other.
"""
import argparse
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from gi.repository import Gio, GLib

from desktop import LOGS, PICTURES, ROOT, TARGET, Manager, on_a_desktop, picture, until
from smoke import TEXT, call, free_port, in_window

WATCHER = """
<node><interface name='org.kde.StatusNotifierWatcher'>
  <method name='RegisterStatusNotifierItem'><arg type='s' direction='in'/></method>
  <method name='RegisterStatusNotifierHost'><arg type='s' direction='in'/></method>
  <property name='RegisteredStatusNotifierItems' type='as' access='read'/>
  <property name='IsStatusNotifierHostRegistered' type='b' access='read'/>
  <property name='ProtocolVersion' type='i' access='read'/>
  <signal name='StatusNotifierItemRegistered'><arg type='s'/></signal>
  <signal name='StatusNotifierHostRegistered'/>
</interface></node>
"""
MENU = "com.canonical.dbusmenu"
SIZE = 6_000_000


class Panel:
    """Takes in icons, as the panel of a desktop does."""

    def __init__(self):
        self.items = []
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        interface = Gio.DBusNodeInfo.new_for_xml(WATCHER).interfaces[0]
        self.bus.register_object("/StatusNotifierWatcher", interface, self.asked, self.read, None)
        # Answers while the test itself waits for the app, which would otherwise wait for us.
        threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
        for name in ("org.kde.StatusNotifierWatcher", f"org.kde.StatusNotifierHost-{os.getpid()}"):
            assert self.daemon("RequestName", "(su)", name, 4) == 1, f"{name} is taken"

    def asked(self, _bus, sender, _path, _interface, method, arguments, answer):
        if method == "RegisterStatusNotifierItem":
            self.items.append((sender, arguments[0]))
        answer.return_value(None)

    def read(self, _bus, _sender, _path, _interface, name):
        return {"RegisteredStatusNotifierItems": GLib.Variant("as", [a + b for a, b in self.items]),
                "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
                "ProtocolVersion": GLib.Variant("i", 0)}[name]

    def ask(self, who, path, interface, method, kinds, *arguments):
        try:
            return self.bus.call_sync(who, path, interface, method, GLib.Variant(kinds, arguments), None,
                                      Gio.DBusCallFlags.NONE, 10000, None).unpack()
        except GLib.Error as error:
            raise RuntimeError(f"{method}: {error.message}") from None

    def daemon(self, method, kinds, *arguments):
        return self.ask("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", method, kinds, *arguments)[0]

    def icon(self):
        """Waits for an app to bring its icon."""
        return Icon(self, *until(lambda: self.items and self.items.pop(), 60, "the app brings its icon"))


class Icon:
    """One icon and its menu, as the panel knows them."""

    def __init__(self, panel, owner, path):
        self.panel, self.owner = panel, owner
        assert path.startswith("/"), f"a path of an object, not {path}"
        self.about = panel.ask(owner, path, "org.freedesktop.DBus.Properties", "GetAll", "(s)", "org.kde.StatusNotifierItem")[0]
        self.entries, self.stale = {}, True
        # Entries whose words changed, in the order the app said so; those since the menu was read.
        self.updates, self.since = [], 0
        panel.bus.signal_subscribe(owner, MENU, None, self.about["Menu"], None, Gio.DBusSignalFlags.NONE, self.told)

    def told(self, _bus, _sender, _path, _interface, signal, arguments):
        """What the app does not say is not seen: a panel keeps the menu that it has."""
        if signal == "LayoutUpdated":
            self.stale = True
        elif signal == "ItemsPropertiesUpdated":
            self.updates.extend(arguments[0])

    def read(self):
        _, (_, _, entries) = self.panel.ask(self.owner, self.about["Menu"], MENU, "GetLayout", "(iias)", 0, -1, [])
        return {number: words for number, words, _ in entries}

    def menu(self):
        """Entries by their number, without separators."""
        if self.stale:
            self.stale, self.since = False, len(self.updates)
            self.entries = self.read()
        now = {number: dict(words) for number, words in self.entries.items() if words.get("type") != "separator"}
        for number, words in self.updates[self.since:]:
            if number in now:
                now[number].update(words)
        return now

    def labels(self):
        return [words.get("label", "") for words in self.menu().values()]

    def heard(self):
        """Every summary so far."""
        first = min(self.menu())
        return [words["label"] for number, words in self.updates if number == first and "label" in words]

    def says(self, line, then):
        """Waits until the summary begins like this, and the menu goes on with the right words."""
        def look():
            words = self.labels()
            return words if words[1:] == ["Open Windlass", then, "Quit"] and words[0].startswith(line) else None

        try:
            print("  the icon says:", " | ".join(until(look, 60, f"the icon says {line}, and offers: {then}")))
        except AssertionError:
            print("  the icon said:", self.heard(), "and its menu reads", self.menu())
            raise

    def click(self, words):
        number = next(n for n, entry in self.menu().items() if entry["label"] == words)
        self.panel.ask(self.owner, self.about["Menu"], MENU, "Event", "(isvu)", number, "clicked", GLib.Variant("i", 0), 0)

    def gone(self):
        return not self.panel.daemon("NameHasOwner", "(s)", self.owner)


def magick(*words):
    # Not checked: `compare` ends with 1 when it finds a difference.
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)


def looks(icon, home):
    """What a panel shows before anybody opens the menu."""
    about = icon.about
    print(f"  {about['Title']}, {about['Status']}, {about['IconName']}")
    assert about["Status"] == "Active" and about["Category"] == "ApplicationStatus", f"panels hide this: {about}"
    assert about["Title"] == "Windlass", f"the mouse over the icon reads {about['Title']}"
    file = Path(about["IconName"])
    assert file.is_relative_to(home / "run") and file.parent == Path(about["IconThemePath"]), f"not where panels look: {about}"
    shown = PICTURES / "tray-icon.png"
    shutil.copyfile(file, shown)
    wanted = ROOT / "icons" / "32x32.png"
    different = magick("compare", "-metric", "AE", shown, wanted, "null:").stderr
    assert different.split()[:1] == ["0"], f"{different} pixels are not those of {wanted.name}"
    told = magick("convert", shown, "-format", "%w %h %k ", "-write", "info:", "-alpha", "extract", "-format", "%[fx:mean]", "info:")
    width, height, colours, opaque = told.stdout.split()
    print(f"  the picture: {width} by {height}, {colours} colours, {float(opaque):.0%} of it opaque")
    assert int(colours) > 20 and float(opaque) > 0.3, "the picture is blank"


def activity(driver):
    return call(driver, "transfers", {"offset": 0, "limit": 10, "filter": "open"})["activity"]


def strip(driver):
    """The words at the foot of the window."""
    return driver.run("return document.querySelector('footer.act')?.innerText ?? ''")


def add_folder(driver, home):
    """A folder whose only file takes a while."""
    until(lambda: "Try the practice bucket" in driver.run(TEXT), 30, "the first screen offers the practice bucket")
    driver.click("//button[contains(., 'Try the practice bucket')]")
    until(lambda: strip(driver), 60, "the window shows the bucket")
    connection = call(driver, "connections")[0]["id"]
    bucket = call(driver, "buckets", {"connection": connection})[0]["name"]
    folder = home / "Photos"
    folder.mkdir()
    (folder / "one.bin").write_bytes(os.urandom(SIZE))
    call(driver, "set_bandwidth", {"bytes_per_second": SIZE // 60})
    call(driver, "add_folder", {"name": "Photos", "local": str(folder), "connection": connection, "bucket": bucket,
                                "prefix": "tray/", "mode": "ingest", "options": None})


def pausing(driver, icon, home):
    """An upload, held and let go by the icon."""
    icon.says("Nothing to do", then="Pause all")
    assert not next(iter(icon.menu().values())).get("enabled", True), "the summary looks as if it could be pressed"
    add_folder(driver, home)
    icon.says("1 file under way", then="Pause all")
    print("  until then it said:", icon.heard())
    assert "Everything is in step" not in icon.heard(), "nothing was looked at yet, let alone sent"
    icon.click("Pause all")
    icon.says("Paused", then="Resume all")
    assert activity(driver)["paused"], "the icon says so, the core does not"
    until(lambda: "Paused" in strip(driver) and "Resume" in strip(driver), 10, "the window says so too")
    # Without the cap what is still under way would be there at once.
    call(driver, "set_bandwidth", {"bytes_per_second": None})
    until(lambda: activity(driver)["rate"] == 0, 30, "no byte moves any more")
    picture("tray-paused.png")
    counts = call(driver, "folders")[0]["counts"]
    assert (counts["safe"], counts["total"]) == (0, 1), f"it went on: {counts}"
    icon.click("Resume all")
    icon.says("Everything is in step", then="Pause all")
    counts = call(driver, "folders")[0]["counts"]
    assert (counts["safe"], counts["total"]) == (1, 1), f"not all of it is there: {counts}"
    assert not activity(driver)["paused"]


def pausing_elsewhere(driver, icon):
    """What is paused in the window is let go by the icon."""
    call(driver, "pause_all")
    icon.says("Paused", then="Resume all")
    icon.click("Resume all")
    icon.says("Everything is in step", then="Pause all")
    assert not activity(driver)["paused"]
    seen = icon.labels()
    there = [entry["label"] for entry in icon.read().values() if "label" in entry]
    assert seen == there, f"a panel that was told everything shows {seen}, and the menu is {there}"


def xdotool(*words):
    return subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=20, check=False).stdout.split()


def back_to_the_window(icon):
    def shown():
        return xdotool("search", "--onlyvisible", "--name", "^Windlass$")

    window = until(shown, 30, "the window is there")[0]
    xdotool("windowminimize", window)
    until(lambda: not shown(), 10, "the window is put away")
    icon.click("Open Windlass")
    until(lambda: shown() == [window], 10, "the window is back")
    until(lambda: xdotool("getactivewindow") == [window], 10, "the window has the keyboard")
    print("  the window came back")


def quitting(panel, program):
    """Started as a person does; the icon knows at once what there is, and ends it."""
    with open(LOGS / "tray-second.log", "wb") as log:
        app = subprocess.Popen([program], stdout=log, stderr=log)
    try:
        icon = panel.icon()
        icon.says("Everything is in step", then="Pause all")
        back_to_the_window(icon)
        icon.click("Quit")
        code = app.wait(timeout=30)
        assert code == 0, f"it ended with {code}: {(LOGS / 'tray-second.log').read_text()[-1000:]}"
        until(icon.gone, 10, "the icon is gone")
        print("  the second start ended with 0")
    finally:
        if app.poll() is None:
            app.kill()
            app.wait(timeout=10)


def journey(port, program):
    home = Path(os.environ["WINDLASS_TEST_HOME"])
    panel = Panel()

    def first(driver):
        icon = panel.icon()
        looks(icon, home)
        pausing(driver, icon, home)
        pausing_elsewhere(driver, icon)
        back_to_the_window(icon)
        return icon

    icon, = in_window(port, program, first)
    until(icon.gone, 30, "the first start is over")
    quitting(panel, program)


def inside(program):
    """Runs on the desktop, below its session bus."""
    port = free_port()
    with Manager(), open(LOGS / "webdriver-tray.log", "wb") as log:
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
    given = parser.parse_args()
    if given.inside:
        inside(given.program)
    else:
        sys.exit(on_a_desktop(__file__, ["--program", str(given.program)], 300))
