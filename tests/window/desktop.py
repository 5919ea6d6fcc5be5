"""A desktop of its own for tests of the window: a screen, a session bus with an unlocked keyring, a window manager."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "build" / "screenshots"
LOGS = ROOT / "build" / "logs"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "debug"
SIZE = "1400x900x24"


def until(look, seconds, what, pause=0.1):
    """Looks again until there is something, and returns it."""
    end, error = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            found = look()
            if found:
                return found
        except (OSError, RuntimeError) as trouble:
            error = trouble
        time.sleep(pause)
    raise AssertionError(f"within {seconds} s it did not come to this: {what}. Last trouble: {error}")


def picture(name):
    """Of the whole screen. Not a web driver's: that can wait for a frame that a window without a graphics card never draws."""
    subprocess.run(["import", "-window", "root", str(PICTURES / name)], timeout=30, check=True)
    return PICTURES / name


def on_a_desktop(script, arguments, seconds):
    """Runs a Python script on a new desktop with an empty home; returns how it ended."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="windlass-window-"))
    (home / "run").mkdir(mode=0o700)
    read, write = os.pipe()
    screen = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", SIZE, "-nolisten", "tcp"],
                              pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        number = os.read(read, 16).decode().strip()
        assert number, "Xvfb did not start"
        person = Path.home()
        env = {**os.environ, "DISPLAY": f":{number}", "GDK_BACKEND": "x11", "HOME": str(home),
               "XDG_RUNTIME_DIR": str(home / "run"), "XDG_DATA_HOME": str(home / "data"),
               "XDG_CONFIG_HOME": str(home / "config"), "XDG_CACHE_HOME": str(home / "cache"), "NO_AT_BRIDGE": "1",
               "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
               # What was fetched once for this computer is not fetched again for an empty home.
               "CARGO_HOME": os.environ.get("CARGO_HOME", str(person / ".cargo")),
               "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(person / ".rustup")),
               "npm_config_cache": os.environ.get("npm_config_cache", str(person / ".npm")),
               "WINDLASS_TEST_HOME": str(home)}
        for gone in ("DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY"):
            env.pop(gone, None)
        return subprocess.run(["dbus-run-session", "--", sys.executable, script, "--inside", *arguments],
                              env=env, timeout=seconds, check=False).returncode
    finally:
        screen.send_signal(signal.SIGTERM)
        screen.wait(timeout=10)
        shutil.rmtree(home, ignore_errors=True)


class Manager:
    """Unlocks the keyring and starts a window manager, as a login does."""

    def __enter__(self):
        subprocess.run(["gnome-keyring-daemon", "--unlock", "--components=secrets"], input=b"test-password",
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        self.manager = subprocess.Popen(["openbox"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.manager.terminate()
        self.manager.wait(timeout=10)
