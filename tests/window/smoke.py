#!/usr/bin/env python3
"""Drives the real window: first run, practice bucket, photos; what the window must refuse; a secret in the keychain;
sound that plays.

usage: smoke.py [--program PROGRAM] [--serve SERVER]

Starts a screen of its own (Xvfb), a session bus with an unlocked keyring, and WebKitWebDriver; talks to the driver in its own
protocol, plain HTTP. Pictures go to build/screenshots/.
"""
import argparse
import json
import math
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import wave
from pathlib import Path

from desktop import LOGS, TARGET, Manager, on_a_desktop, picture, until

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

    def wait_for(self, script, *args):
        """Runs a function that calls its last argument when it is done."""
        return self.ask("POST", f"{self.session}/execute/async", {"script": script, "args": list(args)})

    def click(self, xpath):
        element = self.ask("POST", f"{self.session}/element", {"using": "xpath", "value": xpath})[ELEMENT]
        self.ask("POST", f"{self.session}/element/{element}/click", {})

    def end(self):
        self.ask("DELETE", self.session)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


TEXT = "return document.body.innerText"
# The photos in the list and how many of them are drawn.
LIST = """
return {
  photos: [...document.querySelectorAll('[role=row]')].map(row => row.getAttribute('aria-label') || '').filter(l => /\\.jpe?g,/i.test(l)),
  pictures: [...document.querySelectorAll('[role=row] img')].filter(image => image.naturalWidth > 0).length,
};
"""
CALL = """
const done = arguments[arguments.length - 1];
window.__TAURI_INTERNALS__.invoke('call', { name: arguments[0], args: arguments[1] })
  .then(value => done({ value }), error => done({ error }));
"""
# Each must be refused.
REFUSED = """
const done = arguments[arguments.length - 1];
const invoke = window.__TAURI_INTERNALS__.invoke;
const tried = {};
const attempt = async (name, what) => { try { await what(); tried[name] = 'ALLOWED' } catch (error) { tried[name] = 'refused' } };
const element = (tag, url) => new Promise((loaded, refused) => {
  const one = document.createElement(tag);
  one.onload = loaded;
  one.onerror = refused;
  one.src = url;
  document.body.append(one);
});
(async () => {
  await attempt('fetch elsewhere', () => fetch('http://127.0.0.1:1/'));
  await attempt('fetch a file', () => fetch('file:///etc/hostname'));
  await attempt('eval', async () => (0, eval)('1'));
  await attempt('new Function', async () => new Function('return 1')());
  await attempt('a script from text', () => element('script', 'data:text/javascript,1'));
  await attempt('a picture from elsewhere', () => element('img', 'http://127.0.0.1:1/x.png'));
  await attempt('read a file', () => invoke('plugin:fs|read_text_file', { path: '/etc/hostname' }));
  await attempt('run a program', () => invoke('plugin:shell|execute', { program: 'true', args: [] }));
  await attempt('open an address', () => invoke('plugin:opener|open_url', { url: 'http://127.0.0.1:1/' }));
  await attempt('close the window', () => invoke('plugin:window|close', { label: 'main' }));
  await attempt('open a dialog by itself', () => invoke('plugin:dialog|open', { options: {} }));
  await attempt('a command nobody named', () => invoke('noop'));
  await attempt('a function that is not there', () => invoke('call', { name: 'noop', args: {} }));
  await attempt('a function with wrong arguments', () => invoke('call', { name: 'buckets', args: { connection: 7 } }));
  done(tried);
})();
"""
# What becomes of sound at an address.
PLAY = """
const done = arguments[arguments.length - 1];
const sound = document.createElement('audio');
sound.ontimeupdate = () => { if (sound.currentTime > 0.3) { sound.remove(); done({ played: sound.currentTime, length: sound.duration }) } };
sound.onerror = () => done({ error: sound.error.code, says: sound.error.message });
sound.src = arguments[0];
document.body.append(sound);
sound.play().catch(error => done({ refused: String(error) }));
setTimeout(() => done({ waits: [sound.networkState, sound.readyState, sound.currentTime] }), 25000);
"""
SECRET = "window-smoke-secret"


def call(driver, name, args=None):
    answer = driver.wait_for(CALL, name, args or {})
    if "error" in answer:
        raise RuntimeError(f"{name}: {answer['error']}")
    return answer["value"]


def open_window(port, program):
    began = time.monotonic()
    driver = Driver(port, program)
    until(lambda: driver.run(TEXT), 60, "the window shows text")
    print(f"window with text after {time.monotonic() - began:.1f} s")
    return driver


def newcomer(driver):
    """First run, the practice bucket, its photos."""
    until(lambda: "Try the practice bucket" in driver.run(TEXT), 30, "the first screen offers the practice bucket")
    picture("window-first.png")
    driver.click("//button[contains(., 'Try the practice bucket')]")

    def photos():
        now = driver.run(LIST)
        return now if now["photos"] and now["pictures"] >= 20 else None

    now = until(photos, 60, "rows with photos and their pictures")
    print(f"{len(now['photos'])} photos, {now['pictures']} of them drawn; the first: {now['photos'][0]}")
    picture("window-practice.png")


