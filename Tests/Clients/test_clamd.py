"""Files are looked at by ClamAV's daemon: the real one, with a signature file of our own that knows EICAR's test file."""

import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from conftest import serving
from signed_files import announce, fetch, link, put

DAEMON = shutil.which("clamd") or "/usr/sbin/clamd"
# In two pieces, so that no scanner objects to this file.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Daemon:
    def __init__(self, folder):
        self.folder, self.process = folder, None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.path = f"{folder}/clamd.sock"
        (folder / "db").mkdir()
        (folder / "db/eicar.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
        (folder / "clamd.conf").write_text(
            f"DatabaseDirectory {folder}/db\nLocalSocket {self.path}\nTCPSocket {self.port}\nTCPAddr 127.0.0.1\n"
            "Foreground yes\nStreamMaxLength 4M\nFixStaleSocket yes\n" + ("User root\n" if os.getuid() == 0 else "")
        )

    def start(self):
        self.process = subprocess.Popen(
            [DAEMON, "-c", f"{self.folder}/clamd.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.time() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as connection:
                    connection.sendall(b"zPING\0")
                    assert connection.recv(5) == b"PONG\0"
                return
            except OSError:
                assert time.time() < deadline and self.process.poll() is None
                time.sleep(0.2)

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    if not pathlib.Path(DAEMON).exists():
        pytest.skip("needs clamd, of the package clamav-daemon")
    daemon = Daemon(tmp_path_factory.mktemp("clamd"))
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module", params=["socket", "tcp"])
def server(daemon, request):
    address = daemon.path if request.param == "socket" else f"127.0.0.1:{daemon.port}"
    with serving(LABSYNC_CLAMD=address) as server:
        yield server


def objects(server):
    return {path for path in (pathlib.Path(server.data) / "objects").rglob("*") if path.is_file()}


def test_what_is_harmful_is_refused_and_leaves_nothing(server):
    token = server.token("jonas.weber")
    before = objects(server)
    for data in [EICAR, os.urandom(300_000) + EICAR + b" tail"]:
        upload = announce(server, token, "invoice.bin", "application/octet-stream")
        status, body = put(upload, data)
        assert status == 400 and "Eicar-Test-Signature" in body
        assert link(server, token, upload["file_id"]) == 404
    clean = announce(server, token, "clean.txt")
    assert put(clean, b"clean words")[0] == 200
    assert fetch(link(server, token, clean["file_id"]))[1] == b"clean words"
    version = json.loads(server.call("POST", f"/api/files/{clean['file_id']}/versions", {}, token=token)[1])
    assert put(version, EICAR)[0] == 400
    assert fetch(link(server, token, clean["file_id"]))[1] == b"clean words"
    assert len(objects(server) - before) == 1


def resume(server, token, data, cut):
    """Status of the last piece, and what came with it."""
    sign_in = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    said = {"Upload-Length": str(len(data)), "Upload-Metadata": f"filename {base64.b64encode(b'resumed.bin').decode()}"}
    begin = urllib.request.Request(f"{server.url}/api/files/resumable", method="POST", headers=sign_in | said)
    with urllib.request.urlopen(begin) as reply:
        url = reply.headers["Location"]
    for start, end in [(0, cut), (cut, len(data))]:
        more = {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
        request = urllib.request.Request(url, data[start:end], sign_in | more, method="PATCH")
        try:
            with urllib.request.urlopen(request) as reply:
                status, body = reply.status, ""
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read().decode()
    return url, status, body


def test_what_comes_in_pieces_is_looked_at_as_a_whole(server):
    token = server.token("jonas.weber")
    before = objects(server)
    _, status, body = resume(server, token, EICAR, 30)
    assert status == 400 and "Eicar-Test-Signature" in body
    assert objects(server) == before
    assert resume(server, token, b"clean" * 20, 30)[1] == 204


def test_supabases_way_is_no_way_around(server):
    token = server.token("jonas.weber")
    assert server.call("POST", "/storage/v1/bucket", {"id": "scans", "name": "scans"}, token=server.token())[0] == 200
    status, body = server.call("POST", "/storage/v1/object/scans/a.bin", EICAR, token=server.token())
    assert status >= 400 and "Eicar-Test-Signature" in body
    assert server.call("GET", "/storage/v1/object/scans/a.bin", token=server.token())[0] >= 400


def test_what_is_too_large_to_be_looked_at_is_refused(server):
    token = server.token("jonas.weber")
    status, body = put(announce(server, token, "large.bin", "application/octet-stream"), os.urandom(6 << 20))
    assert status == 413 and "StreamMaxLength" in body


def test_the_doctor_asks_for_its_version(server):
    assert "ClamAV" in server.run("doctor")


def test_nothing_is_taken_while_it_does_not_answer(server, daemon):
    token = server.token("jonas.weber")
    kept = announce(server, token, "kept.txt")
    assert put(kept, b"kept")[0] == 200
    before = objects(server)
    waiting = announce(server, token, "waiting.txt")
    daemon.stop()
    try:
        status, body = put(waiting, b"waiting")
        assert status == 503 and "virus scanner" in body
        assert objects(server) == before and link(server, token, waiting["file_id"]) == 404
        assert fetch(link(server, token, kept["file_id"]))[1] == b"kept"  # What was looked at is there as ever.
        url, status, _ = resume(server, token, b"resumed words", 6)
        assert status == 503
    finally:
        daemon.start()
    assert put(waiting, b"waiting")[0] == 200
    # What came in pieces waits for its scanner, too.
    head = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD", headers=head)) as reply:
        assert int(reply.headers["Upload-Offset"]) in (6, 13)
