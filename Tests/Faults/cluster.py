"""A PostgreSQL of our own on loopback, which tests may crash."""

import glob
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

import psycopg

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "wal_level": "logical",
    "max_wal_senders": "16",
    "max_replication_slots": "16",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "jit": "off",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    def __init__(self, copy_of=None, **settings):
        self.folder = tempfile.mkdtemp(prefix="labsync-faults-pg-")
        self.port = free_port()
        self.settings = SETTINGS | settings
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))[-1]
        # PostgreSQL never runs as root.
        self.prefix = []
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self.prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"]
        if copy_of:
            # A standby, which follows.
            self._run("pg_basebackup", "-D", f"{self.folder}/data", "-R", "-c", "fast", "-d", copy_of.address("postgres"))
            self.start()
            return
        self._run("initdb", "-D", f"{self.folder}/data", "-U", "labsync", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.start()
        with psycopg.connect(self.address("postgres"), autocommit=True) as session:
            session.execute("create database labsync")

    def _run(self, program, *arguments):
        done = subprocess.run(
            [*self.prefix, f"{self.programs}/{program}", *arguments],
            cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}"

    def address(self, database="labsync", port=None):
        return f"postgresql://labsync@127.0.0.1:{port or self.port}/{database}?sslmode=disable"

    def start(self):
        options = " ".join(f"-c {name}={value}" for name, value in {**self.settings, "port": self.port}.items())
        self._run("pg_ctl", "start", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-w", "-t", "60", "-o", options)

    def stop(self, mode="immediate"):
        self._run("pg_ctl", "stop", "-D", f"{self.folder}/data", "-m", mode, "-w", "-t", "60")

    def promote(self):
        self._run("pg_ctl", "promote", "-D", f"{self.folder}/data", "-w", "-t", "60")

    def log(self):
        return pathlib.Path(self.folder, "log").read_text(errors="replace")

    def remove(self):
        if pathlib.Path(self.folder, "data/postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
