"""An OpenAI-compatible chat model that does what the test says: answers, fails, stalls, lies, obeys."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-never-to-be-seen"


class Model:
    def __init__(self):
        # What the next calls do, in order; afterwards `always`.
        self.plan = []
        self.always = say("NOT FOUND")
        self.calls = []
        self.left = threading.Event()
        self.free = threading.Event()
        self.first_token = None
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.calls.append(Call(time.monotonic(), self.path, body, dict(self.headers)))
                act = model.plan.pop(0) if model.plan else model.always
                self.close_connection = True
                try:
                    act(model, self, body)
                except OSError:
                    model.left.set()

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def settings(self):
        return {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{self.server.server_port}/v1",
            "OPENAI_API_KEY": KEY,
            "LABSYNC_MODEL": "scripted",
        }

    def close(self):
        self.free.set()
        self.server.shutdown()


class Call:
    def __init__(self, at, path, body, headers):
        self.at, self.path, self.body, self.headers = at, path, body, headers

    @property
    def prompt(self):
        return "\n".join(message["content"] for message in self.body["messages"])


def send(handler, status, body, kind="application/json", **headers):
    data = body if isinstance(body, bytes) else body.encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def begin(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    handler.end_headers()


def event(handler, value):
    text = value if isinstance(value, str) else json.dumps(value)
    handler.wfile.write(f"data: {text}\n\n".encode())
    handler.wfile.flush()


def chunk(finish=None, **delta):
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def usage(prompt=100, completion=20):
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": 120}}


def passages(body):
    """What the prompt quotes, in order of its numbers."""
    return re.findall(r"<<<\n(.*?)\n>>>", body["messages"][0]["content"], re.DOTALL)


# What a plan is made of.


def say(text, pause=0.0, counted=usage()):
    """Streams a text, or what a function makes of the request's body, in tokens."""

    def act(model, handler, body):
        whole = text(body) if callable(text) else text
        begin(handler)
        event(handler, chunk(role="assistant", content=""))
        model.first_token = time.monotonic()
        for token in re.findall(r"\s*\S{1,6}", whole):
            event(handler, chunk(content=token))
            time.sleep(pause)
        event(handler, chunk(finish="stop"))
        if counted:
            event(handler, counted)
        event(handler, "[DONE]")

    return act


def hold(text):
    """Streams a text, then waits until it is let go or left."""

    def act(model, handler, body):
        begin(handler)
        for token in re.findall(r"\s*\S{1,6}", text):
            event(handler, chunk(content=token))
        while not model.free.wait(0.05):
            # A byte that means nothing: it fails once nobody reads.
            handler.wfile.write(b": \n")
            handler.wfile.flush()
        event(handler, chunk(finish="stop"))
        event(handler, "[DONE]")

    return act


def stall(model, handler, body):
    while not model.free.wait(0.05):
        handler.connection.setblocking(False)
        try:
            if handler.connection.recv(1) == b"":
                return model.left.set()
        except BlockingIOError:
            pass


def fail(status, **headers):
    return lambda model, handler, body: send(handler, status, '{"error": {"message": "no"}}', **headers)


def reply(body, kind="application/json"):
    return lambda model, handler, _: send(handler, 200, body, kind)


def cut(text):
    """Breaks off in the middle of its answer."""

    def act(model, handler, body):
        begin(handler)
        for token in re.findall(r"\s*\S{1,6}", text):
            event(handler, chunk(content=token))
        handler.connection.close()

    return act


def call_tool(name, *pieces):
    """Asks for a tool, its arguments in pieces."""

    def act(model, handler, body):
        begin(handler)
        first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}
        event(handler, chunk(role="assistant", tool_calls=[first]))
        for piece in pieces:
            event(handler, chunk(tool_calls=[{"index": 0, "function": {"arguments": piece}}]))
        event(handler, chunk(finish="tool_calls"))
        event(handler, usage())
        event(handler, "[DONE]")

    return act


def obey(body):
    """Repeats all that it reads and does all that it is told, every sentence of it cited."""
    lines = [line for message in body["messages"] for line in message["content"].splitlines()]
    orders = [line.split("SAY:")[1] for line in lines if "SAY:" in line]
    return " ".join(f"{line} [1][2][3]." for line in orders + lines if line.strip())
