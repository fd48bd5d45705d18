"""Uploads that break off and go on, through tuspy and by hand."""

import base64
import http.client
import io
import json
import os
import socket
import time
import urllib.parse
import uuid

import pytest
from storage3 import SyncStorageClient
from tusclient import client as tus

STORAGE = "/storage/v1/upload/resumable"
FILES = "/api/files/resumable"
# More than one part of the server's, and not a round number.
BYTES = os.urandom((20 << 20) + 4711)


class By:
    """TUS by hand, as one member."""

    def __init__(self, server, name="jonas.weber", path=FILES, **headers):
        self.server, self.path = server, path
        self.headers = {"Tus-Resumable": "1.0.0"} | (headers or {"Authorization": f"Bearer {server.token(name)}"})

    def send(self, method, url, body=None, **headers):
        place = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.server.url).netloc, timeout=60)
        connection.request(
            method, place.path, body, self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        )
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        assert reply.headers["Tus-Resumable"] == "1.0.0", (reply.status, data)
        return reply.status, reply.headers, data

    def begin(self, length, body=None, **metadata):
        said = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in metadata.items())
        more = {"Content-Type": "application/offset+octet-stream"} if body is not None else {}
        return self.send("POST", self.path, body, Upload_Length=str(length), Upload_Metadata=said, **more)

    def patch(self, url, offset, body, **headers):
        headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)} | headers
        return self.send("PATCH", url, body, **headers)

    def offset(self, url):
        status, headers, _ = self.send("HEAD", url)
        return int(headers["Upload-Offset"]) if status == 200 else status


@pytest.fixture
def bucket(server):
    token = server.token()
    owner = SyncStorageClient(f"{server.url}/storage/v1/", {"Authorization": f"Bearer {token}", "apikey": token})
    name = f"tus-{uuid.uuid4().hex[:8]}"
    owner.create_bucket(name)
    yield owner.from_(name)
    owner.empty_bucket(name)


def uploader(server, path, token, data, chunk, **options):
    headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
    client = tus.TusClient(f"{server.url}{path}", headers=headers)
    return client.uploader(file_stream=io.BytesIO(data), chunk_size=chunk, **options)


def content(server, token, file):
    link = json.loads(server.call("GET", f"/api/files/download?id={file}", token=token)[1])["url"]
    import urllib.request

    with urllib.request.urlopen(link) as reply:
        return reply.read()


def files_named(server, token, name):
    rows = json.loads(server.call("GET", "/api/files?limit=100", token=token)[1])["data"]
    return [row for row in rows if row["name"] == name]


@pytest.mark.parametrize("chunk", [6 << 20, 64 << 20])
def test_tuspy_uploads_an_object(server, bucket, chunk):
    said = {"bucketName": bucket.id, "objectName": "big/film.bin", "contentType": "video/mp4", "cacheControl": "60"}
    upload = uploader(server, STORAGE, server.token(), BYTES, chunk, metadata=said)
    if chunk < len(BYTES):
        upload.upload(stop_at=chunk)
        assert not bucket.exists("big/film.bin")
    upload.upload()
    assert bucket.download("big/film.bin") == BYTES
    info = bucket.info("big/film.bin")
    assert (info["size"], info["content_type"], info["cache_control"]) == (len(BYTES), "video/mp4", "max-age=60")
    assert By(server, "adaeze.okafor", STORAGE).offset(upload.url) == len(BYTES)


def test_tuspy_goes_on_after_a_break(server, bucket):
    token = server.token()
    said = {"bucketName": bucket.id, "objectName": "resumed.bin"}
    first = uploader(server, STORAGE, token, BYTES, 5 << 20, metadata=said)
    first.upload_chunk()
    second = uploader(server, STORAGE, token, BYTES, 5 << 20, url=first.url)
    assert second.offset == 5 << 20
    second.upload()
    assert bucket.download("resumed.bin") == BYTES


def test_tuspy_uploads_a_file(server):
    token = server.token("jonas.weber")
    name = f"notes {uuid.uuid4().hex}.txt"
    data = b"The ultracentrifuge rotor 70 Ti is due for inspection in March.\n"
    uploader(server, FILES, token, data, 16, metadata={"filename": name, "filetype": "text/plain"}).upload()
    (row,) = files_named(server, token, name)
    assert row["size_bytes"] == len(data) and row["content_type"] == "text/plain"
    assert content(server, token, row["id"]) == data
    assert not files_named(server, server.token("emma.novak"), name)
    deadline = time.time() + 10
    while files_named(server, token, name)[0]["state"] != "indexed" and time.time() < deadline:
        time.sleep(0.1)
    assert files_named(server, token, name)[0]["state"] == "indexed"


def test_what_came_before_a_broken_connection_is_kept(server):
    by = By(server)
    _, headers, _ = by.begin(len(BYTES), filename="broken.bin")
    url = headers["Location"]
    host = urllib.parse.urlsplit(server.url)
    with socket.create_connection((host.hostname, host.port)) as raw:
        head = f"PATCH {urllib.parse.urlsplit(url).path} HTTP/1.1\r\nHost: {host.netloc}\r\nUpload-Offset: 0\r\n"
        head += f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(BYTES)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in by.headers.items())
        raw.sendall(head.encode() + b"\r\n" + BYTES[: 11 << 20])
    deadline = time.time() + 10
    while by.offset(url) < 11 << 20 and time.time() < deadline:
        time.sleep(0.05)
    kept = by.offset(url)
    assert 8 << 20 <= kept <= 11 << 20
    assert by.patch(url, kept, BYTES[kept:])[0] == 204
    token = server.token("jonas.weber")
    (row,) = files_named(server, token, "broken.bin")
    assert content(server, token, row["id"]) == BYTES


