"""An embeddings endpoint that does what the test says: answers, fails, stalls, talks nonsense."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIMENSION = 16


def vector(text, flavour=0):
    """The same for the same text; another flavour points elsewhere."""
    digest = hashlib.sha256(f"{flavour} {text}".encode()).digest()
    return [byte / 255 + 0.01 for byte in digest[:DIMENSION]]


class Upstream:
    def __init__(self):
        self.answer = self.good
        self.calls = []
        self.held = threading.Event()
        self.free = threading.Event()
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path != "/v1/embeddings":
                    return upstream.send(self, 404, "{}")
                texts = json.loads(body)["input"]
                upstream.calls.append((time.monotonic(), texts))
                try:
                    upstream.answer(self, texts)
                except OSError:
                    pass  # Whoever asked went away.

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def settings(self):
        return {
            "EMBEDDER": "openai",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{self.server.server_port}/v1",
            "LABSYNC_EMBEDDING_DIMENSION": str(DIMENSION),
        }

    @staticmethod
    def send(handler, status, body, **headers):
        data = body.encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def vectors(self, handler, vectors):
        self.send(handler, 200, json.dumps({"data": [{"index": i, "embedding": v} for i, v in enumerate(vectors)]}))

    # What `answer` may be.

    def good(self, handler, texts):
        self.vectors(handler, [vector(text) for text in texts])

    def other(self, handler, texts):
        self.vectors(handler, [vector(text, flavour=1) for text in texts])

    def hold(self, handler, texts):
        self.held.set()
        self.free.wait(60)
        self.good(handler, texts)

    def stall(self, handler, texts):
        self.free.wait(60)
        handler.close_connection = True

    def error(self, handler, texts):
        self.send(handler, 500, "down")

    def busy(self, handler, texts):
        self.send(handler, 429, "{}", Retry_After="2")

    def garbage(self, handler, texts):
        self.send(handler, 200, "<html>It works!</html>")

    def nan(self, handler, texts):
        self.vectors(handler, [[float("nan")] * DIMENSION for _ in texts])

    def zero(self, handler, texts):
        self.vectors(handler, [[0.0] * DIMENSION for _ in texts])

    def count(self, handler, texts):
        self.vectors(handler, [vector(text) for text in texts] + [vector("one more")])

    def dimension(self, handler, texts):
        self.vectors(handler, [vector(text)[:-1] for text in texts])

    def cut(self, handler, texts):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{\"data\": [")
        handler.close_connection = True

    def close(self):
        self.free.set()
        self.server.shutdown()
