#!/usr/bin/env python3
"""One large file up and down: the server's memory, and its throughput beside nginx's with the same file.

Usage: measure.py [--gigabytes 2] [--runs 5] [--s3]. Needs the built program, curl and nginx. Runs are interleaved; medians
are printed, in MB/s (10^6), and memory as growth of the resident set over what it was before.

With --s3 files are in a bucket instead, of moto's server (python with the packages of the suite `s3`); it is no measure of
speed, and nginx is left out. Besides through the server, the file is put past it and completed.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/labsync"


class Resident(threading.Thread):
    """The largest resident set of a process, in MB, while this runs."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.path = f"/proc/{process}/status"
        self.before = self.largest = self.now()
        self.isDone = False

    def now(self):
        lines = pathlib.Path(self.path).read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def run(self):
        while not self.isDone:
            self.largest = max(self.largest, self.now())
            time.sleep(0.02)

    def growth(self):
        self.isDone = True
        self.join()
        return self.largest - self.before


class Server:
    def __init__(self, folder, encryption, **settings):
        self.environment = dict(
            os.environ, LABSYNC_DATA=folder, LABSYNC_ENCRYPTION=encryption, LABSYNC_LARGEST_FILE=str(1 << 40),
            LABSYNC_QUOTA_PER_USER="0", EMBEDDER="null",
        ) | settings
        os.chmod(folder, 0o755)
        self.run("user", "add", "bench@lab.example", "--role", "owner")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--port", "0"], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().split()[-1]
        self.token = self.run("token", "--as", "bench@lab.example").splitlines()[-1]

    def run(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, headers={"Authorization": f"Bearer {self.token}"})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def upload(self, path, size):
        upload = self.ask("POST", "/api/files/upload", {"name": "large.bin", "size": size})
        more = [argument for name, value in upload["headers"].items() for argument in ("-H", f"{name}: {value}")]
        return upload["file_id"], curl("-T", str(path), *more, upload["url"], of="speed_upload")

    def download(self, file):
        return curl(self.ask("GET", f"/api/files/download?id={file}")["url"])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def curl(*arguments, of="speed_download"):
    done = subprocess.run(
        ["curl", "-sS", "-f", "-o", "/dev/null", "-w", f"%{{{of}}}", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout) / 1e6


def nginx(folder, path):
    configuration = folder / "nginx.conf"
    configuration.write_text(f"""
        worker_processes 1; daemon off; error_log stderr; pid {folder}/nginx.pid; user root;
        events {{ }}
        http {{ access_log off; sendfile on; server {{ listen 127.0.0.1:8099; root {path.parent}; }} }}
    """)
    process = subprocess.Popen(["nginx", "-c", str(configuration), "-p", str(folder)], stderr=subprocess.DEVNULL)
    time.sleep(1)
    return process, f"http://127.0.0.1:8099/{path.name}"


def watched(server, name, work):
    memory = Resident(server.process.pid)
    memory.start()
    start = time.monotonic()
    result = work()
    print(f"{name}: {time.monotonic() - start:.1f} s, memory +{memory.growth():.1f} MB", flush=True)
    return result


def in_a_bucket(folder, path, size):
    """Through the server and past it."""
    sys.path.insert(0, str(ROOT / "Tests/Clients"))
    from moto_bucket import NAME, moto_bucket

    with moto_bucket() as bucket:
        endpoint = {"LABSYNC_S3_ENDPOINT": f"http://127.0.0.1:{bucket.gate.upstream}", "LABSYNC_S3_BUCKET": NAME}
        for direct in ["no", "yes"]:
            place = folder / f"direct-{direct}"
            place.mkdir()
            server = Server(str(place), "no", **bucket.settings | endpoint, LABSYNC_S3_DIRECT=direct)
            try:
                small = folder / "small.bin"
                small.write_bytes(os.urandom(1 << 20))
                server.upload(small, 1 << 20)
                if direct == "no":
                    file = watched(server, "up through the server", lambda: server.upload(path, size)[0])
                    watched(server, "down through the server", lambda: server.download(file))
                else:
                    upload = server.ask("POST", "/api/files/upload", {"name": "large.bin", "size": size})
                    more = [word for name, value in upload["headers"].items() for word in ("-H", f"{name}: {value}")]
                    curl("-T", str(path), *more, upload["url"])
                    watched(server, "completed", lambda: curl("-X", "POST", upload["complete_url"]))
            finally:
                server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--s3", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="labsync-bench-files-"))
    os.chmod(folder, 0o755)
    size = int(options.gigabytes * 1e9)
    path = folder / "large.bin"
    with open(path, "wb") as file:
        block = os.urandom(1 << 20)
        for start in range(0, size, len(block)):
            file.write(block[: min(len(block), size - start)])
    servers = {}
    if options.s3:
        in_a_bucket(folder, path, size)
        return shutil.rmtree(folder, ignore_errors=True)
    try:
        for name, encryption in [("plain", "no"), ("encrypted", "yes")]:
            (folder / name).mkdir()
            servers[name] = server = Server(str(folder / name), encryption)
            small = folder / "small.bin"
            small.write_bytes(os.urandom(1 << 20))
            server.download(server.upload(small, 1 << 20)[0])
            memory = Resident(server.process.pid)
            memory.start()
            server.file, speed = server.upload(path, size)
            print(f"{name}: up {speed:.0f} MB/s, memory +{memory.growth():.1f} MB", flush=True)
            memory = Resident(server.process.pid)
            memory.start()
            server.download(server.file)
            print(f"{name}: down, memory +{memory.growth():.1f} MB", flush=True)
        process, url = nginx(folder, path)
        try:
            speeds = {"nginx": [], "plain": [], "encrypted": []}
            curl(url)
            for _ in range(options.runs):
                speeds["nginx"].append(curl(url))
                for name, server in servers.items():
                    speeds[name].append(server.download(server.file))
        finally:
            process.terminate()
        median = {name: statistics.median(values) for name, values in speeds.items()}
        for name, values in speeds.items():
            runs = " ".join(f"{value:.0f}" for value in values)
            print(f"{name}: down {median[name]:.0f} MB/s, {median[name] / median['nginx']:.2f} of nginx ({runs})")
    finally:
        for server in servers.values():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
