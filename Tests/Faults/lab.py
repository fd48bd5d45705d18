"""A lab whose processes may be killed at any time: its database is apart from them, or, when asked for, embedded."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg
from client import Client
from cluster import Cluster, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/labsync"
PEOPLE = [("ada", "owner"), ("ben", "manager"), ("cleo", "staff"), ("dan", "staff")]


class Lab:
    def __init__(self, cluster=None, embedded=False, data=None, **environment):
        self.cluster = None if embedded else cluster or Cluster()
        self.data = data or tempfile.mkdtemp(prefix="labsync-faults-")
        self.port = free_port()
        self.environment = dict(
            os.environ,
            LABSYNC_DATA=self.data,
            DATABASE_URL="" if embedded else self.cluster.address(),
            LABSYNC_RATE_LIMIT="0",
            OPENBLAS_NUM_THREADS="1",
            SWIFT_BACKTRACE="enable=no",
            OPENAI_API_KEY="",
            OPENAI_BASE_URL="",
        ) | environment
        self.processes = {}
        self.run("migrate")
        self.people = {name: self.run("user", "add", f"{name}@lab.example", "--role", role) for name, role in PEOPLE}
        self.tokens = {}

    def run(self, *arguments, **environment):
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=ROOT, env=self.environment | environment, capture_output=True, text=True, timeout=120,
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr[-2000:]}"
        return done.stdout.strip()

    def start(self, name, *arguments, **environment):
        with open(f"{self.data}/{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [PROGRAM, *arguments], cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log
            )
        return self.processes[name]

    def serve(self, *arguments, **environment):
        process = self.start("serve", "serve", "--port", str(self.port), *arguments, **environment)
        for name, _ in PEOPLE:
            if name not in self.tokens:
                self.tokens[name] = self.run("token", "--as", f"{name}@lab.example", "--ttl", "86400").splitlines()[-1]
        return process

    def wait_until_ready(self, seconds=30):
        return until(lambda: self.client("ada").try_once("GET", "/readyz")[0] == 200, seconds, "serve does not answer")

    def kill(self, name, number=signal.SIGKILL):
        process = self.processes[name]
        process.send_signal(number)
        return process.wait(30)

    def client(self, name):
        return Client(self.port, self.tokens.get(name))

    def connect(self):
        embedded = f"host={self.data}/run user=labsync dbname=labsync"
        return psycopg.connect(self.cluster.address() if self.cluster else embedded, autocommit=True)

    def log(self, name):
        return pathlib.Path(self.data, f"{name}.log").read_text(errors="replace")

    def remove(self):
        for process in self.processes.values():
            if process.poll() is None:
                # An embedded database ends with the last process that uses it.
                process.kill() if self.cluster else process.terminate()
                process.wait(60)
        if self.cluster:
            self.cluster.remove()
        shutil.rmtree(self.data, ignore_errors=True)


def until(condition, seconds, complaint):
    """Seconds that it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, complaint() if callable(complaint) else complaint
        time.sleep(0.02)
    return time.monotonic() - start
