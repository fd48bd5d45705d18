"""A careful client: what it does not know the outcome of it asks again, with the same key."""

import http.client
import json
import time
import uuid


class Client:
    def __init__(self, port, token):
        self.port, self.token = port, token
        self.connection = None
        self.repeated = 0

    def try_once(self, method, path, body=None, key=None, timeout=15):
        """Status, parsed body and headers; (None, reason, {}) when no answer came."""
        headers = {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
            self.connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = self.connection.getresponse()
            text = reply.read()
            if reply.headers.get("Connection", "").lower() == "close":
                self.close()
            return reply.status, json.loads(text) if text and text[:1] in b"{[" else text, reply.headers
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return None, repr(error), {}

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def settle(self, method, path, body=None, within=60):
        """Asks until the outcome is known: status, body and whether it had to be asked again."""
        key = str(uuid.uuid4()) if method == "POST" else None
        deadline = time.monotonic() + within
        repeated = False
        while True:
            status, reply, _ = self.try_once(method, path, body, key)
            if status is not None and status < 500 and status != 429:
                return status, reply, repeated
            repeated = True
            self.repeated += 1
            assert time.monotonic() < deadline, f"{method} {path}: still {status} {reply}"
            time.sleep(0.05)
