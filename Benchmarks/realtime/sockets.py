"""Many websockets in one thread: frames are taken apart by hand, so that the client costs little beside the server."""

import base64
import json
import os
import select
import socket
import struct
import time


class Socket:
    """A connection that was joined; frames are told to `hear(frame, now)` as they come."""

    def __init__(self, port, token, receive_buffer=None):
        self.raw = socket.socket()
        if receive_buffer:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.raw.connect(("127.0.0.1", port))
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.raw.sendall(
            f"GET /realtime/v1/websocket?apikey={token}&vsn=1.0.0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.raw.recv(4096)
            assert part, head
            head += part
        assert head.startswith(b"HTTP/1.1 101"), head
        self.rest = head.split(b"\r\n\r\n", 1)[1]

    def send(self, message):
        self.raw.sendall(masked(json.dumps(message).encode()))

    def join(self, topic, config):
        self.send({"topic": f"realtime:{topic}", "event": "phx_join", "payload": {"config": config}, "ref": "1"})

    def frames(self):
        """What came, without its header; frames in part are kept for later. Raises when the socket was closed."""
        part = self.raw.recv(262_144)
        if not part:
            raise ConnectionError("closed")
        data = self.rest + part if self.rest else part
        at, end = 0, len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                if end - at < 4:
                    break
                size, start = struct.unpack_from(">H", data, at + 2)[0], at + 4
            elif size == 127:
                if end - at < 10:
                    break
                size, start = struct.unpack_from(">Q", data, at + 2)[0], at + 10
            if end - start < size:
                break
            yield data[start:start + size]
            at = start + size
        self.rest = data[at:]


def masked(payload):
    """A text frame; a mask of zeros is a mask."""
    size = len(payload)
    head = b"\x81" + (bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size))
    return head + b"\0\0\0\0" + payload


def listen(sockets, hear, seconds, enough=None):
    """Reads whatever comes for so long, or until `enough()`."""
    poll = select.epoll()
    for one in sockets.values():
        poll.register(one.raw.fileno(), select.EPOLLIN)
    end = time.time() + seconds
    while time.time() < end and not (enough and enough()):
        for number, _ in poll.poll(0.1):
            one = sockets[number]
            now = time.time()
            for frame in one.frames():
                hear(one, frame, now)
    poll.close()


def percentiles(values):
    values = sorted(values)
    return {name: values[min(len(values) - 1, int(len(values) * share))] for name, share in
            (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))}
