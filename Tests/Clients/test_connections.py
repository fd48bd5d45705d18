"""Connections that are slow, heads that are large, proxies that are believed or not, and limits."""

import http.client
import json
import re
import selectors
import socket
import statistics
import struct
import threading
import time

import pytest
from conftest import serving

PROXIES = "127.0.0.0/8, 10.1.0.0/16, fd00::/8"
LIMIT = 40


@pytest.fixture(scope="module")
def behind():
    """A server behind a proxy, with a small limit."""
    with serving("fixtures/tiny-lab", LABSYNC_RATE_LIMIT=str(LIMIT), LABSYNC_TRUSTED_PROXIES=PROXIES) as server:
        yield server


@pytest.fixture(scope="module")
def alone():
    with serving("fixtures/tiny-lab", LABSYNC_RATE_LIMIT=str(LIMIT)) as server:
        yield server


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port))


def answer(server, *pieces):
    """All that the server says until it closes."""
    with connect(server) as asker:
        for piece in pieces:
            asker.sendall(piece)
        said = b""
        try:
            while more := asker.recv(65536):
                said += more
        except ConnectionResetError:
            pass
        return said


def times(server, token, count):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    taken = []
    for _ in range(count):
        started = time.monotonic()
        connection.request("GET", "/api/users/me", headers={"Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        assert reply.read() and reply.status == 200
        taken.append(time.monotonic() - started)
        time.sleep(0.002)
    return sorted(taken)[int(count * 0.99)]


def test_a_thousand_slow_heads_are_closed_and_hold_up_nobody(server, capsys):
    token = server.token()
    times(server, token, 200)
    before = statistics.median(times(server, token, 600) for _ in range(3))
    slow = [connect(server) for _ in range(1000)]
    started = time.monotonic()
    watch = selectors.DefaultSelector()
    for number, asker in enumerate(slow):
        if number % 10:
            asker.sendall(b"GET /api/users/me HTTP/1.1\r\nHost: x\r\n")
        watch.register(asker, selectors.EVENT_READ)
    meanwhile = []
    busy = threading.Thread(target=lambda: meanwhile.extend(times(server, token, 600) for _ in range(3)))
    busy.start()
    drip, left, closed = 0, set(slow), []
    while left and time.monotonic() - started < 30:
        for key, _ in watch.select(timeout=0.2):
            try:
                gone = key.fileobj.recv(1024) == b""
            except ConnectionResetError:
                gone = True
            if gone:
                watch.unregister(key.fileobj)
                left.discard(key.fileobj)
                closed.append(time.monotonic() - started)
        drip += 1
        if drip % 5 == 0:
            for asker in list(left)[1:]:
                try:
                    asker.sendall(b"X-Drop: 1\r\n")
                except OSError:
                    pass
    busy.join()
    for asker in slow:
        asker.close()
    during = statistics.median(meanwhile)
    with capsys.disabled():
        print(f"\n1,000 slow heads closed after {max(closed):.1f} s; others' p99 {before * 1e3:.1f} ms before, {during * 1e3:.1f} during")
    assert not left and max(closed) <= 15
    # Twice is the goal; a busy machine has worse moments of its own.
    assert during <= max(4 * before, 0.05)


def test_a_body_that_trickles_is_cut_off_and_patience_is_not(server):
    token = server.token()
    head = f"POST /api/search HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 5000\r\n\r\n{{"
    trickle, patient = connect(server), connect(server)
    started = time.monotonic()
    trickle.sendall(head.encode())
    trickle.settimeout(1)
    ask = f"GET /api/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    patient.sendall(ask)
    assert b"200 OK" in patient.recv(65536)
    said = None
    while time.monotonic() - started < 30:
        try:
            trickle.sendall(b" ")
            said = trickle.recv(1024)
            break
        except TimeoutError:
            continue
        except OSError:
            said = b""
            break
    assert said is not None and 15 < time.monotonic() - started < 28
    # Silence between requests is no offence.
    patient.sendall(ask)
    assert b"200 OK" in patient.recv(65536)


def test_large_heads_are_refused(server):
    for head in [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(2000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(90)) + b"\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ]:
        said = answer(server, head)
        assert said.split(b" ")[1:2] in ([b"431"], [b"414"], [b"400"]), said[:100]
    assert answer(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-L: " + b"a" * 100_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/9.9\r\n\r\n", b"\x00\x01\x02\x03\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /api/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        b"POST /api/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"POST /api/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(server, request_bytes):
    with connect(server) as asker:
        asker.settimeout(20)
        asker.sendall(request_bytes)
        said = b""
        try:
            while more := asker.recv(65536):
                said += more
                if said.endswith(b"}"):
                    break
        except ConnectionResetError:
            pass
    codes = re.findall(rb"HTTP/1.1 (\d+) ", said)
    # A refusal of the head may be told before its body turns out to be none; nothing is answered after that.
    assert all(code[:1] == b"4" for code in codes) and (len(codes) <= 1 or codes[1:] == [b"400"]), said[:400]
    assert server.call("GET", "/healthz")[0] == 200


def status(server, forwarded, path="/api/users"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", path, headers={"X-Forwarded-For": forwarded} if forwarded else {})
    reply = connection.getresponse()
    reply.read()
    return reply.status, reply.headers


def spend(server, forwarded):
    for _ in range(LIMIT + 2):
        code, headers = status(server, forwarded)
        if code == 429:
            return headers
    raise AssertionError("there is no limit")


def test_a_trusted_proxy_tells_who_asks(behind):
    headers = spend(behind, "203.0.113.5")
    assert int(headers["Retry-After"]) >= 1 and headers["RateLimit-Limit"] == str(LIMIT)
    assert headers["RateLimit-Remaining"] == "0" and int(headers["RateLimit-Reset"]) >= 1
    # Others are not held up by it, whatever they claim to come from; nor does a claim help.
    assert status(behind, "203.0.113.6")[0] == 401
    assert status(behind, "203.0.113.5, 203.0.113.7")[0] == 401
    assert status(behind, "198.51.100.1, 203.0.113.5")[0] == 429
    assert status(behind, "198.51.100.1, 203.0.113.5, 10.1.2.3")[0] == 429
    assert status(behind, "::ffff:203.0.113.5, fd00::1")[0] == 429
    assert status(behind, "nonsense, 203.0.113.5, 10.1.2.3")[0] == 429


def test_nobody_else_is_believed(alone):
    spend(alone, "203.0.113.5")
    assert status(alone, "203.0.113.6")[0] == 429
    assert status(alone, None)[0] == 429


def upload_address(server):
    """Where the server says a file is to be sent, when asked over what claims to be https."""
    body = {"name": "notes.txt", "content_type": "text/plain", "size": 5}
    code, answer = server.call(
        "POST", "/api/files/upload", body, server.token("emma.novak"), {"X-Forwarded-Proto": "https"}
    )
    assert code < 300, answer
    return json.loads(answer)["url"]


def test_a_trusted_proxy_tells_that_it_was_asked_by_https(behind):
    assert upload_address(behind).startswith(f"https://127.0.0.1:{behind.port}/")


def test_nobody_else_turns_addresses_into_https(alone):
    assert upload_address(alone).startswith(f"http://127.0.0.1:{alone.port}/")


def test_each_member_has_a_limit_of_their_own(behind):
    tokens = [behind.token("emma.novak"), behind.token("adaeze.okafor")]
    codes = [behind.call("GET", "/api/users/me", token=tokens[0])[0] for _ in range(LIMIT + 2)]
    assert codes[0] == 200 and codes[-1] == 429
    assert behind.call("GET", "/api/users/me", token=tokens[1])[0] == 200


def test_every_answer_tells_the_limit(behind):
    for path, code, names in [
        ("/healthz", 200, ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]),
        ("/nowhere", 404, ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]),
        ("/v1/models", 401, ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"]),
    ]:
        found, headers = status(behind, "203.0.113.99", path)
        assert found == code and all(name in headers for name in names), (path, found, dict(headers))


def test_a_body_that_breaks_off_is_nobodys_error(server):
    token = server.token("callum.reid")
    head = f"Host: x\r\nAuthorization: Bearer {token}\r\nContent-Type: text/plain\r\n"
    assert server.call("POST", "/storage/v1/bucket", {"id": "broken", "name": "broken"}, server.token())[0] == 200
    for number, (how, part) in enumerate([("Transfer-Encoding: chunked", b"10\r\nhalf"), ("Content-Length: 16", b"half")]):
        for leaves in [lambda asker: asker.close(), lambda asker: asker.shutdown(socket.SHUT_WR)]:
            asker = connect(server)
            path = f"/storage/v1/object/broken/{number}.txt"
            asker.sendall(f"POST {path} HTTP/1.1\r\n{head}{how}\r\n\r\n".encode() + part)
            time.sleep(0.3)
            leaves(asker)
            if asker.fileno() >= 0:
                assert b" 400 " in asker.recv(65536).split(b"\r\n")[0]
            time.sleep(0.3)
            assert server.call("GET", path, token=token)[0] == 400
    assert "request failed" not in open(server.log).read()


def test_who_leaves_before_a_stream_begins_holds_no_place(server):
    token = server.token("callum.reid")
    ask = f"GET /api/status?stream=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()

    def connected():
        said = server.call("GET", "/metrics")[1]
        return float(next(line.split()[-1] for line in said.splitlines() if line.startswith("labsync_realtime_sockets")))

    def asking():
        asker = connect(server)
        asker.sendall(ask)
        return asker

    def leave(asker):
        # As one does who goes away: whatever comes is refused.
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        asker.close()

    kept = [asking() for _ in range(3)]
    assert all(b"event: ready" in b"".join(asker.recv(4096) for _ in range(2)) for asker in kept)
    assert connected() == 3
    for asker in kept:
        leave(asker)
    for _ in range(50):
        leave(asking())
    deadline = time.monotonic() + 5
    while connected() > 0:
        assert time.monotonic() < deadline, f"{connected()} places are held by nobody"
        time.sleep(0.2)


def test_guessing_is_slowed_for_the_account(behind):
    codes = []
    for number in range(8):
        connection = http.client.HTTPConnection("127.0.0.1", behind.port)
        body = json.dumps({"email": "emma.novak@okafor-lab.example", "password": f"guess number {number}"})
        # From everywhere at once.
        headers = {"X-Forwarded-For": f"203.0.113.{150 + number}", "Content-Type": "application/json"}
        connection.request("POST", "/api/auth/sign-in", body, headers)
        reply = connection.getresponse()
        reply.read()
        codes.append((reply.status, reply.headers["Retry-After"]))
    assert codes[0][0] == 401 and codes[-1][0] == 429 and int(codes[-1][1]) >= 1
