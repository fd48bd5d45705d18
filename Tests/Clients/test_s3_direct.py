"""Uploads that go to the bucket past the server, which then looks at them: moto's server stands for S3."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import time
import urllib.parse

import pytest
from conftest import serving
from moto_bucket import bucket, owner, server  # noqa: F401 (fixtures)
from signed_files import announce, fetch, link
from test_clamd import EICAR, daemon  # noqa: F401 (a fixture)

BYTES = os.urandom((17 << 20) + 3)
STAGING = "lab one/staging/"
SETTINGS = {"LABSYNC_S3_DIRECT": "yes", "LABSYNC_QUOTA_PER_USER": str(30 << 20)}


def send(method, url, body=None, headers={}):
    """As it is written: no client's library puts it right before."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    connection._validate_path = lambda target: None
    connection.request(method, f"{place.path}?{place.query}", body, headers)
    reply = connection.getresponse()
    data = reply.read()
    connection.close()
    return reply.status, data


def put(upload, data, **changed):
    return send("PUT", upload["url"], data, upload["headers"] | changed)[0]


def complete(upload):
    status, body = send("POST", upload["complete_url"])
    return status, json.loads(body)


def staged(bucket):
    return {key: size for key, size in bucket.keys().items() if key.startswith(STAGING)}


def flips(text):
    for index, letter in enumerate(text):
        other = chr(ord(letter) ^ 1)
        if other > " " and other not in "#\x7f":
            yield text[:index] + other + text[index + 1 :]


def test_it_is_seen_once_it_was_looked_at(server, bucket, owner):
    text = b"The anechoic chamber is booked through Nadia.\n"
    upload = announce(server, owner, "chamber.txt", size=len(text))
    file = upload["file_id"]
    assert set(upload) == {"file_id", "url", "token", "method", "headers", "expires_at", "complete_url"}
    assert upload["url"].startswith(bucket.gate.url) and upload["complete_url"].startswith(server.url)
    assert complete(upload)[0] == 409  # Nothing has come.
    assert put(upload, text) == 200 and list(staged(bucket).values()) == [len(text)]
    assert link(server, owner, file) == 404
    assert json.loads(server.call("GET", f"/api/files/{file}", token=owner)[1])["state"] == "pending"
    status, row = complete(upload)
    assert status == 200 and row["state"] == "queued" and row["size_bytes"] == len(text)
    assert row["sha256"] == hashlib.sha256(text).hexdigest() and not staged(bucket)
    assert fetch(link(server, owner, file))[1] == text
    assert link(server, server.token("emma.novak"), file) == 404
    deadline = time.time() + 15
    while json.loads(server.call("GET", f"/api/files/{file}", token=owner)[1])["state"] != "indexed":
        assert time.time() < deadline
        time.sleep(0.1)


def test_large_ones_and_new_versions(server, bucket, owner):
    upload = announce(server, owner, "large.bin", "application/octet-stream", size=len(BYTES))
    file = upload["file_id"]
    assert put(upload, BYTES) == 200 and complete(upload)[0] == 200
    assert fetch(link(server, owner, file))[1] == BYTES
    said = {"size": 5, "content_type": "text/plain"}
    version = json.loads(server.call("POST", f"/api/files/{file}/versions", said, token=owner)[1])
    assert put(version, b"words") == 200
    assert fetch(link(server, owner, file))[1] == BYTES
    assert complete(version)[0] == 200 and fetch(link(server, owner, file))[1] == b"words"
    (before,) = json.loads(server.call("GET", f"/api/files/{file}/versions", token=owner)[1])["data"]
    assert before["size_bytes"] == len(BYTES) and not staged(bucket)
    # What is announced without its size is not signed for the bucket.
    for other in [announce(server, owner, "a.txt"), announce(server, owner, "a.txt", size=0)]:
        assert other["url"].startswith(server.url) and "complete_url" not in other
    assert server.call("DELETE", f"/api/files/{file}", token=owner)[0] == 204
    assert bucket.keys().keys().isdisjoint({f"lab one/{before['id']}"}) and not bucket.unfinished()


def test_no_changed_byte_puts_anything(server, bucket, owner):
    upload = announce(server, owner, "plain.txt", size=5)
    place = urllib.parse.urlsplit(upload["url"])
    address = f"{place.path}?{place.query}"
    for changed in flips(address[1:]):
        status, _ = send("PUT", f"{place.scheme}://{place.netloc}/{changed}", b"words", upload["headers"])
        assert 400 <= status < 500, changed
    for method in ["GET", "DELETE", "POST"]:
        assert send(method, upload["url"], None, upload["headers"])[0] == 403
    assert put(upload, b"words", **{"Content-Type": "text/html"}) == 403
    for data in [b"", b"word", b"words and more"]:
        assert put(upload, data) == 403
    # Without a length; the bucket may hang up before all is said.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        assert send("PUT", upload["url"], iter([b"wor", b"ds"]), upload["headers"])[0] == 403
    assert not staged(bucket)
    assert put(upload, b"words") == 200
    for changed in flips(upload["complete_url"].removeprefix(f"{server.url}/")):
        assert 400 <= send("POST", f"{server.url}/{changed}")[0] < 500, changed
    token = upload["token"]
    for url in [upload["complete_url"] + "&x=1", upload["complete_url"].replace("complete", "content")]:
        assert send("POST", url)[0] >= 400
    assert send("PUT", f"{server.url}/api/files/{upload['file_id']}/content?token={token}", b"words")[0] == 403
    assert send("GET", f"{server.url}/api/files/{upload['file_id']}/content?token={token}")[0] == 403
    other = announce(server, owner, "other.txt", size=5)
    assert send("POST", upload["complete_url"].replace(upload["file_id"], other["file_id"]))[0] == 403
    assert complete(upload)[0] == 200


