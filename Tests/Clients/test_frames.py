"""RFC 6455 frame by frame, as conformance suites try it, against the same connection that realtime has."""

import base64
import os
import signal
import socket
import struct

import pytest
from realtime_lab import echo_server

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


@pytest.fixture(scope="module")
def port():
    process = echo_server()
    yield int(process.stdout.readline().rsplit(":", 1)[1])
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def encode(opcode, payload=b"", last=True, reserved=0, masked=True):
    size = len(payload)
    head = bytes([(0x80 if last else 0) | reserved << 4 | opcode])
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if masked:
        mask = os.urandom(4)
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        head += mask
    return head + payload


class Raw:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def send(self, opcode, payload=b"", chop=None, **how):
        data = encode(opcode, payload, **how)
        try:
            for start in range(0, len(data), chop or len(data)):
                self.socket.sendall(data[start:start + (chop or len(data))])
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server has hung up already: what it said is still to be read.
        return self

    def take(self, count):
        data = b""
        while len(data) < count:
            try:
                part = self.socket.recv(count - len(data))
            except ConnectionResetError:
                # The server hung up with something unread.
                part = b""
            if not part:
                return data
            data += part
        return data

    def frame(self):
        """Opcode and payload; nothing when the connection is closed."""
        head = self.take(2)
        if len(head) < 2:
            return None
        size = head[1]
        assert head[0] & 0x70 == 0 and size < 128
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        assert head[0] & 0x80
        return head[0] & 15, self.take(size)

    def closed(self):
        """The code that the server closes with, after which it says nothing."""
        while (frame := self.frame()) and frame[0] != CLOSE:
            pass
        assert frame, "hung up without a word"
        code = struct.unpack(">H", frame[1][:2])[0] if frame[1] else None
        # A client that answers is hung up on at once.
        self.send(CLOSE, frame[1][:2])
        assert self.frame() is None
        return code


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536, 1_000_000])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_messages_come_back(port, opcode, size):
    payload = b"*" * size if opcode == TEXT else os.urandom(size)
    assert Raw(port).send(opcode, payload).frame() == (opcode, payload)


def test_a_message_may_come_byte_by_byte(port):
    assert Raw(port).send(TEXT, "Grüße €𝄞".encode() * 9, chop=1).frame() == (TEXT, "Grüße €𝄞".encode() * 9)


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(range(125))])
def test_pings_are_answered(port, payload):
    raw = Raw(port)
    for _ in range(3):
        raw.send(PING, payload)
    assert [raw.frame() for _ in range(3)] == [(PONG, payload)] * 3


def test_pongs_nobody_asked_for_are_ignored(port):
    assert Raw(port).send(PONG, b"x").send(PING, b"y").frame() == (PONG, b"y")


def test_fragments(port):
    raw = Raw(port)
    raw.send(TEXT, b"a", last=False).send(PING, b"between").send(0, b"b", last=False).send(0, b"", last=False)
    raw.send(0, "€".encode()[:1], last=False).send(0, "€".encode()[1:])
    assert raw.frame() == (PONG, b"between")
    assert raw.frame() == (TEXT, "ab€".encode())
    raw.send(BINARY, b"", last=False).send(0, b"").send(TEXT, b"next")
    assert [raw.frame(), raw.frame()] == [(BINARY, b""), (TEXT, b"next")]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda raw: raw.send(PING, b"x" * 126),
        lambda raw: raw.send(PING, b"x", last=False),
        lambda raw: raw.send(CLOSE, b"", last=False),
        lambda raw: raw.send(TEXT, b"x", masked=False),
        lambda raw: raw.send(0, b"nothing to continue"),
        lambda raw: raw.send(TEXT, b"x", last=False).send(TEXT, b"y"),
        lambda raw: raw.send(TEXT, b"x", last=False).send(BINARY, b"y"),
        lambda raw: raw.send(CLOSE, b"\x03"),
        *[lambda raw, bits=bits: raw.send(TEXT, b"x", reserved=bits) for bits in range(1, 8)],
        *[lambda raw, code=code: raw.send(code, b"x") for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)],
        *[lambda raw, code=code: raw.send(CLOSE, struct.pack(">H", code))
          for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)],
    ],
)
def test_what_is_forbidden_ends_the_connection(port, wrong):
    raw = Raw(port)
    raw.send(TEXT, b"before")
    wrong(raw)
    raw.send(PING, b"too late")
    assert raw.frame() == (TEXT, b"before")
    assert raw.closed() == 1002


def test_what_was_sent_before_a_goodbye_arrives_before_it(port):
    """All in one segment, so that the server reads it at once."""
    said = [f"message {number}".encode() for number in range(20)]
    for last, code in ((encode(TEXT, b"x", reserved=7), 1002), (encode(CLOSE, struct.pack(">H", 1000)), 1000)):
        raw = Raw(port)
        raw.socket.sendall(b"".join(encode(TEXT, one) for one in said) + last)
        assert [raw.frame() for _ in said] == [(TEXT, one) for one in said]
        assert raw.closed() == code


@pytest.mark.parametrize(
    "bytes_",
    [
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", b"\x80", b"\xbf", b"\xc0\xaf", b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff", b"\xed\xbf\xbf", b"\xe2\x82",
    ],
)
def test_text_is_utf8(port, bytes_):
    assert Raw(port).send(TEXT, b"good").send(TEXT, bytes_).closed() == 1007
    assert Raw(port).send(TEXT, bytes_[:1], last=False).send(0, bytes_[1:]).closed() == 1007
    assert Raw(port).send(CLOSE, struct.pack(">H", 1000) + bytes_).closed() == 1007


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_goodbyes_are_answered(port, code):
    raw = Raw(port).send(CLOSE, struct.pack(">H", code) + "ade".encode())
    assert raw.frame() == (CLOSE, struct.pack(">H", code))
    assert raw.frame() is None


def test_a_goodbye_without_a_code_and_what_comes_after_one(port):
    raw = Raw(port).send(CLOSE).send(TEXT, b"too late")
    assert raw.frame() == (CLOSE, b"")
    assert raw.frame() is None


def test_too_large(port):
    raw = Raw(port)
    raw.socket.sendall(b"\x82\xff" + struct.pack(">Q", 1 << 40) + b"\0\0\0\0")
    assert raw.closed() == 1009
