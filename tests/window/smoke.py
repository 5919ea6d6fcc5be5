#!/usr/bin/env python3
"""Drives the real window as a newcomer would: `make run`, "Try the practice bucket", the first photos.

usage: smoke.py [--program PROGRAM]      without it, `scripts/run` starts the app, as `make run` does

Starts a screen of its own (Xvfb), a session bus with an unlocked keyring, and WebKitWebDriver; talks to the driver in its own
protocol, plain HTTP. Then it tries what the window must refuse. Pictures go to build/e2e/.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "build" / "e2e"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Driver:
    """The few words of WebDriver that are needed here."""

    def __init__(self, port, program):
        self.base = f"http://127.0.0.1:{port}"
        until(lambda: self.ask("GET", "/status"), 30, "WebKitWebDriver answers")
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "webkitgtk:browserOptions": {"binary": str(program), "args": []}}}}, 900)
        self.session = f"/session/{answer['sessionId']}"

    def ask(self, method, path, body=None, seconds=30):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"content-type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            said = json.load(error)["value"]
            raise RuntimeError(f"{said.get('error')}: {said.get('message')}") from None

    def run(self, script, *args):
        return self.ask("POST", f"{self.session}/execute/sync", {"script": script, "args": list(args)})

    def wait_for(self, script):
        """Runs a function that calls its last argument when it is done."""
        return self.ask("POST", f"{self.session}/execute/async", {"script": script, "args": []})

    def click(self, xpath):
        element = self.ask("POST", f"{self.session}/element", {"using": "xpath", "value": xpath})[ELEMENT]
        self.ask("POST", f"{self.session}/element/{element}/click", {})

    def picture(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        # Not the driver's own picture: it can wait for a frame that a window without a graphics card never draws.
        subprocess.run(["import", "-window", "root", str(PICTURES / name)], timeout=30, check=True)

    def end(self):
        self.ask("DELETE", self.session)


def until(look, seconds, what):
    """Looks again until there is something, and returns it."""
    end, error = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            found = look()
            if found:
                return found
        except (OSError, RuntimeError) as trouble:
            error = trouble
        time.sleep(0.1)
    raise AssertionError(f"within {seconds} s it did not come to this: {what}. Last trouble: {error}")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


TEXT = "return document.body.innerText"
ROWS = """return [...document.querySelectorAll('[role=row]')].map(row => row.innerText).filter(text => /\\.jpe?g/i.test(text))"""
# Each must be refused; the answer says how.
REFUSED = """
const done = arguments[arguments.length - 1];
const invoke = window.__TAURI_INTERNALS__.invoke;
const tried = {};
const attempt = async (name, what) => { try { await what(); tried[name] = 'ALLOWED' } catch (error) { tried[name] = 'refused' } };
(async () => {
  await attempt('fetch', () => fetch('http://127.0.0.1:1/'));
  await attempt('eval', async () => (0, eval)('1'));
  await attempt('read a file', () => invoke('plugin:fs|read_text_file', { path: '/etc/hostname' }));
  await attempt('close the window', () => invoke('plugin:window|close', { label: 'main' }));
  await attempt('open a dialog by itself', () => invoke('plugin:dialog|open', { options: {} }));
  await attempt('a command nobody named', () => invoke('noop'));
  done(tried);
})();
"""


def journey(port, program):
    began = time.monotonic()
    driver = Driver(port, program)
    try:
        until(lambda: driver.run(TEXT), 60, "the window shows text")
        print(f"window after {time.monotonic() - began:.1f} s")
        driver.picture("window-first.png")
        until(lambda: "practice bucket" in driver.run(TEXT).lower(), 30, "the first screen offers the practice bucket")
        until(lambda: driver.click("//button[contains(., 'Try the practice bucket')]") is None, 30, "the button takes a click")

        def photos():
            rows = driver.run(ROWS)
            if rows:
                return rows
            # The journey may lead over the list of buckets and over folders: open the first of what is there.
            driver.run(OPEN_FIRST)
            time.sleep(1)
            return None

        rows = until(photos, 90, "rows with photos")
        print(f"{len(rows)} photos on the screen after {time.monotonic() - began:.1f} s; first: {rows[0].split(chr(10))[0]}")
        driver.picture("window-practice.png")

        tried = driver.wait_for(REFUSED)
        for what, end in tried.items():
            print(f"{what}: {end}")
        assert all(end == "refused" for end in tried.values()), f"the window may do what it must not: {tried}"
    except BaseException:
        try:
            driver.picture("window-failed.png")
            print("on the screen:", driver.run(TEXT)[:1000])
        except (OSError, RuntimeError, subprocess.SubprocessError):
            pass
        raise
    finally:
        try:
            driver.end()
        except (OSError, RuntimeError) as error:
            print("the session did not end:", error)


OPEN_FIRST = """
const rows = [...document.querySelectorAll('[role=row]')].filter(row => !row.querySelector('[role=columnheader]'));
const target = rows[0] && (rows[0].querySelector('a, button.link, [data-open]') || rows[0]);
if (target) for (const kind of ['click', 'dblclick']) target.dispatchEvent(new MouseEvent(kind, { bubbles: true }));
"""


def inside(program):
    """Runs below a session bus, on a screen."""
    subprocess.run(["gnome-keyring-daemon", "--unlock", "--components=secrets"], input=b"test-password",
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    manager = subprocess.Popen(["openbox"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    port = free_port()
    log = open(PICTURES / "webdriver.log", "wb")
    driver = subprocess.Popen(["WebKitWebDriver", f"--port={port}", "--host=127.0.0.1"], stdout=log, stderr=log,
                              env={**os.environ, "TAURI_WEBVIEW_AUTOMATION": "true"})
    try:
        journey(port, program)
    finally:
        for process in (driver, manager):
            process.terminate()
            process.wait(timeout=10)


def outside(program):
    PICTURES.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="windlass-window-"))
    (home / "run").mkdir(mode=0o700)
    read, write = os.pipe()
    screen = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
                              pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        number = os.read(read, 16).decode().strip()
        assert number, "Xvfb did not start"
        env = {**os.environ, "DISPLAY": f":{number}", "GDK_BACKEND": "x11", "XDG_RUNTIME_DIR": str(home / "run"),
               "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config"),
               "XDG_CACHE_HOME": str(home / "cache"), "WINDLASS_TOOLS": os.environ.get("WINDLASS_TOOLS", str(home / "tools")),
               "NO_AT_BRIDGE": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        return subprocess.run(["dbus-run-session", "--", sys.executable, __file__, "--inside", "--program", str(program)],
                              env=env, timeout=900, check=False).returncode
    finally:
        screen.send_signal(signal.SIGTERM)
        screen.wait(timeout=10)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", type=Path, default=ROOT / "scripts" / "run")
    parser.add_argument("--inside", action="store_true")
    arguments = parser.parse_args()
    if arguments.inside:
        inside(arguments.program)
    else:
        sys.exit(outside(arguments.program))
