#!/usr/bin/env python3
"""Runs the conformance suite of the bucket's ports on servers that we did not write.

usage: conformance.py [--server seaweedfs] [--server rgw] [--server moto]      all of them when none is named

What differs from Amazon S3 has to be written down, with its reason, in
src-tauri/crates/s3/tests/conformance/differences.json. A server that cannot be started is named and fails the run;
--skip-missing passes over it with a printed reason.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "servers"))
import servers  # noqa: E402  (tests/servers/servers.py)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", action="append", choices=["seaweedfs", "rgw", "moto"])
    parser.add_argument("--skip-missing", action="store_true")
    args = parser.parse_args()
    started, lines = [], []
    with tempfile.TemporaryDirectory(prefix="windlass-conformance-") as work:
        try:
            for name in args.server or ["seaweedfs", "rgw", "moto"]:
                try:
                    server = servers.start(name, Path(work) / name)
                except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                    if not args.skip_missing:
                        raise
                    print(f"conformance: {name} is passed over: {error}")
                    continue
                started.append(server)
                lines.append(f"{name} {server.endpoint} {server.keys[0]} {server.keys[1]}")
            if not lines:
                return 0
            print(f"conformance: on {', '.join(s.name for s in started)}", flush=True)
            environment = dict(os.environ, WINDLASS_CONFORMANCE="\n".join(lines))
            # The workspace as a whole has the features that were built; one package alone would be compiled anew.
            command = ["cargo", "test", "--quiet", "--workspace", "--test", "conformance", "--",
                       "--nocapture", "other_servers_agree_but_for_what_is_written_down"]
            return subprocess.run(command, cwd=ROOT, env=environment, timeout=1500).returncode
        finally:
            for server in started:
                server.stop()


sys.exit(main())
