"""Files in a bucket: moto's server stands for S3."""

import base64
import http.client
import json
import os
import time
import urllib.parse
import urllib.request

import pytest
from conftest import serving
from moto_bucket import MOST_UPLOADS, bucket, owner, server  # noqa: F401 (fixtures)
from signed_files import announce, fetch, link, put

BYTES = os.urandom((21 << 20) + 17)


@pytest.mark.parametrize("data", [b"", b"small", BYTES, BYTES[: 16 << 20]], ids=["empty", "small", "parts", "round"])
def test_bytes_come_back_as_they_went(server, bucket, data, owner):
    before = bucket.keys()
    upload = announce(server, owner, "data.bin", "application/octet-stream")
    status, row = put(upload, data)
    assert status == 200 and row["size_bytes"] == len(data)
    new = bucket.keys().items() - before.items()
    assert [(key.startswith("lab one/files/"), size) for key, size in new] == [(True, len(data))]
    url = link(server, owner, upload["file_id"])
    assert url.startswith(server.url)
    status, body, headers = fetch(url)
    assert (status, body) == (200, data) and headers["Content-Disposition"].startswith("attachment")
    if data:
        middle = len(data) // 2
        assert fetch(url, Range=f"bytes={middle}-{middle + 1}")[:2] == (206, data[middle : middle + 2])
        assert fetch(url, Range="bytes=-3")[1] == data[-3:]
    assert server.call("DELETE", f"/api/files/{upload['file_id']}", token=owner)[0] == 204
    assert bucket.keys() == before


def test_text_is_found(server, owner):
    put(announce(server, owner, "rotor.txt"), b"The Sorvall rotor was balanced on Friday.\n")
    deadline = time.time() + 15
    while time.time() < deadline:
        reply = json.loads(server.call("POST", "/api/search", {"query": "Sorvall rotor balanced"}, token=owner)[1])
        if any("Sorvall" in result["text"] for result in reply["results"]):
            return
        time.sleep(0.2)
    raise AssertionError("the file is not found")


def test_a_refused_upload_leaves_nothing(server, bucket, owner):
    before = bucket.keys()
    upload = announce(server, owner, "large.bin", "application/octet-stream", size=9 << 20)
    place = urllib.parse.urlsplit(upload["url"])
    connection = http.client.HTTPConnection(place.netloc)
    pieces = (BYTES[start : start + (1 << 20)] for start in range(0, len(BYTES), 1 << 20))
    connection.request("PUT", f"{place.path}?{place.query}", pieces, upload["headers"], encode_chunked=True)
    assert connection.getresponse().status == 413
    assert bucket.keys() == before
    assert not bucket.unfinished()


def test_a_bucket_that_does_not_answer(server, bucket, owner):
    before = bucket.keys()
    upload = announce(server, owner, "later.txt")
    bucket.gate.watch = lambda method, path, phase: "drop"
    try:
        assert put(upload, b"words")[0] == 503
    finally:
        bucket.gate.watch = lambda method, path, phase: None
    assert bucket.keys() == before
    assert put(upload, b"words")[0] == 200
    url = link(server, owner, upload["file_id"])
    assert fetch(url)[1] == b"words"


def resume(server, owner, name):
    sign_in = {"Authorization": f"Bearer {owner}", "Tus-Resumable": "1.0.0"}
    said = base64.b64encode(name.encode()).decode()
    begin = sign_in | {"Upload-Length": str(len(BYTES)), "Upload-Metadata": f"filename {said}"}
    request = urllib.request.Request(f"{server.url}/api/files/resumable", method="POST", headers=begin)
    with urllib.request.urlopen(request) as reply:
        url = reply.headers["Location"]
    middle = 10 << 20
    for start, end in [(0, middle), (middle, len(BYTES))]:
        more = {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
        request = urllib.request.Request(url, BYTES[start:end], sign_in | more, method="PATCH")
        with urllib.request.urlopen(request) as reply:
            assert reply.headers["Upload-Offset"] == str(end)
    rows = json.loads(server.call("GET", "/api/files", token=owner)[1])["data"]
    (file,) = [row for row in rows if row["name"] == name]
    return file["id"]


def test_resumable_uploads(server, bucket, owner):
    assert fetch(link(server, owner, resume(server, owner, "resumed.bin")))[1] == BYTES


def test_a_file_stays_when_its_parts_cannot_be_given_up(server, bucket, owner):
    before, refused = bucket.keys(), []

    def refuse(method, path, phase):
        # The first of them, as often as it is tried.
        if method == "DELETE" and phase == "before" and path in (refused or [path]):
            refused.append(path)
            return "drop"

    bucket.gate.watch = refuse
    try:
        file = resume(server, owner, "whole.bin")
    finally:
        bucket.gate.watch = lambda method, path, phase: None
    assert len(refused) >= 3 and fetch(link(server, owner, file))[1] == BYTES
    # What stayed behind nobody names.
    server.run("files", "sweep", "--grace", "0")
    assert sorted((bucket.keys().items() - before.items()), key=str)[0][1] == len(BYTES)
    assert len(bucket.keys()) == len(before) + 1


def test_the_sweeper(server, bucket):
    server.run("files", "sweep", "--grace", "0")
    before = bucket.keys()
    bucket.client.put_object(Bucket="lab-files", Key="lab one/files/orphan", Body=b"x")
    bucket.client.put_object(Bucket="lab-files", Key="other/files/theirs", Body=b"x")
    assert "0 objects" in server.run("files", "sweep")
    assert "1 objects" in server.run("files", "sweep", "--grace", "0")
    assert bucket.keys() == before | {"other/files/theirs": 1}


def test_more_unfinished_uploads_than_one_list_holds(server, bucket):
    # moto says that they began in 2010.
    left = [f"lab one/files/{number:04} & <more>" for number in range(MOST_UPLOADS + 5)]
    for key in left + left[-20:] + ["other/files/theirs"]:
        bucket.client.create_multipart_upload(Bucket="lab-files", Key=key)
    latest = bucket.client.create_multipart_upload(Bucket="lab-files", Key="lab one/files/latest")["UploadId"]
    bucket.gate.begun[latest.encode()] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()).encode()
    assert f" {len(left) + 20} unfinished" in server.run("files", "sweep")
    assert sorted(bucket.unfinished()) == ["lab one/files/latest", "other/files/theirs"]
    assert " 1 unfinished" in server.run("files", "sweep", "--unfinished", "0")


def test_fetched_from_the_bucket_itself(bucket):
    with serving(**bucket.settings, LABSYNC_S3_DIRECT="yes") as server:
        token = server.token("jonas.weber")
        upload = announce(server, token, "straight on.txt")
        assert put(upload, b"from the bucket")[0] == 200
        url = link(server, token, upload["file_id"])
        assert url.startswith(bucket.gate.url) and "X-Amz-Expires=300" in url
        status, body, headers = fetch(url)
        assert (status, body) == (200, b"from the bucket")
        assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''straight%20on%2Etxt"
