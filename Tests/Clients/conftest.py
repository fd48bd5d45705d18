"""A running Labsync with the demo lab, for the clients that people already have."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import types
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/labsync"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class KeySet:
    """An issuer's key set at `<url>/.well-known/jwks.json`."""

    def __init__(self):
        self.keys = []
        # Seconds that it takes to answer.
        self.pause = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                time.sleep(issuer.pause)
                body = json.dumps({"keys": issuer.keys}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="session")
def key_set():
    key_set = KeySet()
    yield key_set
    key_set.server.shutdown()


@pytest.fixture(scope="session")
def server(key_set):
    with serving(
        CLERK_ISSUER=key_set.url,
        CLERK_WEBHOOK_SECRET=WEBHOOK_SECRET,
        LABSYNC_AUTHORIZED_PARTIES="https://lab.example",
    ) as server:
        yield server


@contextlib.contextmanager
def serving(lab="fixtures/demo-lab", **settings):
    """A lab, imported, indexed and served with these settings."""
    data = tempfile.mkdtemp(prefix="labsync-clients-")
    # As root, the program runs PostgreSQL as a user of its own, who must get in.
    os.chmod(data, 0o755)
    environment = dict(
        os.environ, LABSYNC_DATA=data, LABSYNC_RATE_LIMIT="0", OPENAI_API_KEY="", OPENAI_BASE_URL="", LABSYNC_MODEL=""
    ) | settings

    def run(*arguments):
        done = subprocess.run(
            [PROGRAM, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run("import", lab)
    run("reindex")
    log = open(f"{data}/serve.log", "w")
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
    )
    line = process.stdout.readline()
    assert "http://" in line, open(log.name).read()[-2000:]
    url = line.split()[-1]

    def token(name="adaeze.okafor"):
        return run("token", "--as", f"{name}@okafor-lab.example").splitlines()[-1]

    def call(method, path, body=None, token=None, headers=None):
        request = urllib.request.Request(url + path, method=method, headers=headers or {})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def memory():
        """Bytes of the server itself, not of what it starts."""
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS"))

    try:
        yield types.SimpleNamespace(
            url=url, port=int(url.rsplit(":", 1)[1]), token=token, call=call, run=run, data=data, log=log.name,
            environment=environment, process=process, memory=memory,
        )
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(30)
        log.close()
        shutil.rmtree(data, ignore_errors=True)
    assert ended == 0
