#!/usr/bin/env python3
"""Puts lifecycle rules with every element by boto3 into servers that we did not write, has our adapter edit one of them, and looks by
boto3 whether every other rule is still what it was. The same run tries thawing (moto) and Object Lock there.

usage: custody.py [--server seaweedfs] [--server rgw] [--server moto]      all of them when none is named

A rule that a server refuses from boto3 is named and left out. A server that cannot be started fails the run; --skip-missing passes
over it with a printed reason.
"""
import argparse
import datetime
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "servers"))
import servers  # noqa: E402  (tests/servers/servers.py)

BUCKET = "custody-rules"
RULES = [
    {"ID": "everything", "Status": "Enabled",
     "Filter": {"And": {"Prefix": "a&b/<\u00e9>", "Tags": [{"Key": "hold", "Value": "no"}, {"Key": "k", "Value": "v w"}],
                        "ObjectSizeGreaterThan": 500, "ObjectSizeLessThan": 64000}},
     "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
     "Expiration": {"Days": 365},
     "NoncurrentVersionTransitions": [
         {"NoncurrentDays": 40, "StorageClass": "GLACIER", "NewerNoncurrentVersions": 2}],
     "NoncurrentVersionExpiration": {"NoncurrentDays": 120, "NewerNoncurrentVersions": 3}},
    {"ID": "edited", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}},
    {"ID": "dated", "Status": "Disabled", "Filter": {"Prefix": "old/"},
     "Expiration": {"Date": datetime.datetime(2031, 1, 1, tzinfo=datetime.timezone.utc)}},
    {"ID": "moved on a day", "Status": "Enabled", "Filter": {"Prefix": "moved/"},
     "Transitions": [{"Date": datetime.datetime(2031, 2, 1, tzinfo=datetime.timezone.utc), "StorageClass": "DEEP_ARCHIVE"}]},
    {"ID": "markers", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    {"ID": "uploads", "Status": "Enabled", "Filter": {"Prefix": "up/"},
     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    {"ID": "tagged", "Status": "Enabled", "Filter": {"Tag": {"Key": "tmp", "Value": "yes"}}, "Expiration": {"Days": 3}},
    {"ID": "sized", "Status": "Enabled", "Filter": {"ObjectSizeGreaterThan": 1000}, "Expiration": {"Days": 9}},
    {"ID": "counted", "Status": "Enabled", "Filter": {"Prefix": "c/"},
     "NoncurrentVersionExpiration": {"NoncurrentDays": 5, "NewerNoncurrentVersions": 10}},
]


def client(server):
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    return boto3.client("s3", endpoint_url=server.endpoint, aws_access_key_id=server.keys[0],
                        aws_secret_access_key=server.keys[1], region_name="us-east-1", config=config)


def rules_of(s3):
    """Rules by name. Where the prefix of a filter stands, beside `And` or in it, is the server's way of telling."""
    found = {}
    for rule in s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]:
        inner = rule.get("Filter", {})
        if "And" in inner and "Prefix" in inner:
            inner["And"]["Prefix"] = inner.pop("Prefix")
        found[rule["ID"]] = rule
    return found


def put(s3, rules):
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})


def prepare(server):
    """Puts all rules that the server takes; gives them as it tells them."""
    s3 = client(server)
    s3.create_bucket(Bucket=BUCKET)
    taken = []
    for rule in RULES:
        try:
            put(s3, [rule])
            taken.append(rule)
        except ClientError as error:
            print(f"custody: {server.name} refuses the rule '{rule['ID']}' from boto3: {error}")
    put(s3, taken)
    told = rules_of(s3)
    for rule in taken:
        if told.get(rule["ID"]) != rule:
            print(f"custody: {server.name} was given {rule} and tells {told.get(rule['ID'])}")
    return s3, told


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", action="append", choices=["seaweedfs", "rgw", "moto"])
    parser.add_argument("--skip-missing", action="store_true")
    args = parser.parse_args()
    started, lines = [], []
    with tempfile.TemporaryDirectory(prefix="windlass-custody-") as work:
        try:
            for name in args.server or ["seaweedfs", "rgw", "moto"]:
                try:
                    server = servers.start(name, Path(work) / name)
                except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                    if not args.skip_missing:
                        raise
                    print(f"custody: {name} is passed over: {error}")
                    continue
                started.append((server, *prepare(server)))
                lines.append(f"{name} {server.endpoint} {server.keys[0]} {server.keys[1]} {BUCKET}")
            if not lines:
                return 0
            print(f"custody: on {', '.join(server.name for server, _, _ in started)}", flush=True)
            environment = dict(os.environ, WINDLASS_CUSTODY="\n".join(lines))
            # The workspace as a whole has the features that were built; one package alone would be compiled anew.
            command = ["cargo", "test", "--quiet", "--workspace", "--test", "custody", "--",
                       "--nocapture", "other_servers_keep_what_they_gave"]
            ended = subprocess.run(command, cwd=ROOT, env=environment, timeout=1500).returncode
            for server, s3, before in started:
                before["edited"]["Expiration"] = {"Days": 77}
                after = rules_of(s3)
                if after != before:
                    print(f"custody: {server.name} tells boto3 {after} and told {before}")
                    ended = ended or 1
                else:
                    print(f"custody: {server.name}: all {len(after)} rules are as boto3 put them, but for the one that was edited")
            return ended
        finally:
            for server, _, _ in started:
                server.stop()


sys.exit(main())
