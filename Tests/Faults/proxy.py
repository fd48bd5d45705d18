"""A TCP proxy before PostgreSQL that loses, delays and cuts what passes through it."""

import re
import selectors
import socket
import struct
import threading
import time

# Something was changed, and the server says that no transaction is open: it is committed.
COMMITTED = re.compile(rb"C\x00\x00\x00.(COMMIT|INSERT 0 [1-9]|UPDATE [1-9]|DELETE [1-9]).*Z\x00\x00\x00\x05I", re.DOTALL)


class Proxy:
    def __init__(self, port):
        self.target = port
        self.to_lose = 0
        self.lost = 0
        # Nothing passes, but nobody is told.
        self.is_dark = threading.Event()
        # Seconds between single bytes of the database's answers.
        self.trickle = 0
        self.pairs = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=[client], daemon=True).start()

    def carry(self, client):
        try:
            database = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return client.close()
        pair = (client, database)
        with self.lock:
            self.pairs.add(pair)
        for one in pair:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watch = selectors.DefaultSelector()
        watch.register(client, selectors.EVENT_READ, database)
        watch.register(database, selectors.EVENT_READ, client)
        try:
            while True:
                for key, _ in watch.select(timeout=1):
                    while self.is_dark.is_set():
                        time.sleep(0.01)
                    data = key.fileobj.recv(1 << 16)
                    if not data:
                        return
                    if key.fileobj is database and self.loses(data):
                        return
                    self.pass_on(key.data, data, slowly=key.fileobj is database)
        except OSError:
            pass
        finally:
            with self.lock:
                self.pairs.discard(pair)
            for one in pair:
                one.close()

    def loses(self, data):
        with self.lock:
            if self.to_lose == 0 or not COMMITTED.search(data):
                return False
            self.to_lose -= 1
            self.lost += 1
            return True

    def pass_on(self, target, data, slowly):
        if not slowly or not self.trickle:
            return target.sendall(data)
        for byte in data:
            target.sendall(bytes([byte]))
            time.sleep(self.trickle)

    def lose_next(self):
        """The next change is committed, and the word of it lost with its connection."""
        with self.lock:
            self.to_lose = 1

    def reset(self):
        """Every connection ends in a reset."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            for one in pair:
                try:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    one.shutdown(socket.SHUT_RD)
                except OSError:
                    pass

    def close(self):
        self.is_dark.clear()
        self.listener.close()
