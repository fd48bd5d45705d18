"""moto's server stands for S3, behind a gate that does what moto does not: checks signed addresses, and tells when an upload
of several parts began (moto says 2010 of each), and of a thousand such uploads at a time.

With the fixtures of the suites that try Labsync on it: `bucket`, `server` with the module's SETTINGS, and `owner`."""

import contextlib
import datetime
import html
import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import types
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import serving

NAME, ACCESS, SECRET, REGION = "lab-files", "lab", "secret", "us-east-1"
# In one answer.
MOST_UPLOADS = 1000


class Gate(ThreadingHTTPServer):
    """Hands on what it is sent. Refuses signed addresses that Amazon's own library would not have signed just so."""

    daemon_threads = True

    def __init__(self, port):
        self.upstream = port
        # Told of each request before it is handed on, and after it was but before it is answered. May say "drop".
        self.watch = lambda method, path, phase: None
        self.begun = {}
        # Seconds that its clock goes before ours.
        self.ahead = 0
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def dated(self, method, path, data):
        if not re.search(r"[?&]uploads=?(&|$)", path):
            return data
        if method == "POST":
            now = datetime.datetime.now(datetime.timezone.utc)
            self.begun[re.search(rb"<UploadId>(.+?)</UploadId>", data)[1]] = now.strftime("%Y-%m-%dT%H:%M:%S.000Z").encode()
            return data
        for upload, begun in self.begun.items():
            end = data.find(b"<Initiated>", max(0, data.find(upload)))
            if upload in data:
                data = data[:end] + b"<Initiated>" + begun + data[data.index(b"</Initiated>", end) :]
        return page(path, data)


def page(path, data):
    """Of a list of uploads what S3 says at once: the first thousand behind the markers, by key and then by id."""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query, keep_blank_values=True))
    uploads = re.findall(rb"<Upload>.*?</Upload>", data, re.DOTALL)

    def place(upload):
        return tuple(
            html.unescape(re.search(rf"<{name}>(.*?)</{name}>".encode(), upload)[1].decode()) for name in ("Key", "UploadId")
        )

    behind = (query.get("key-marker", ""), query.get("upload-id-marker", ""))
    rest = sorted((upload for upload in uploads if place(upload) > behind), key=place)
    shown = rest[:MOST_UPLOADS]
    more = f"<IsTruncated>{str(len(rest) > len(shown)).lower()}</IsTruncated>"
    if len(rest) > len(shown):
        key, upload = (html.escape(text) for text in place(shown[-1]))
        more += f"<NextKeyMarker>{key}</NextKeyMarker><NextUploadIdMarker>{upload}</NextUploadIdMarker>"
    return f"<ListMultipartUploadsResult>{more}".encode() + b"".join(shown) + b"</ListMultipartUploadsResult>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        refusal = refusal_of(self.command, f"{self.server.url}{self.path}", self.headers, self.server.ahead)
        if refusal:
            return self.answer(403, {"Content-Type": "application/xml"}, f"<Error><Code>{refusal}</Code></Error>".encode())
        if self.server.watch(self.command, self.path, "before") == "drop":
            self.close_connection = True
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers.items()))
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        data = self.server.dated(self.command, self.path, data)
        self.server.watch(self.command, self.path, "after")
        length = {"Content-Length": reply.headers.get("Content-Length", "0")} if self.command == "HEAD" else {}
        self.answer(reply.status, dict(reply.headers.items()) | length, data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

    def answer(self, status, headers, data):
        with contextlib.suppress(OSError):  # Whoever asked may have been killed.
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                    self.send_header(name, value)
            self.send_header("Content-Length", headers.get("Content-Length") if self.command == "HEAD" else str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *arguments):
        pass


def refusal_of(method, url, headers, ahead):
    """What S3 says to an address whose signature, time or headers are not what was signed; None if all is well."""
    place = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(place.query, keep_blank_values=True))
    given = query.pop("X-Amz-Signature", None)
    if given is None:
        return None if "Authorization" in headers else "AccessDenied"
    try:
        time_signed = datetime.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        expires = time_signed + datetime.timedelta(seconds=int(query["X-Amz-Expires"]))
        signed = query["X-Amz-SignedHeaders"].split(";")
    except (KeyError, ValueError):
        return "AuthorizationQueryParametersError"
    if expires < datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=ahead):
        return "AccessDenied"
    request = AWSRequest(
        method, f"{place.scheme}://{place.netloc}{place.path}", params=query,
        headers={name: headers.get(name, "") for name in signed},
    )
    request.context["timestamp"] = query["X-Amz-Date"]
    auth = S3SigV4QueryAuth(Credentials(ACCESS, SECRET), "s3", REGION)
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return None if expected == given else "SignatureDoesNotMatch"


@contextlib.contextmanager
def moto_bucket():
    """A bucket: its gate, boto3's client past the gate, and how Labsync is told of it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
        aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
    )
    deadline = time.time() + 30
    while True:
        try:
            client.create_bucket(Bucket=NAME)
            break
        except Exception:
            assert time.time() < deadline
            time.sleep(0.1)
    gate = Gate(port)

    def keys():
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=NAME)
        return {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", [])}

    def unfinished():
        return [upload["Key"] for upload in client.list_multipart_uploads(Bucket=NAME).get("Uploads", [])]

    try:
        yield types.SimpleNamespace(
            gate=gate, client=client, keys=keys, unfinished=unfinished,
            settings={
                "LABSYNC_S3_BUCKET": NAME, "LABSYNC_S3_ENDPOINT": gate.url, "LABSYNC_S3_PREFIX": "lab one/",
                "AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET,
            },
        )
    finally:
        gate.shutdown()
        process.send_signal(signal.SIGTERM)
        process.wait(10)


@pytest.fixture(scope="module")
def bucket():
    with moto_bucket() as bucket:
        yield bucket


@pytest.fixture(scope="module")
def server(bucket, request):
    with serving(**bucket.settings, **getattr(request.module, "SETTINGS", {})) as server:
        yield server


@pytest.fixture
def owner(server):
    return server.token("jonas.weber")