def refusals(driver):
    tried = driver.wait_for(REFUSED)
    for what, end in tried.items():
        print(f"  {what}: {end}")
    assert len(tried) == 14 and all(end == "refused" for end in tried.values()), f"the window may do what it must not: {tried}"


def keychain_save(driver, endpoint):
    """A secret goes to the keychain of the system, and only there."""
    places = call(driver, "secret_places")
    assert places["keychain"], f"the unlocked keyring is not found: {places}"
    saved = call(driver, "save_connection", {"draft": {
        "name": "Keychain", "source": "access_key", "profile": None, "endpoint": endpoint, "region": "us-east-1",
        "start_in": "", "access_key": "WINDOWSMOKE", "secret_key": SECRET, "keep": "keychain", "passphrase": None}})
    assert [b["name"] for b in call(driver, "buckets", {"connection": saved["id"]})], "the buckets are listed"
    return saved["id"]


def plays(driver, connection, home):
    """Sound of a bucket, through the loopback of the core and the player of the web view."""
    file = home / "tone.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(44_100)
        sound.writeframes(b"".join(round(800 * math.sin(i / 16)).to_bytes(2, "little", signed=True) for i in range(44_100 * 20)))
    bucket = call(driver, "buckets", {"connection": connection})[0]["name"]
    at = {"connection": connection, "bucket": bucket}
    call(driver, "upload_paths", {**at, "prefix": "", "paths": [str(file)]})

    def opened():
        try:
            return call(driver, "play", {**at, "key": "tone.wav", "etag": ""})
        except RuntimeError:
            return None

    playing = until(opened, 60, "the sound is in the bucket and can be played")
    assert playing["media"] == "audio/wav" and playing["address"].startswith("http://127.0.0.1:"), playing
    end = driver.wait_for(PLAY, playing["address"])
    print("  sound in the window:", end)
    assert end.get("played", 0) > 0.3 and 19 < end["length"] < 21, f"the window does not play: {end}"
    call(driver, "stop_playing", {"id": playing["id"]})
    with socket.socket() as gone:
        assert gone.connect_ex(("127.0.0.1", int(playing["address"].split(":")[2].split("/")[0]))) != 0, "a port is left open"


def keychain_again(driver, connection, home):
    """After a new start nobody is asked: the keychain has it. No file of ours does."""
    assert call(driver, "buckets", {"connection": connection}), "the secret came back from the keychain"
    for path in (home / "data").rglob("*"):
        # The practice server below the same folder is a server: its objects are not ours to look through.
        if path.is_file() and "keyrings" not in path.parts:
            assert SECRET.encode() not in path.read_bytes(), f"the secret lies in {path}"
    picture("window-second-start.png")


def in_window(port, program, *steps):
    driver = open_window(port, program)
    try:
        results = [step(driver) for step in steps]
    except BaseException:
        try:
            picture("window-failed.png")
            print("on the screen:", driver.run(TEXT)[:1000])
        except (OSError, RuntimeError, subprocess.SubprocessError):
            pass
        raise
    finally:
        try:
            driver.end()
        except (OSError, RuntimeError) as error:
            print("the session did not end:", error)
    return results


def journey(port, program, serve):
    home = Path(os.environ["WINDLASS_TEST_HOME"])
    server = subprocess.Popen([serve, home / "server", "0", "WINDOWSMOKE", SECRET], stdout=subprocess.PIPE, text=True)
    try:
        endpoint = server.stdout.readline().strip()
        *_, connection = in_window(port, program, newcomer, refusals, lambda d: keychain_save(d, endpoint))
        in_window(port, program, lambda d: keychain_again(d, connection, home), lambda d: plays(d, connection, home))
    finally:
        server.terminate()
        server.wait(timeout=10)


def inside(program, serve):
    """Runs on the desktop, below its session bus."""
    port = free_port()
    with Manager(), open(LOGS / "webdriver.log", "wb") as log:
        driver = subprocess.Popen(["WebKitWebDriver", f"--port={port}", "--host=127.0.0.1"], stdout=log, stderr=log,
                                  env={**os.environ, "TAURI_WEBVIEW_AUTOMATION": "true"})
        try:
            journey(port, program, serve)
        finally:
            driver.terminate()
            driver.wait(timeout=10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", type=Path, default=TARGET / "windlass-app")
    parser.add_argument("--serve", type=Path, default=TARGET / "examples" / "serve")
    parser.add_argument("--inside", action="store_true")
    given = parser.parse_args()
    if given.inside:
        inside(given.program, given.serve)
    else:
        sys.exit(on_a_desktop(__file__, ["--program", str(given.program), "--serve", str(given.serve)], 300))
