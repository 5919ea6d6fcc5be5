#!/usr/bin/env python3
"""Kills the real `windlass` at random moments while it ingests a folder, and lets an independent reader judge.

usage: kill.py --server practice|seaweedfs|rgw [--server …] --windlass BIN [--files 600] [--big-mib 1024] [--kills 30] [--seed N]

Must hold afterwards (product promises 1, 2 and 4): every object byte-equal as boto3 reads it, none missing, none twice, no
multipart upload left open, bytes sent <= 1.15 x the data, and the journal passes integrity_check,
that after each kill too.
Bytes are counted by a proxy between client and server, not by the client.
"""
import argparse
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import lab
from lab import check

# What the promise of 1.15 x the data allows each of 30 kills at the full counts; with less data it says the same thus.
A_KILL = 20_000_000


def make_tree(folder, files, big_mib, rng):
    """Photos of 2 to 8 MB in a few folders, one large video, and small ones: names as a camera gives them."""
    block = rng.randbytes(1 << 20)
    sizes = {f"DCIM/{100 + n // 200}MEDIA/DJI_{n:04d}.JPG": rng.randint(2_000_000, 8_000_000) for n in range(files)}
    if big_mib:
        sizes["DCIM/100MEDIA/DJI_9999.MP4"] = big_mib << 20
    sizes |= {"empty.txt": 0, "odd name ä 📷 +%.txt": 17}
    return {path: lab.write_file(folder / path, size, rng, block) for path, size in sizes.items()}


def run(args, name, folder, sums, rng):
    """Kills the client again and again while it uploads to one server; then one run to the end, and the judge."""
    total = sum(size for size, _ in sums.values())
    with lab.Lab(args, name) as here:
        words = ["sync", folder, f"s3://{here.bucket}/jobs", "--mode", "ingest", "--settle", "0"]
        started = time.monotonic()
        during = 0
        for left in range(args.kills, 0, -1):
            # What is left to send, shared among the kills that are left: they spread over the whole upload on any server.
            share = max(total - here.proxy.sent, 0) / args.bandwidth / (left + 1)
            process = here.windlass(*words, "--bandwidth", str(args.bandwidth))
            # Lives between almost nothing and a few times the mean, so that start-up and the end are hit too.
            life = min(rng.expovariate(1), 3) * share + rng.choice([0.05, 0.3, 0.3])
            try:
                code = process.wait(timeout=life)
                check(code == 0, f"{name}: ended by itself with {code}: {lab.tail(process)}")
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                during += 1
                if here.data.is_dir() and any(here.data.glob("*.sqlite")):
                    here.judge_journal()
        process = here.windlass(*words)
        code = process.wait(timeout=900)
        summary = next(iter(lab.lines(process)[-1:]), {})
        check(code == 0, f"{name}: the last run ended with {code}: {lab.tail(process)}; there: "
              f"{code and here.look_at(folder, summary.get('files', []))}")
        check(summary["safe"] == len(sums) and summary["total"] == len(sums), f"{name}: not all Safe: {summary}")
        seconds, sent = time.monotonic() - started, here.proxy.sent

        here.judge(sums)
        ratio = sent / total
        most = max(1.15, 1 + args.kills * A_KILL / total)
        check(ratio <= most, f"{name}: {sent} bytes sent for {total} of data: {ratio:.3f}, allowed {most:.3f}")
        # Kills that came when all was done show little.
        check(during >= args.kills * 2 // 3,
              f"{name}: only {during} of {args.kills} kills came before the end; lower --bandwidth")
        print(f"kill: ok server={name} objects={len(sums)} data={total / 1e9:.2f} GB kills={during} "
              f"sent={ratio:.3f} x data, {seconds:.0f} s, seed={args.seed}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True, action="append", choices=["practice", "seaweedfs", "rgw"])
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--files", type=int, default=600)
    parser.add_argument("--big-mib", type=int, default=1024)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--bandwidth", type=int, default=80_000_000, help="so slow that kills land in the middle")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    with tempfile.TemporaryDirectory(prefix="windlass-kill-card-") as card:
        sums = make_tree(Path(card), args.files, args.big_mib, rng)
        for name in args.server:
            # Two servers in one run meet their files as they were: the marker of the first folder goes.
            shutil.rmtree(Path(card, ".windlass"), ignore_errors=True)
            run(args, name, Path(card), sums, rng)


if __name__ == "__main__":
    main()
