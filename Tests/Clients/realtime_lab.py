"""A lab of its own for realtime, whose server can be stopped and started on the same port, and a plain Phoenix client."""

import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

import websockets

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/labsync"


def echo_server():
    """Our websocket connection with an echo at its end; its first line of output tells the address."""
    build = ["swift", "build", "-c", "release", "--explicit-target-dependency-import-check", "error"]
    subprocess.run([*build, "--product", "EchoWebSocket"], cwd=ROOT, check=True, capture_output=True, text=True)
    return subprocess.Popen([ROOT / ".build/release/EchoWebSocket"], cwd=ROOT, stdout=subprocess.PIPE, text=True)


class Lab:
    def __init__(self, **settings):
        self.data = tempfile.mkdtemp(prefix="labsync-realtime-")
        # As root, the program runs PostgreSQL as a user of its own, who must get in.
        os.chmod(self.data, 0o755)
        self.environment = dict(os.environ, LABSYNC_DATA=self.data, LABSYNC_RATE_LIMIT="0", **settings)
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "LABSYNC_MODEL"):
            self.environment[name] = ""
        self.port = 0
        self.run("import", "fixtures/demo-lab")
        self.start()

    def run(self, *arguments):
        done = subprocess.run(
            [PROGRAM, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self):
        self.log = open(f"{self.data}/serve.log", "a")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--port", str(self.port), "--workers", "0"],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )
        line = self.process.stdout.readline()
        assert "http://" in line, pathlib.Path(self.log.name).read_text()[-2000:]
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    @contextlib.contextmanager
    def indexing(self):
        """A worker of its own, for as long as it takes."""
        worker = subprocess.Popen([PROGRAM, "worker"], cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log)
        try:
            yield
        finally:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0

    def upload(self, name, data, token, **more):
        body = {"name": name, "content_type": "application/octet-stream", **more}
        status, upload = self.call("POST", "/api/files/upload", body, token)
        assert status == 201, upload
        path = upload["url"].removeprefix(self.url)
        status, row = self.call("PUT", path, data, **upload["headers"])
        assert status == 200, row
        return upload["file_id"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        self.log.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def token(self, name="adaeze.okafor", seconds=3600):
        done = self.run("token", "--as", f"{name}@okafor-lab.example", "--ttl", str(seconds))
        return done.splitlines()[-1]

    def call(self, method, path, body=None, token=None, **headers):
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
            if "Content-Type" not in headers:
                request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                text = reply.read().decode()
                return reply.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            return error.code, json.loads(text) if text else None

    def user(self, token):
        return self.call("GET", "/api/auth/session", token=token)[1]["user"]["id"]

    def conversation(self, token, *members):
        body = {"name": "realtime", "is_group": True, "member_ids": list(members)}
        status, row = self.call("POST", "/api/chat/conversations", body, token)
        assert status == 201, row
        return row["id"]

    def say(self, conversation, text, token):
        body = {"conversation_id": conversation, "content": text}
        status, row = self.call("POST", "/api/chat/messages", body, token)
        assert status == 201, row
        return row["id"]

    @property
    def socket(self):
        return self.url.replace("http://", "ws://") + "/realtime/v1/websocket"


class Phoenix:
    """The protocol by hand, for what the libraries do not show."""

    def __init__(self, socket, version):
        self.socket, self.version, self.ref = socket, version, 0

    @classmethod
    async def connect(cls, lab, token, version="2.0.0", **options):
        address = f"{lab.socket}?apikey={token}&vsn={version}"
        return cls(await websockets.connect(address, max_size=1_000_000, **options), version)

    async def push(self, topic, event, payload, join_ref="1"):
        self.ref += 1
        ref = str(self.ref)
        if self.version == "1.0.0":
            message = {"topic": topic, "event": event, "payload": payload, "ref": ref}
        else:
            message = [join_ref, ref, topic, event, payload]
        await self.socket.send(json.dumps(message))
        return ref

    async def next(self, event=None, seconds=5):
        """The next message, or the next of an event."""
        while True:
            text = await asyncio.wait_for(self.socket.recv(), seconds)
            if isinstance(text, bytes):
                message = {"event": "binary", "payload": text}
            elif self.version == "1.0.0":
                message = json.loads(text)
                assert set(message) == {"topic", "event", "payload", "ref"}
            else:
                message = dict(zip(("join_ref", "ref", "topic", "event", "payload"), json.loads(text), strict=True))
            if event in (None, message["event"]):
                return message

    async def join(self, topic, config=None, token=None):
        payload = {"config": config or {}}
        if token:
            payload["access_token"] = token
        await self.push(f"realtime:{topic}", "phx_join", payload)
        return (await self.next("phx_reply"))["payload"]

    async def close(self):
        await self.socket.close()
