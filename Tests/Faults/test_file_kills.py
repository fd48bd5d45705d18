"""Kills the server while files come in: nobody ever sees half a file, and what was acknowledged is there, whole.

LABSYNC_KILLS sets how many, LABSYNC_SEED repeats a run's choices.
"""

import base64
import hashlib
import http.client
import json
import os
import random
import threading
import time
import uuid

import pytest
from lab import Lab

KILLS = int(os.environ.get("LABSYNC_KILLS", "240")) // 12
SEED = int(os.environ.get("LABSYNC_SEED", str(random.SystemRandom().randrange(1_000_000))))
PIECE = 256 << 10


@pytest.fixture
def lab():
    lab = Lab(EMBEDDER="null")
    yield lab
    lab.remove()


class Sender(threading.Thread):
    """Sends one file after the other, now by a signed address, now in resumable pieces; goes on where it was."""

    def __init__(self, lab, name, stop, seed):
        super().__init__(daemon=True)
        self.lab, self.name, self.stop = lab, name, stop
        self.rng = random.Random(f"{seed}{name}")
        self.files = {}  # id: (bytes, was it acknowledged?)
        self.sent = set()
        self.failure = None

    def run(self):
        try:
            while not self.stop.is_set():
                data = self.rng.randbytes(self.rng.choice([0, 1000, PIECE * 9 + 1, 20 * PIECE, 40 * PIECE]))
                self.sent.add(hashlib.sha256(data).hexdigest())
                self.rng.choice([self.put, self.resume])(data)
        except Exception as error:
            self.failure = repr(error)

    def ask(self, method, path, body=None, headers={}, stream=False):
        """Status, headers and body; None when the server went away."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=30)
            connection.request(method, path, self.slowly(body) if stream else body, headers)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            return None
        finally:
            connection.close()

    def slowly(self, data):
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]
            time.sleep(0.002)

    def until(self, *arguments, **named):
        while True:
            reply = self.ask(*arguments, **named)
            if reply or self.stop.is_set():
                return reply

    @property
    def sign_in(self):
        return {"Authorization": f"Bearer {self.lab.tokens[self.name]}"}

    def put(self, data):
        said = json.dumps({"name": f"{uuid.uuid4()}.bin", "size": len(data)})
        reply = self.until("POST", "/api/files/upload", said, self.sign_in | {"Content-Type": "application/json"})
        if not reply:
            return
        upload = json.loads(reply[2])
        path = upload["url"].split(str(self.lab.port), 1)[1]
        self.files[upload["file_id"]] = (data, False)
        headers = upload["headers"] | {"Content-Length": str(len(data))}
        reply = self.ask("PUT", path, data, headers, stream=True)
        if reply:
            assert reply[0] == 200, reply
            self.files[upload["file_id"]] = (data, True)

    def resume(self, data):
        name = f"{uuid.uuid4()}.bin"
        tus = self.sign_in | {"Tus-Resumable": "1.0.0"}
        said = {"Upload-Length": str(len(data)), "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}
        reply = self.until("POST", "/api/files/resumable", None, tus | said)
        if not reply:
            return
        assert reply[0] == 201, reply
        path = reply[1]["Location"].split(str(self.lab.port), 1)[1]
        while not self.stop.is_set():
            reply = self.until("HEAD", path, None, tus)
            if not reply:
                return
            offset = int(reply[1]["Upload-Offset"])
            if offset == len(data):
                self.files[name] = (data, True)
                return
            rest = data[offset:]
            more = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            reply = self.ask("PATCH", path, rest, tus | more | {"Content-Length": str(len(rest))}, stream=True)
            assert not reply or reply[0] == 204, reply


def test_nobody_sees_half_a_file(lab, capsys):
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    lab.serve()
    lab.wait_until_ready()
    stop = threading.Event()
    senders = [Sender(lab, name, stop, SEED) for name in lab.people]
    for sender in senders:
        sender.start()
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.2, 1.2))
        lab.kill("serve")
        lab.serve()
        lab.wait_until_ready()
    time.sleep(1)
    stop.set()
    for sender in senders:
        sender.join(60)
        assert not sender.failure and not sender.is_alive(), f"seed {SEED}: {sender.failure}"

    seen = whole = 0
    for sender in senders:
        rows, page = [], "/api/files?limit=100"
        while page:
            reply = json.loads(sender.ask("GET", page, None, sender.sign_in)[2])
            rows += reply["data"]
            page = reply["next_cursor"] and f"/api/files?limit=100&cursor={reply['next_cursor']}"
        # A beginning whose answer was lost was begun again under the same name: the first stays without its bytes.
        named = {row["name"]: row for row in sorted(rows, key=lambda row: row["state"] != "pending")}
        mine = {row["id"]: row for row in rows} | named
        for key, (data, is_acknowledged) in sender.files.items():
            row = mine[key]
            status, _, body = sender.ask("GET", f"/api/files/download?id={row['id']}", None, sender.sign_in)
            if status == 404:
                assert not is_acknowledged and row["state"] == "pending", f"seed {SEED}: {row} is lost"
                continue
            seen += 1
            path = json.loads(body)["url"].split(str(lab.port), 1)[1]
            status, _, body = sender.ask("GET", path)
            assert status == 200 and body == data, f"seed {SEED}: {row} is not what was sent"
            whole += is_acknowledged
        assert all(row["sha256"] in sender.sent for row in rows if row["sha256"]), f"seed {SEED}: a file nobody sent"

    lab.kill("serve")
    assert "objects without a row removed" in lab.run("files", "sweep", "--grace", "0")
    assert lab.run("files", "sweep", "--grace", "0").startswith("0 objects"), "an object was left over"
    with capsys.disabled():
        print(f"\n{KILLS} kills; {seen} files whole, {whole} of them acknowledged")
