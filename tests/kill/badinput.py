#!/usr/bin/env python3
"""Names, files, folders, disks and keys that nobody wishes for, given to the command line.

usage: badinput.py --windlass BIN [--seed N]

Must hold: each is a clear state in the JSON output with its cause, the exit code is the one that `--help` names, what can
be done is done, nothing is lost, and nothing hangs (every command has a deadline). Root runs the unreadable folder as
nobody, and the full disks on small tmpfs; without root these two are left out, and the script says so.
"""
import argparse
import hashlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import lab
from lab import check

DONE, UNEXPECTED, NEEDS_YOU, NOT_FOUND = 0, 1, 3, 7
NOBODY = 65534
MIB = 1 << 20
COUNT = {"cases": 0}


def case(name):
    COUNT["cases"] += 1
    print(f"badinput: {name}", flush=True)


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Tmpfs:
    def __init__(self, place, mib):
        self.place, self.mib = place, mib

    def __enter__(self):
        self.place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.mib}m,mode=0777", "tmpfs", self.place], check=True)
        return self.place

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.place], check=True)


def sync(here, folder, place, timeout=90, **more):
    """Runs a sync and gives its code, its summary, and the failed files as {path: cause}."""
    code, said = here.run("sync", folder, f"s3://{here.bucket}/{place}", "--mode", "ingest", "--settle", "0",
                          timeout=timeout, **more)
    check(said, f"sync of {place} said nothing and ended with {code}")
    summary = said[-1]
    return code, summary, {f["path"]: f["cause"] for f in summary.get("files", [])}


def expect(what, got, wanted):
    check(got == wanted, f"{what}: {got!r} instead of {wanted!r}")


def equal(here, place, contents):
    """The keys below a place are exactly these, with these bytes."""
    expect(f"keys below {place}", set(here.keys(f"{place}/")), {f"{place}/{name}" for name in contents})
    for name, data in contents.items():
        expect(f"bytes of {place}/{name!r}", here.sha256(f"{place}/{name}"), sha(data))


def names(here, rng):
    case("names that are odd and possible")
    folder = here.work / "odd"
    odd = ["two\nlines.txt", "😀/🎉 📷.jpg", "\u202egpj.exe", "שלום/مرحبا.txt", " lead", "trail ", "%2e%2e", "%2F", "a+b&c=d?#.txt",
           "back\\slash", "quote\"'`$(x).txt", "tab\there", "b" * 255, "é", "e\u0301", "CON", "-rf", "~", ".hidden", "\u200b"]
    contents = {name: rng.randbytes(rng.randint(0, 200)) for name in odd}
    for name, data in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    code, summary, failed = sync(here, folder, "odd")
    expect("exit code", (code, failed), (DONE, {}))
    expect("Safe", (summary["safe"], summary["total"]), (len(odd), len(odd)))
    equal(here, "odd", contents)
    code, said = here.run("verify", folder, f"s3://{here.bucket}/odd")
    expect("verify", (code, said[-1]), (DONE, {"verified": len(odd), "total": len(odd)}))

    case("odd names come back down under the same names")
    code, said = here.run("cp", f"s3://{here.bucket}/odd/", here.work / "odd-back")
    expect("cp", (code, said[-1]["done"], said[-1]["failures"]), (DONE, len(odd), 0))
    for name, data in contents.items():
        expect(f"bytes of {name!r}", (here.work / "odd-back" / name).read_bytes(), data)


