"""Kills the server in the midst of what it asks of S3 (moto's server): nobody sees half a file, nothing is left over.

Each kill is at one request of an upload, before S3 has it or before the server has the answer. LABSYNC_KILLS sets how many,
LABSYNC_SEED repeats a run's choices.
"""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import random
import sys
import urllib.parse
import uuid

import pytest
from lab import Lab

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Clients"))
from moto_bucket import moto_bucket  # noqa: E402

KILLS = int(os.environ.get("LABSYNC_KILLS", "240")) // 12
SEED = int(os.environ.get("LABSYNC_SEED", str(random.SystemRandom().randrange(1_000_000))))
# More than two parts of the server's, and not a round number.
SIZES = [1000, (9 << 20) + 1, 16 << 20, (21 << 20) + 4711]
PREFIX = "lab one/"


class Assassin:
    """Kills the server at one of the requests that the gate sees."""

    def __init__(self, lab, rng):
        self.lab, self.rng, self.left, self.hit = lab, rng, None, None

    def wait_for(self, number, phase, drops):
        self.left, self.phase, self.drops, self.hit = number, phase, drops, None

    def __call__(self, method, path, phase):
        # The sweeper's look around is no part of an upload.
        is_sweeper = method == "GET" and ("max-keys=1000" in path or "uploads=" in path)
        if self.left is None or phase != self.phase or is_sweeper:
            return None
        self.left -= 1
        if self.left:
            return None
        self.left = None
        self.hit = f"{phase} {method} {path.split('?')[0].rsplit('/', 2)[1]}/…?{path.partition('?')[2][:24]}"
        self.lab.kill("serve")
        # S3 may or may not have heard of what the server was about to ask.
        return "drop" if self.drops else None


class Person:
    def __init__(self, lab):
        self.lab = lab

    def ask(self, method, url, body=None, headers={}):
        """Status, headers and body; None when the server went away."""
        place = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(place.netloc or f"127.0.0.1:{self.lab.port}", timeout=60)
        try:
            connection.request(method, f"{place.path}?{place.query}".rstrip("?"), body, headers)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    @property
    def sign_in(self):
        return {"Authorization": f"Bearer {self.lab.tokens['ada']}"}

    def heard(self, *request):
        """The answer; what the server does behind the file before may end it at the first word of the next."""
        while not (reply := self.ask(*request)):
            yield False
        return reply

    def announce(self, name, **more):
        said = json.dumps({"name": name} | more)
        headers = self.sign_in | {"Content-Type": "application/json"}
        status, _, body = yield from self.heard("POST", "/api/files/upload", said, headers)
        assert status == 201, body
        return json.loads(body)

    # Each sends a file and yields when the server may have been killed; it is there again when it goes on.

    def put(self, name, data):
        upload = yield from self.announce(name)
        reply = self.ask("PUT", upload["url"], data, upload["headers"])
        assert not reply or reply[0] == 200, reply
        yield reply is not None

    def direct(self, name, data):
        upload = yield from self.announce(name, size=len(data))
        # The bucket may hang up, too; whoever hears nothing sends it again.
        answers = (self.ask("PUT", upload["url"], data, upload["headers"]) for _ in range(5))
        reply = next(filter(None, answers))
        assert reply[0] == 200, reply
        reply = self.ask("POST", upload["complete_url"])
        while not reply:
            yield False
            reply = self.ask("POST", upload["complete_url"])
        # It may have been taken just before.
        assert reply[0] in (200, 409), reply
        yield True

    def resume(self, name, data):
        tus = self.sign_in | {"Tus-Resumable": "1.0.0"}
        said = {"Upload-Length": str(len(data)), "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}
        status, headers, _ = yield from self.heard("POST", "/api/files/resumable", None, tus | said)
        assert status == 201
        while True:
            reply = self.ask("HEAD", headers["Location"], None, tus)
            if reply:
                offset = int(reply[1]["Upload-Offset"])
                if offset == len(data):
                    break
                more = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                reply = self.ask("PATCH", headers["Location"], data[offset:], tus | more)
                assert not reply or reply[0] == 204, reply
            if not reply:
                yield False
        yield True

    def rows(self):
        rows, page = [], "/api/files?limit=100"
        while page:
            reply = json.loads(self.ask("GET", page, None, self.sign_in)[2])
            rows += reply["data"]
            page = reply["next_cursor"] and f"/api/files?limit=100&cursor={reply['next_cursor']}"
        return rows

    def content(self, row):
        status, _, body = self.ask("GET", f"/api/files/download?id={row['id']}", None, self.sign_in)
        return self.ask("GET", json.loads(body)["url"])[2] if status == 200 else None


@pytest.fixture
def bucket():
    with moto_bucket() as bucket:
        yield bucket


@pytest.fixture
def lab(bucket):
    lab = Lab(EMBEDDER="null", LABSYNC_S3_DIRECT="yes", **bucket.settings)
    yield lab
    lab.remove()


def test_nobody_sees_half_a_file(lab, bucket, capsys):
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    lab.serve("--workers", "0")
    lab.wait_until_ready()
    person, assassin = Person(lab), Assassin(lab, rng)
    bucket.gate.watch = assassin
    kills, sent = [], {}

    def revive():
        if assassin.hit:
            kills.append(f"{way.__name__} {len(data)}: {assassin.hit}")
            assassin.hit = None
            lab.processes["serve"].wait(30)
            lab.serve("--workers", "0")
            lab.wait_until_ready()

    while len(kills) < KILLS:
        name, data = f"{uuid.uuid4()}.bin", rng.randbytes(rng.choice(SIZES))
        way = rng.choice([person.put, person.direct, person.resume])
        assassin.wait_for(rng.randint(1, 12), rng.choice(["before", "after"]), rng.random() < 0.5)
        for is_done in way(name, data):
            assert is_done or assassin.hit, f"seed {SEED}: {name} was not taken"
            revive()
        assassin.left = None
        # Killed by what it did behind its last answer.
        revive()
        sent[name] = (hashlib.sha256(data).hexdigest(), is_done)

    # Looked at while the leftovers are still there.
    for row in person.rows():
        sha256, is_done = sent[row["name"]]
        assert row["state"] != "pending" or not is_done, f"seed {SEED}: {row} is lost"
        if row["state"] == "pending":
            assert person.content(row) is None
        else:
            assert hashlib.sha256(person.content(row)).hexdigest() == row["sha256"] == sha256, f"seed {SEED}: {row}"
    left = len(bucket.keys()), len(bucket.unfinished())

    lab.kill("serve")
    # What began within the day may still go on: nobody but an operator who says so gives it up.
    assert ", 0 unfinished ones" in lab.run("files", "sweep", "--grace", "0") and len(bucket.unfinished()) == left[1]
    swept = lab.run("files", "sweep", "--grace", "0", "--unfinished", "0")
    assert not bucket.unfinished(), "an upload of several parts was not aborted"
    with lab.connect() as connection:
        rows = connection.execute(
            "select object_key from files where object_key is not null union select object_key from upload_parts"
        )
        named = {PREFIX + key for (key,) in rows}
    assert named == set(bucket.keys()), f"seed {SEED}"
    assert lab.run("files", "sweep", "--grace", "0", "--unfinished", "0").startswith("0 objects")
    with capsys.disabled():
        print(f"\n{len(kills)} kills, {len(sent)} files; {left[0]} objects and {left[1]} unfinished before: {swept}")
        if os.environ.get("LABSYNC_SEED"):
            print(*kills, sep="\n")
