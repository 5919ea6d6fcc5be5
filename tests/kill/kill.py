#!/usr/bin/env python3
"""Kills the real `windlass` at random moments while it ingests a folder, and lets an independent reader judge.

usage: kill.py --server practice|seaweedfs|rgw --windlass BIN [--files 600] [--big-mib 1024] [--kills 30] [--seed N]

Must hold afterwards (product promises 1, 2 and 4): every object byte-equal as boto3 reads it, none missing, none twice, no
multipart upload left open, bytes sent <= 1.15 x the data, and the journal passes integrity_check.
Bytes are counted by a proxy between client and server, not by the client.
"""
import argparse
import signal
import subprocess
import time

import lab
from lab import check


def make_tree(folder, files, big_mib, rng):
    """Photos of 2 to 8 MB in a few folders, one large video, and small ones: names as a camera gives them."""
    block = rng.randbytes(1 << 20)
    sizes = {f"DCIM/{100 + n // 200}MEDIA/DJI_{n:04d}.JPG": rng.randint(2_000_000, 8_000_000) for n in range(files)}
    if big_mib:
        sizes["DCIM/100MEDIA/DJI_9999.MP4"] = big_mib << 20
    sizes |= {"empty.txt": 0, "odd name ä 📷 +%.txt": 17}
    return {path: lab.write_file(folder / path, size, rng, block) for path, size in sizes.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True, choices=["practice", "seaweedfs", "rgw"])
    parser.add_argument("--windlass", required=True)
    parser.add_argument("--files", type=int, default=600)
    parser.add_argument("--big-mib", type=int, default=1024)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--bandwidth", type=int, default=80_000_000, help="so slow that kills land in the middle")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    rng = lab.seeded(args)
    with lab.Lab(args, args.server) as here:
        folder = here.work / "card"
        folder.mkdir()
        sums = make_tree(folder, args.files, args.big_mib, rng)
        total = sum(size for size, _ in sums.values())
        words = ["sync", folder, f"s3://{here.bucket}/jobs", "--mode", "ingest", "--settle", "0"]

        started = time.monotonic()
        share = total / args.bandwidth / args.kills
        kills = during = 0
        while kills < args.kills:
            process = here.windlass(*words, "--bandwidth", str(args.bandwidth))
            # Lives between almost nothing and a few times the mean, so that start-up and the end are hit too.
            life = min(rng.expovariate(1 / (share * 1.1)) + rng.choice([0.05, 0.3, 0.3]), 15)
            try:
                code = process.wait(timeout=life)
                check(code == 0, f"ended by itself with {code}: {lab.tail(process)}")
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                during += 1
            kills += 1
        process = here.windlass(*words)
        code = process.wait(timeout=900)
        check(code == 0, f"the last run ended with {code}: {lab.tail(process)}")
        summary = lab.lines(process)[-1]
        check(summary["safe"] == len(sums) and summary["total"] == len(sums), f"not all Safe: {summary}")
        seconds = time.monotonic() - started
        sent = here.proxy.sent

        probes = here.judge(sums)
        ratio = sent / total
        check(ratio <= 1.15, f"{sent} bytes sent for {total} of data: {ratio:.3f}")
        # Kills that came when all was done show little.
        check(during >= args.kills * 2 // 3, f"only {during} of {args.kills} kills came before the end; lower --bandwidth")
        if probes:
            print(f"kill: note: killed capability probes left {probes} objects")
        print(f"kill: ok server={args.server} objects={len(sums)} data={total / 1e9:.2f} GB kills={during} "
              f"sent={ratio:.3f} x data, {seconds:.0f} s, seed={args.seed}", flush=True)


if __name__ == "__main__":
    main()