def impossible_names(here):
    case("names that no key can be: over 1,024 bytes, not UTF-8")
    folder = here.work / "long"
    deep = "/".join(["d" * 250] * 4)
    longest = f"{deep}/{'a' * 255}"
    contents = {"plain.txt": b"plain", f"{deep}/short.txt": b"short"}
    for name, data in {**contents, longest: b"too long"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.jpg")).write_bytes(b"not text")
    (folder / "sub").mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/sub/\xfe\xfe")).write_bytes(b"not text")
    code, summary, failed = sync(here, folder, "long")
    expect("exit code", code, NEEDS_YOU)
    expect("state of the long one", failed.get(longest), "name_not_allowed")
    expect("causes", sorted(failed.values()), ["name_not_allowed"] * 3)
    check(any(path.startswith("bad") for path in failed), f"the name that is no text is not named: {sorted(failed)}")
    expect("Safe", (summary["safe"], summary["total"], summary["failed"]), (2, 5, 3))
    equal(here, "long", contents)

    case("a second run says the same, a shorter name mends it")
    expect("again", sync(here, folder, "long")[0], NEEDS_YOU)
    (folder / longest).rename(folder / "shorter.txt")
    for bad in (b"/bad\xff.jpg", b"/sub/\xfe\xfe"):
        os.unlink(os.fsencode(folder) + bad)
    code, summary, failed = sync(here, folder, "long")
    expect("mended", (code, failed, summary["safe"], summary["total"]), (DONE, {}, 3, 3))


def no_files(here):
    case("pipes, sockets, links, loops: told, never followed, no hang")
    folder = here.work / "special"
    (folder / "sub").mkdir(parents=True)
    (folder / "plain.txt").write_bytes(b"plain")
    secret = here.work / "outside.txt"
    secret.write_bytes(b"outside")
    os.mkfifo(folder / "pipe")
    os.symlink("loop-b", folder / "loop-a")
    os.symlink("loop-a", folder / "loop-b")
    os.symlink("..", folder / "sub/up")
    os.symlink(secret, folder / "out.txt")
    os.symlink("/nowhere", folder / "dangling")
    with socket.socket(socket.AF_UNIX) as server:
        here_before = os.getcwd()
        os.chdir(folder)  # the path of a socket must be short
        server.bind("socket")
        os.chdir(here_before)
        code, summary, failed = sync(here, folder, "special")
    expect("causes", failed, {"pipe": "not_a_file", "socket": "not_a_file", "loop-a": "link", "loop-b": "link",
                              "sub/up": "link", "out.txt": "link", "dangling": "link"})
    expect("exit code", (code, summary["safe"]), (DONE, 1))
    equal(here, "special", {"plain.txt": b"plain"})
    code, said = here.run("cp", folder / "pipe", f"s3://{here.bucket}/pipe/")
    expect("cp of a pipe", (code, said[-1]["failures"]), (NEEDS_YOU, 1))
    check(said[-1]["failed"][0]["why"].startswith("Not a regular file"), f"cp of a pipe: {said[-1]}")


def not_there(here):
    case("folders and files that are not there")
    for words in (["sync", here.work / "none", f"s3://{here.bucket}/none", "--mode", "ingest"],
                  ["cp", here.work / "none", f"s3://{here.bucket}/none/"],
                  ["cp", f"s3://{here.bucket}/none/", here.work / "none-back"],
                  ["cp", f"s3://no-such-bucket-{here.args.seed:08x}/x", here.work / "none-back"],
                  ["verify", here.work / "none", f"s3://{here.bucket}/none"]):
        code, said = here.run(*words, timeout=30)
        check(code == NOT_FOUND and said and said[-1].get("exit_code") == NOT_FOUND and said[-1]["error"],
              f"{words[0]} {words[1]}: {code} {said}")
    plain = here.work / "plain-file"
    plain.write_bytes(b"x")
    code, said = here.run("sync", plain, f"s3://{here.bucket}/none", "--mode", "ingest", timeout=30)
    expect("sync of a file", (code, said[-1]["exit_code"]), (2, 2))


def unreadable(here, root):
    case("a folder and a file without rights")
    folder = here.work / "locked"
    (folder / "shut/deeper").mkdir(parents=True)
    contents = {"open.txt": b"open", "also/open.txt": b"also"}
    hidden = {"shut/in.txt": b"in", "shut/deeper/in.txt": b"deeper", "no.txt": b"no"}
    for name, data in {**contents, **hidden}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    more = {}
    if root:
        here.work.chmod(0o755)
        (here.work / "home").chmod(0o755)
        more["data"] = here.work / "home/nobody"
        more["data"].mkdir()
        more["prefix"] = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", folder, more["data"]], check=True)
        if subprocess.run([*more["prefix"], "test", "-x", here.args.windlass]).returncode != 0:
            shutil.copy(here.args.windlass, here.work / "windlass")
            here.args.windlass = str(here.work / "windlass")
    (folder / "no.txt").chmod(0)
    (folder / "shut").chmod(0)
    try:
        code, summary, failed = sync(here, folder, "locked", **more)
        expect("causes", failed, {"shut": "unreadable", "no.txt": "unreadable"})
        expect("exit code", (code, summary["safe"]), (NEEDS_YOU, 2))
        equal(here, "locked", contents)
    finally:
        (folder / "shut").chmod(0o755)
        (folder / "no.txt").chmod(0o644)
    case("the rights come back, and so do the files; nothing of them was taken for deleted")
    code, summary, failed = sync(here, folder, "locked", **more)
    expect("mended", (code, failed, summary["safe"], summary["total"]), (DONE, {}, 5, 5))
    equal(here, "locked", {**contents, **hidden})
    (folder / "shut").chmod(0)
    try:
        code, summary, failed = sync(here, folder, "locked", **more)
        expect("Safe while it cannot be read", (summary["safe"], set(failed.values()) <= {"unreadable"}), (5, True))
    finally:
        (folder / "shut").chmod(0o755)


def keys(here):
    case("keys that no file can be, downloaded")
    good = {"good.txt": b"good", "sub/fine.txt": b"fine", "%2e%2e": b"encoded"}
    bad = {"../x": b"up", "a//b": b"empty part", "dir/": b"", "/lead": b"lead", "./y": b"dot", "p/../../z": b"up twice",
           "n" * 300: b"long part"}
    for key, data in {**good, **bad}.items():
        here.reader.put_object(Bucket=here.bucket, Key=f"keys/{key}", Body=data)
    target = here.work / "keys-parent/down"
    code, said = here.run("cp", f"s3://{here.bucket}/keys/", target)
    report = said[-1]
    failed = {f["name"]: f["why"] for f in report["failed"]}
    expect("failed keys", set(failed), {f"keys/{key}" for key in bad})
    check(all(len(why) > 10 for why in failed.values()), f"no reason: {failed}")
    expect("exit code and count", (code, report["done"]), (NEEDS_YOU, len(good)))
    found = {str(p.relative_to(target.parent)): p.read_bytes() for p in target.parent.rglob("*") if p.is_file()}
    expect("what is on the disk", found, {f"down/{name}": data for name, data in good.items()})

    case("one such key alone; a file and a folder of one name; what is there is not replaced")
    code, said = here.run("cp", f"s3://{here.bucket}/keys/../x", target)
    expect("../x alone", code == NEEDS_YOU or (code == DONE and (target / "x").is_file()), True)
    check(not (target.parent / "x").exists(), "a key has left its folder")
    for key in ("both/a", "both/a/b"):
        here.reader.put_object(Bucket=here.bucket, Key=key, Body=key.encode())
    code, said = here.run("cp", f"s3://{here.bucket}/both/", here.work / "both")
    expect("file and folder of one name", (code, said[-1]["done"], said[-1]["failures"]), (NEEDS_YOU, 1, 1))
    (target / "good.txt").write_bytes(b"mine")
    code, said = here.run("cp", f"s3://{here.bucket}/keys/good.txt", target)
    expect("a file that is there", (code, said[-1]["failures"], (target / "good.txt").read_bytes()), (NEEDS_YOU, 1, b"mine"))
    temps = [p for p in here.work.rglob(".windlass*") if p.is_file() and p.parent.name != ".windlass"]
    expect("temporary files left", temps, [])


def full_disk(here, rng):
    big = {f"video-{n}.mp4": rng.randbytes(5 * MIB) for n in range(6)}
    for key, data in {**big, "huge.mp4": rng.randbytes(40 * MIB)}.items():
        here.reader.put_object(Bucket=here.bucket, Key=f"full/{key}", Body=data)

    case("a download larger than the disk")
    with Tmpfs(here.work / "small-1", 16) as disk:
        code, said = here.run("cp", f"s3://{here.bucket}/full/huge.mp4", disk)
        expect("exit code", (code, said[-1]["done"], said[-1]["failures"]), (NEEDS_YOU, 0, 1))
        check("free" in said[-1]["failed"][0]["why"], f"why: {said[-1]}")
        left = [p for p in disk.rglob("*") if p.is_file()]
        expect("files left on the disk", left, [])

    case("downloads that fill the disk together: whole ones or none")
    with Tmpfs(here.work / "small-2", 16) as disk:
        code, said = here.run("cp", f"s3://{here.bucket}/full/", disk)
        check(code == NEEDS_YOU and said[-1]["done"] + said[-1]["failures"] == 7, f"{code} {said[-1]}")
        left = [p for p in disk.rglob("*") if p.is_file()]
        for path in left:
            check(big.get(path.name) == path.read_bytes(), f"{path.name} is not whole")
        expect("whole ones", len(left), said[-1]["done"])

    case("no space for the journal at the start")
    folder = here.work / "for-journal"
    folder.mkdir()
    contents = {f"{n}.jpg": rng.randbytes(200_000) for n in range(20)}
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    with Tmpfs(here.work / "small-3", 16) as disk:
        filler = disk / "filler"
        fill(filler)
        code, said = here.run("sync", folder, f"s3://{here.bucket}/journal", "--mode", "ingest", "--settle", "0",
                              data=disk / "journal", timeout=60)
        check(code == UNEXPECTED and said and said[-1].get("error"), f"full at the start: {code} {said}")
        expect("objects before there was a journal", here.keys("journal/"), {})
        filler.unlink()
        code, summary, failed = sync(here, folder, "journal", data=disk / "journal")
        expect("with space", (code, failed, summary["safe"]), (DONE, {}, 20))
        equal(here, "journal", contents)

        case("no space for the journal in the middle: it waits, and goes on when there is space")
        more = {f"more-{n}.jpg": rng.randbytes(300_000) for n in range(60)}
        for name, data in more.items():
            (folder / name).write_bytes(data)
        process = here.windlass("sync", folder, f"s3://{here.bucket}/journal", "--mode", "ingest", "--settle", "0",
                                "--bandwidth", "3000000", data=disk / "journal")
        lab.until(30, "the first of the new uploads", lambda: len(here.keys("journal/")) > 22)
        fill(filler)
        # Space that the journal had set aside is used up first.
        last = {"count": -1, "since": time.monotonic()}

        def at_rest():
            count = len(here.keys("journal/"))
            fill(filler)
            if count != last["count"]:
                last.update(count=count, since=time.monotonic())
            return process.poll() is not None or time.monotonic() - last["since"] > 4

        lab.until(60, "rest or an end", at_rest)
        waited = process.poll() is None
        filler.unlink(missing_ok=True)
        try:
            code = process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            check(False, f"it did not go on when there was space again; {lab.tail(process)}")
        print(f"badinput: it {'waited' if waited else 'ended'} while there was no space", flush=True)
        if not waited and code != DONE:
            said = lab.lines(process)
            check(code == UNEXPECTED and said and said[-1].get("error"), f"ended with {code}: {said}")
        code, summary, failed = sync(here, folder, "journal", data=disk / "journal")
        expect("at the end", (code, failed, summary["safe"], summary["total"]), (DONE, {}, 80, 80))
        equal(here, "journal", {**contents, **more})


def fill(filler):
    """Takes the last free byte of a disk."""
    handle = None
    try:
        handle = os.open(filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        while True:
            os.write(handle, bytes(4096))
    except OSError:
        pass
    finally:
        if handle is not None:
            os.close(handle)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    root = os.geteuid() == 0
    with lab.Lab(args) as here:
        names(here, rng)
        impossible_names(here)
        no_files(here)
        not_there(here)
        keys(here)
        if root:
            full_disk(here, rng)
        else:
            print("badinput: note: full disks are left out: mounting a small tmpfs needs root", flush=True)
        unreadable(here, root)
        here.judge_journal()
        uploads = here.reader.list_multipart_uploads(Bucket=here.bucket).get("Uploads", [])
        expect("multipart uploads left open", [u["Key"] for u in uploads], [])
    print(f"badinput: ok cases={COUNT['cases']}, seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