def test_what_has_expired_is_refused(server, bucket, owner):
    upload = announce(server, owner, "late.txt", size=4)
    bucket.gate.ahead = 299
    assert put(upload, b"late") == 200
    bucket.gate.ahead = 301
    assert put(upload, b"late") == 403
    bucket.gate.ahead = 0
    said = json.loads(base64.urlsafe_b64decode(upload["token"].split(".")[0] + "=="))
    assert said["action"] == "complete" and said["size"] == 4
    with open(f"{server.data}/keys/files.key", "rb") as file:
        key = file.read()

    def ending(seconds):
        encoded = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        changed = said | {"expires": int(time.time()) + seconds}
        text = encoded(json.dumps(changed, sort_keys=True, separators=(",", ":")).encode())
        token = f"{text}.{encoded(hmac.digest(key, text.encode(), hashlib.sha256))}"
        return send("POST", f"{upload['complete_url'].split('?')[0]}?token={token}")[0]

    assert [ending(0), ending(-1), ending(-100_000)] == [403] * 3
    assert ending(30) == 200  # It was the time, not the way it was signed.


def test_what_is_done_again_changes_nothing(server, bucket, owner):
    upload = announce(server, owner, "once.txt", size=5)
    assert put(upload, b"first") == 200 and complete(upload)[0] == 200
    assert complete(upload)[0] == 409
    # The bucket takes it again while its address lasts; the server does not.
    assert put(upload, b"other") == 200 and complete(upload)[0] == 409
    assert not staged(bucket)
    assert fetch(link(server, owner, upload["file_id"]))[1] == b"first"


def test_what_bytes_are_is_seen_after_all(server, bucket, owner):
    program = b"\x7fELF\x02\x01\x01" + bytes(60)
    upload = announce(server, owner, "figure.png", "image/png", size=len(program))
    before = bucket.keys()
    assert put(upload, program) == 200
    status, problem = complete(upload)
    assert status == 415 and bucket.keys() == before
    assert link(server, owner, upload["file_id"]) == 404
    # As with an upload through the server, the address may be used for what was announced.
    picture = b"\x89PNG\r\n\x1a\n" + bytes(59)
    assert put(upload, picture) == 200
    status, row = complete(upload)
    assert status == 200 and row["content_type"] == "image/png"
    html = b"<!doctype html><p>a page</p>"
    upload = announce(server, owner, "page.png", "image/png", size=len(html))
    assert put(upload, html) == 200 and complete(upload)[1]["content_type"] == "text/html"


def test_there_must_be_room_when_it_is_taken(server, bucket, owner):
    files = [announce(server, owner, f"{n}.bin", "application/octet-stream", size=len(BYTES)) for n in range(2)]
    assert [put(upload, BYTES) for upload in files] == [200, 200]
    assert complete(files[0])[0] == 200 and complete(files[1])[0] == 507
    # It waits in the bucket until there is room.
    assert server.call("DELETE", f"/api/files/{files[0]['file_id']}", token=owner)[0] == 204
    assert complete(files[1])[0] == 200 and not staged(bucket)
    assert server.call("DELETE", f"/api/files/{files[1]['file_id']}", token=owner)[0] == 204


def test_who_is_taken_out_meanwhile_completes_nothing(server, bucket, owner):
    adaeze = server.token()
    person = json.loads(server.call("GET", "/api/auth/session", token=owner)[1])["user"]["id"]
    room = {"name": "short", "is_group": True, "member_ids": [person]}
    room = json.loads(server.call("POST", "/api/chat/conversations", room, token=adaeze)[1])["id"]
    upload = announce(server, owner, "for the room.txt", size=5, conversation_id=room)
    assert put(upload, b"words") == 200
    assert server.call("DELETE", f"/api/chat/conversations/{room}/members/{person}", token=adaeze)[0] == 204
    before = {key for key in bucket.keys() if not key.startswith(STAGING)}
    assert 400 <= complete(upload)[0] < 500
    assert {key for key in bucket.keys() if not key.startswith(STAGING)} == before
    assert link(server, adaeze, upload["file_id"]) == 404


def test_what_is_left_in_the_bucket_is_swept(server, bucket, owner):
    server.run("files", "sweep", "--grace", "0")
    left = announce(server, owner, "left.txt", size=4)
    assert put(left, b"left") == 200
    assert "0 objects" in server.run("files", "sweep") and len(staged(bucket)) == 1  # It may be completed any moment.
    assert "1 objects" in server.run("files", "sweep", "--grace", "0") and not staged(bucket)
    assert complete(left)[0] == 409
    assert put(left, b"late") == 200 and complete(left)[0] == 200


def test_what_means_harm_is_found_before_anybody_fetches_it(bucket, daemon):
    with serving(**bucket.settings, LABSYNC_S3_DIRECT="yes", LABSYNC_CLAMD=daemon.path) as server:
        owner = server.token("jonas.weber")
        before = bucket.keys()
        harmful = announce(server, owner, "harmful.txt", size=len(EICAR))
        assert put(harmful, EICAR) == 200
        status, problem = complete(harmful)
        assert status == 400 and "Eicar" in problem["detail"] and bucket.keys() == before
        assert link(server, owner, harmful["file_id"]) == 404
        good = announce(server, owner, "good.txt", size=4)
        assert put(good, b"good") == 200
        daemon.stop()
        assert complete(good)[0] == 503 and len(staged(bucket)) == 1
        daemon.start()
        assert complete(good)[0] == 200 and not staged(bucket)
