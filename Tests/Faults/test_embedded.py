"""An embedded database that ends, and a disk that is full: clear refusals, nothing lost, and all is well again by itself."""

import http.client
import os
import signal
import subprocess
import tempfile

import audit
import pytest
from lab import Lab, until

MEGABYTE = 1 << 20
# Room for a small lab and little more.
DISK = 320 * MEGABYTE


@pytest.fixture
def disk():
    """A small disk of its own, as a folder."""
    folder = tempfile.mkdtemp(prefix="labsync-disk-")
    os.chmod(folder, 0o755)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", folder], capture_output=True).returncode:
        os.rmdir(folder)
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
    os.rmdir(folder)


@pytest.fixture
def lab(disk):
    lab = Lab(embedded=True, data=f"{disk}/data", EMBEDDER="null")
    lab.serve()
    lab.wait_until_ready()
    yield lab
    lab.remove()


def fill(disk, leaving=0):
    free = os.statvfs(disk)
    size = free.f_bavail * free.f_frsize - leaving
    with open(f"{disk}/filler", "wb") as filler:
        os.posix_fallocate(filler.fileno(), 0, max(size, 1))


def postmaster(lab):
    """Its process; None while there is none."""
    try:
        with open(f"{lab.data}/postgres/postmaster.pid") as file:
            return int(file.readline())
    except (FileNotFoundError, ValueError):
        return None


def post(client, text):
    return client.try_once("POST", "/api/status", {"text": text, "visibility": "public"})


def rows(lab):
    with lab.connect() as session:
        return {row: text for row, text in session.execute("select id::text, text from statuses")}


def test_the_database_is_killed(lab):
    ada = lab.client("ada")
    made = {}
    for number in range(3):
        for one in range(20):
            status, reply, _ = ada.settle("POST", "/api/status", {"text": f"zqkill{number}x{one} stays", "visibility": "public"})[:3]
            assert status == 201
            made[reply["id"]] = f"zqkill{number}x{one} stays"
        killed = postmaster(lab)
        os.kill(killed, signal.SIGKILL)
        # Those that it had started may answer a moment longer.
        took = until(lambda: postmaster(lab) not in (killed, None), 20, "the database is not started again")
        took += until(lambda: post(ada, "zqafter")[0] == 201, 20, "the database does not come back")
        assert took <= 20, took
    assert {row: text for row, text in rows(lab).items() if text != "zqafter"} == made
    audit.quiesce(lab)

    def best():
        found = ada.settle("POST", "/api/search", {"query": "zqkill2x19"})[1]["results"]
        return [made.get(one["source"]["id"]) for one in found[:1]]

    # The index follows what is written as soon as it has heard from the database again.
    until(lambda: best() == ["zqkill2x19 stays"], 20, lambda: f"{best()} is found instead")


def test_the_disk_is_full(lab, disk):
    ada = lab.client("ada")
    made, refused = {}, []
    fill(disk)
    for number in range(4000):
        text = f"zqfull{number}x " + os.urandom(4000).hex()
        status, reply, headers = post(ada, text)
        if status == 201:
            made[reply["id"]] = text
        else:
            refused.append((status, reply))
            assert status in (503, 507), (status, reply)
            assert "full" in reply["detail"] or "Retry-After" in headers, reply
            if len(refused) == 20:
                break
    assert len(refused) == 20, f"{len(made)} posts of 8 kB fit on a full disk"
    assert ada.try_once("GET", "/healthz")[0] == 200

    os.remove(f"{disk}/filler")
    took = until(lambda: post(ada, "zqfreed")[0] == 201, 40, "writes are not accepted again")
    stored = rows(lab)
    lost = made.keys() - stored.keys()
    assert not lost, f"{len(lost)} of {len(made)} acknowledged posts are lost"
    # An answer of 507 means that it was not stored; after one of 503 nobody knows.
    unknown = [status for status, _ in refused if status == 503]
    assert len(stored.keys() - made.keys()) <= len(unknown) + 1
    audit.quiesce(lab)
    print(f"{len(made)} posts fitted, {len(refused)} were refused ({set(status for status, _ in refused)}); again after {took:.1f} s")


def test_no_room_for_a_file(lab, disk):
    ada = lab.client("ada")
    size = 60 * MEGABYTE
    upload = ada.settle("POST", "/api/files/upload", {"name": "large.bin", "content_type": "application/octet-stream", "size": size})[1]
    fill(disk, leaving=20 * MEGABYTE)

    def put():
        connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=60)
        try:
            connection.request("PUT", upload["url"].split(str(lab.port), 1)[1], b"\x01" * size, upload["headers"])
        except BrokenPipeError:
            pass  # Refused before all of it was sent: the answer says why.
        reply = connection.getresponse()
        return reply.status, reply.read()

    status, body = put()
    assert status == 507 and b"full" in body, (status, body)
    [file] = ada.settle("GET", "/api/files")[1]["data"]
    assert file["state"] == "pending" and file["size_bytes"] is None, file
    left = os.statvfs(disk)
    assert left.f_bavail * left.f_frsize > 15 * MEGABYTE, "what did not fit still takes room"
    assert post(ada, "there is room for words")[0] == 201

    os.remove(f"{disk}/filler")
    assert put()[0] in (200, 201)
    [file] = ada.settle("GET", "/api/files")[1]["data"]
    assert file["size_bytes"] == size and file["state"] != "pending", file