def test_the_protocol(server):
    by = By(server)
    status, headers, _ = by.send("OPTIONS", FILES)
    assert status == 204 and headers["Tus-Version"] == "1.0.0" and "creation" in headers["Tus-Extension"]
    assert int(headers["Tus-Max-Size"]) > 0
    status, headers, _ = by.begin(10, b"0123", filename="by hand.txt", filetype="text/plain")
    url = headers["Location"]
    assert status == 201 and url.startswith("http") and headers["Upload-Offset"] == "4" and headers["Upload-Expires"]
    status, headers, _ = by.send("HEAD", url)
    assert (status, headers["Upload-Offset"], headers["Upload-Length"]) == (200, "4", "10")
    assert headers["Cache-Control"] == "no-store"
    assert by.patch(url, 3, b"x")[0] == 409
    assert by.patch(url, 4, b"x", **{"Content-Type": "text/plain"})[0] == 415
    assert by.patch(url, 4, b"x", **{"Tus-Resumable": "0.2.2"})[0] == 412
    assert by.patch(url, 4, b"4567891")[0] == 413
    assert by.patch(url, 4, iter([b"4567", b"891"]))[0] == 413  # Its length is not said before.
    assert by.offset(url) == 4
    assert by.patch(url, 4, b"456789")[1]["Upload-Offset"] == "10"
    assert by.patch(url, 10, b"")[0] == 204
    assert by.patch(url, 10, b"x")[0] == 413
    token = server.token("jonas.weber")
    assert content(server, token, files_named(server, token, "by hand.txt")[0]["id"]) == b"0123456789"
    assert by.begin(0, filename="empty.txt")[0] == 201
    assert files_named(server, token, "empty.txt")[0]["size_bytes"] == 0
    assert by.begin(1 << 50, filename="a")[0] == 413
    assert by.begin("x", filename="a")[0] == 400
    assert by.begin(1)[0] == 400
    assert by.send("POST", FILES, Upload_Length="1", Upload_Metadata="filename ?")[0] == 400
    assert By(server, path=FILES, X_Nobody="1").begin(1, filename="a")[0] == 401


def test_an_upload_is_its_senders_alone(server):
    by, other = By(server), By(server, "emma.novak")
    url = by.begin(10, filename="mine.txt")[1]["Location"]
    absent = url[:-36] + str(uuid.uuid4())
    for ask in [lambda to: other.send("HEAD", to), lambda to: other.patch(to, 0, b"x"), lambda to: other.send("DELETE", to)]:
        (status, headers, body), (none, others, nothing) = ask(url), ask(absent)
        assert status == none == 404
        strip = lambda text: {key: value for key, value in json.loads(text or b"{}").items() if key != "request_id"}
        assert strip(body) == strip(nothing)
    assert by.send("DELETE", url)[0] == 204
    assert by.offset(url) == 404


def test_signed_uploads(server, bucket):
    signed = bucket.create_signed_upload_url("signed.bin")["token"]
    by = By(server, path=f"{STORAGE}/sign", x_signature=signed)
    by.headers = {"Tus-Resumable": "1.0.0", "x-signature": signed}
    status, headers, _ = by.begin(len(BYTES), BYTES, bucketName=bucket.id, objectName="signed.bin")
    assert status == 201 and bucket.download("signed.bin") == BYTES
    assert by.begin(1, bucketName=bucket.id, objectName="signed.bin")[0] == 409
    assert by.begin(1, bucketName=bucket.id, objectName="other.bin")[0] == 400
    url = headers["Location"]
    assert by.offset(url) == len(BYTES)
    elsewhere = bucket.create_signed_upload_url("elsewhere.bin")["token"]
    by.headers["x-signature"] = elsewhere
    assert by.send("HEAD", url)[0] == 400
    for index in range(len(signed)):
        other = "A" if signed[index] != "A" else "B"
        by.headers["x-signature"] = signed[:index] + other + signed[index + 1 :]
        assert by.send("HEAD", url)[0] == 400, index


def test_two_to_one_place(server, bucket):
    by = By(server, "adaeze.okafor", STORAGE)
    said = {"bucketName": bucket.id, "objectName": "race.txt"}
    one, two = by.begin(3, **said)[1]["Location"], by.begin(3, **said)[1]["Location"]
    assert by.patch(two, 0, b"two")[0] == 204
    assert by.patch(one, 0, b"one")[0] == 409
    assert by.offset(one) == 404 and bucket.download("race.txt") == b"two"
    by.headers["x-upsert"] = "true"
    assert by.begin(5, b"three", **said)[0] == 201
    assert bucket.download("race.txt") == b"three"
    assert By(server, "emma.novak", STORAGE).begin(1, bucketName="none", objectName="a")[0] == 404
