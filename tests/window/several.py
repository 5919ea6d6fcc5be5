#!/usr/bin/env python3
"""Several real windows of one program, and links: a folder opens in a window of its own, the window may do no more than the first, a
link that another program hands over shows a place in the window that runs, and a link that is no link of ours changes nothing.

usage: several.py [--program PROGRAM]
"""
import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from desktop import LOGS, TARGET, Manager, on_a_desktop, picture, until
from smoke import CALL, TEXT, free_port, in_window

# The place that is shown, as the path above the list says it, and how many tabs there are.
PATH = "return document.querySelector('.path')?.textContent.replace(/\\s+/g, '') + ' ' + document.querySelectorAll('.tabbar__tab').length"
ROWS = "return [...document.querySelectorAll('[role=row]')].map(row => row.getAttribute('aria-label') || '').filter(Boolean)"


def handles(driver):
    return driver.ask("GET", f"{driver.session}/window/handles")


def switch(driver, handle):
    driver.ask("POST", f"{driver.session}/window", {"handle": handle})


def start_again(program, *arguments):
    """A second start, as a desktop makes it for a link; it hands its words over and ends."""
    done = subprocess.run([str(program), *arguments], timeout=60, check=False, capture_output=True)
    assert done.returncode == 0, f"the second start ended with {done.returncode}: {done.stderr[-500:]}"


def journey(program):
    def steps(driver):
        until(lambda: "Try the practice bucket" in driver.run(TEXT), 30, "the first screen offers the practice bucket")
        driver.click("//button[contains(., 'Try the practice bucket')]")
        rows = until(lambda: driver.run(ROWS), 60, "rows of the practice bucket")
        driver.click("//button[normalize-space()='A14-viaduct']")
        rows = until(lambda: [row for row in driver.run(ROWS) if "2026-05-12" in row], 30, "the folder above")
        folder = next(row for row in rows if "folder" in row.lower())
        print("a folder:", folder)
        tabs = driver.run(PATH)
        first = handles(driver)
        assert len(first) == 1, first
        prefix = "bridges/A14-viaduct/2026-05-12/"

        # Another window, as the menu of the folder opens it.
        element = driver.run("""
            const row = [...document.querySelectorAll('[role=row]')].find(one => one.getAttribute('aria-label') === arguments[0]);
            row.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: 500, clientY: 300 }));
            return true""", folder)
        assert element
        until(lambda: "Open the folder in a new window" in driver.run(TEXT), 20, "the menu of the folder")
        driver.click("//button[contains(., 'Open the folder in a new window')]")
        both = until(lambda: [h for h in handles(driver) if len(handles(driver)) == 2], 30, "a second window")
        other = next(handle for handle in both if handle not in first)
        picture("windows-two.png")
        switch(driver, other)
        until(lambda: driver.run(ROWS), 60, "rows in the second window")
        assert "A14-viaduct2026-05-12 0" in driver.run(PATH), driver.run(PATH)
        refused = driver.wait_for("""
            const done = arguments[arguments.length - 1];
            window.__TAURI_INTERNALS__.invoke('plugin:window|close', { label: 'main' }).then(() => done('ALLOWED'), () => done('refused'))""")
        assert refused == "refused", "the second window may do what the first may not"
        too_long = driver.wait_for(CALL, "open_window", {"route": "x" * 20_000})
        assert "too long" in too_long["error"]["message"], too_long

        # What is remembered for the next start is what the first window shows.
        kept = driver.run("return localStorage.getItem('windlass.tabs')")
        switch(driver, first[0])
        assert driver.run(PATH) == tabs, "the first window shows what it showed"
        assert driver.run("return localStorage.getItem('windlass.tabs')") == kept

        # A bookmark made in one window is in the other.
        switch(driver, other)
        driver.click("//button[@aria-label='Bookmark this place']")
        switch(driver, first[0])
        until(lambda: "2026-05-12" in driver.run("return document.querySelector('.side').innerText"), 20,
              "the bookmark of the second window in the first")

        # Links: taken by the program that runs, in one of its windows.
        link = f"windlass://open/inspections-practice/{prefix}"
        both_places = {handle: _path(driver, handle) for handle in both}
        start_again(program, link)

        def followed():
            now = {handle: _path(driver, handle) for handle in both}
            changed = [handle for handle in both if now[handle] != both_places[handle]]
            return changed and all("2026-05-12 2" in now[handle] for handle in changed)

        until(followed, 30, "the place of the link in a tab of its own")
        picture("windows-link.png")
        start_again(program, "windlass://delete/everything")
        until(lambda: any(_shows(driver, handle, "leads to no place") for handle in handles(driver)), 30,
              "a link that is none is refused in words")
        start_again(program)
        assert len(handles(driver)) == 2, "a second start opens no window"

        # The last window that is closed ends the program; the other one alone goes on.
        switch(driver, first[0])
        driver.ask("DELETE", f"{driver.session}/window")
        switch(driver, other)
        until(lambda: driver.run(ROWS), 20, "the second window goes on without the first")
        start_again(program, link)
        assert driver.run(TEXT)

    in_window(PORT, program, steps)


def _path(driver, handle):
    switch(driver, handle)
    return driver.run(PATH)


def _shows(driver, handle, text):
    switch(driver, handle)
    return text in driver.run(TEXT)


PORT = free_port()


def inside(program):
    with Manager(), open(LOGS / "webdriver.log", "wb") as log:
        driver = subprocess.Popen(["WebKitWebDriver", f"--port={PORT}", "--host=127.0.0.1"], stdout=log, stderr=log,
                                  env={**os.environ, "TAURI_WEBVIEW_AUTOMATION": "true"})
        try:
            began = time.monotonic()
            journey(program)
            print(f"several windows and links: {time.monotonic() - began:.1f} s")
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
