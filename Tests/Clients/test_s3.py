"""Files in a bucket: moto's server stands for S3."""

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import boto3
import pytest
from conftest import serving
from signed_files import announce, fetch, link, put

BYTES = os.urandom((21 << 20) + 17)


@pytest.fixture(scope="module")
def bucket():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    endpoint = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="lab", aws_secret_access_key="secret"
    )
    deadline = time.time() + 30
    while True:
        try:
            client.create_bucket(Bucket="lab-files")
            break
        except Exception:
            assert time.time() < deadline
            time.sleep(0.1)
    yield endpoint, client
    process.send_signal(signal.SIGTERM)
    process.wait(10)


@pytest.fixture(scope="module")
def environment(bucket):
    return {
        "LABSYNC_S3_BUCKET": "lab-files", "LABSYNC_S3_ENDPOINT": bucket[0], "LABSYNC_S3_PREFIX": "lab one/",
        "AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "secret",
    }


@pytest.fixture(scope="module")
def server(environment):
    with serving(**environment) as server:
        yield server


def keys(bucket):
    pages = bucket[1].get_paginator("list_objects_v2").paginate(Bucket="lab-files")
    return {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", [])}


@pytest.mark.parametrize("data", [b"", b"small", BYTES, BYTES[: 16 << 20]], ids=["empty", "small", "parts", "round"])
def test_bytes_come_back_as_they_went(server, bucket, data):
    token = server.token("jonas.weber")
    before = keys(bucket)
    upload = announce(server, token, "data.bin", "application/octet-stream")
    status, row = put(upload, data)
    assert status == 200 and row["size_bytes"] == len(data)
    new = keys(bucket).items() - before.items()
    assert [(key.startswith("lab one/files/"), size) for key, size in new] == [(True, len(data))]
    url = link(server, token, upload["file_id"])
    assert url.startswith(server.url)
    status, body, headers = fetch(url)
    assert (status, body) == (200, data) and headers["Content-Disposition"].startswith("attachment")
    if data:
        middle = len(data) // 2
        assert fetch(url, Range=f"bytes={middle}-{middle + 1}")[:2] == (206, data[middle : middle + 2])
        assert fetch(url, Range="bytes=-3")[1] == data[-3:]
    assert server.call("DELETE", f"/api/files/{upload['file_id']}", token=token)[0] == 204
    assert keys(bucket) == before


def test_text_is_found(server):
    token = server.token("jonas.weber")
    put(announce(server, token, "rotor.txt"), b"The Sorvall rotor was balanced on Friday.\n")
    deadline = time.time() + 15
    while time.time() < deadline:
        reply = json.loads(server.call("POST", "/api/search", {"query": "Sorvall rotor balanced"}, token=token)[1])
        if any("Sorvall" in result["text"] for result in reply["results"]):
            return
        time.sleep(0.2)
    raise AssertionError("the file is not found")


def test_a_refused_upload_leaves_nothing(server, bucket):
    token = server.token("jonas.weber")
    before = keys(bucket)
    upload = announce(server, token, "large.bin", "application/octet-stream", size=9 << 20)
    place = urllib.parse.urlsplit(upload["url"])
    connection = http.client.HTTPConnection(place.netloc)
    pieces = (BYTES[start : start + (1 << 20)] for start in range(0, len(BYTES), 1 << 20))
    connection.request("PUT", f"{place.path}?{place.query}", pieces, upload["headers"], encode_chunked=True)
    assert connection.getresponse().status == 413
    assert keys(bucket) == before
    assert not bucket[1].list_multipart_uploads(Bucket="lab-files").get("Uploads")


def test_resumable_uploads(server, bucket):
    token = server.token("jonas.weber")
    sign_in = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    name = base64.b64encode(b"resumed.bin").decode()
    begin = sign_in | {"Upload-Length": str(len(BYTES)), "Upload-Metadata": f"filename {name}"}
    request = urllib.request.Request(f"{server.url}/api/files/resumable", method="POST", headers=begin)
    with urllib.request.urlopen(request) as reply:
        url = reply.headers["Location"]
    middle = 10 << 20
    for start, end in [(0, middle), (middle, len(BYTES))]:
        more = {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
        request = urllib.request.Request(url, BYTES[start:end], sign_in | more, method="PATCH")
        with urllib.request.urlopen(request) as reply:
            assert reply.headers["Upload-Offset"] == str(end)
    rows = json.loads(server.call("GET", "/api/files", token=token)[1])["data"]
    (file,) = [row for row in rows if row["name"] == "resumed.bin"]
    assert fetch(link(server, token, file["id"]))[1] == BYTES


def test_the_sweeper(server, bucket, environment):
    server.run("files", "sweep", "--grace", "0")
    before = keys(bucket)
    bucket[1].put_object(Bucket="lab-files", Key="lab one/files/orphan", Body=b"x")
    bucket[1].put_object(Bucket="lab-files", Key="other/files/theirs", Body=b"x")
    assert "0 objects" in server.run("files", "sweep")
    assert "1 objects" in server.run("files", "sweep", "--grace", "0")
    assert keys(bucket) == before | {"other/files/theirs": 1}


def test_fetched_from_the_bucket_itself(environment):
    with serving(**environment, LABSYNC_S3_DIRECT="yes") as server:
        token = server.token("jonas.weber")
        upload = announce(server, token, "straight on.txt")
        assert put(upload, b"from the bucket")[0] == 200
        url = link(server, token, upload["file_id"])
        assert url.startswith(environment["LABSYNC_S3_ENDPOINT"]) and "X-Amz-Expires=300" in url
        status, body, headers = fetch(url)
        assert (status, body) == (200, b"from the bucket")
        assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''straight%20on%2Etxt"
