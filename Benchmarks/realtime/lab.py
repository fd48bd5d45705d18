"""A lab with many members for the realtime measurements: its server, its database, and tokens for everybody."""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

import jwt
import psycopg

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/labsync"
TICKS = os.sysconf("SC_CLK_TCK")


class Lab:
    """`people` members, in `rooms` conversations of which each is in one."""

    def __init__(self, people, rooms, **settings):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.data = tempfile.mkdtemp(prefix="labsync-load-")
        os.chmod(self.data, 0o755)
        self.environment = dict(
            os.environ, LABSYNC_DATA=self.data, LABSYNC_RATE_LIMIT="0", EMBEDDER="null",
            LABSYNC_REALTIME_SOCKETS="100000", LABSYNC_REALTIME_SOCKETS_PER_USER="100000", **settings,
        )
        self.people = [str(uuid.uuid4()) for _ in range(people)]
        self.rooms = [str(uuid.uuid4()) for _ in range(rooms)]
        self._import()
        self._start()

    def room_of(self, number):
        return self.rooms[number % len(self.rooms)]

    def _import(self):
        lines = [
            {"type": "user", "id": id, "email": f"p{n}@load.example", "full_name": f"P {n}"}
            for n, id in enumerate(self.people)
        ]
        lines += [{"type": "conversation", "id": id, "name": "load", "is_group": True} for id in self.rooms]
        lines += [
            {"type": "member", "conversation_id": self.room_of(n), "user_id": id} for n, id in enumerate(self.people)
        ]
        path = pathlib.Path(self.data) / "lab.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)) + "\n")
        subprocess.run([PROGRAM, "import", path], cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def _start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--port", "0", "--workers", "0"],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True,
        )
        self.port = int(self.process.stdout.readline().split()[-1].rsplit(":", 1)[1])
        key = sorted(pathlib.Path(f"{self.data}/keys").glob("*.pem"))[-1]
        now = int(time.time())
        self.tokens = [
            jwt.encode(
                {"iss": "labsync", "sub": id, "sid": f"sess_{uuid.uuid4()}", "sts": "active", "v": 2,
                 "role": "authenticated", "iat": now, "nbf": now, "exp": now + 3600},
                key.read_text(), algorithm="ES256", headers={"kid": key.stem},
            )
            for id in self.people
        ]

    def database(self):
        postmaster = next(pathlib.Path(self.data).rglob("postmaster.pid"))
        folder = postmaster.read_text().splitlines()[4]
        return psycopg.connect(f"host='{folder}' user=labsync dbname=labsync", autocommit=True)

    def seconds(self):
        """Of processor time: the server's, and the database's."""
        server = database = 0
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, rest = path.read_text().rsplit(")", 1)
            except OSError:
                continue
            fields = rest.split()
            spent = (int(fields[11]) + int(fields[12])) / TICKS
            if path.parent.name == str(self.process.pid):
                server = spent
            elif name.endswith("(postgres"):
                database += spent
        return server, database

    def memory(self):
        """Resident megabytes of the server."""
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(text.split("Rss:")[1].split()[0]) / 1024

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        shutil.rmtree(self.data, ignore_errors=True)
