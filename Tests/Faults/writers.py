"""Writers that keep a ledger, outside the database, of what the server acknowledged."""

import json
import random
import threading
import time

VISIBILITIES = ["public", "private", "role-based"]


class Ledger:
    """Rows as they must be, by (kind, id); each row has one writer, so that their order is known."""

    def __init__(self, path):
        self.rows = {}
        self.gone = {}
        self.lock = threading.Lock()
        self.file = open(path, "a", buffering=1)

    def note(self, verb, kind, row, **state):
        with self.lock:
            self.file.write(json.dumps([time.time(), verb, kind, row, state]) + "\n")
            if verb == "delete":
                for key, known in list(self.rows.items()):
                    if key == (kind, row) or (kind == "status" and known.get("status") == row):
                        self.gone[key] = self.rows.pop(key)
            else:
                self.rows[kind, row] = self.rows.get((kind, row), {}) | state

    def mine(self, writer, *kinds):
        with self.lock:
            return [key for key, row in self.rows.items() if row["writer"] == writer and key[0] in kinds]

    def pick(self, rng, gone=False):
        with self.lock:
            rows = list((self.gone if gone else self.rows).items())
        return rng.choice(rows) if rows else None


class Writer(threading.Thread):
    def __init__(self, lab, name, ledger, conversation, stop, seed, pause):
        super().__init__(name=name, daemon=True)
        self.lab, self.ledger, self.conversation, self.stop, self.pause = lab, ledger, conversation, stop, pause
        self.rng = random.Random(f"{seed} {name}")
        self.client = lab.client(name)
        self.number = 0
        self.acknowledged = 0
        self.failure = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.rng.choices(
                    [self.post_message, self.post_status, self.post_comment, self.edit, self.hide, self.delete],
                    [40, 14, 10, 14, 10, 12],
                )[0]()
                time.sleep(self.rng.uniform(0, self.pause))
        except BaseException as failure:
            self.failure = failure
            raise

    def words(self, prefix):
        """Found by no other row."""
        self.number += 1
        return f"{prefix} zq{self.name}{self.number}x about the {self.rng.choice(['laser', 'buffer', 'centrifuge'])}"

    def create(self, path, body, kind, **state):
        status, reply, _ = self.client.settle("POST", path, body)
        assert status in (200, 201), f"{path}: {status} {reply}"
        self.acknowledged += 1
        self.ledger.note("create", kind, reply["id"], writer=self.name, **state)

    def post_message(self):
        text = self.words("note")
        body = {"conversation_id": self.conversation, "content": text}
        self.create("/api/chat/messages", body, "message", text=text)

    def post_status(self):
        text, visibility = self.words("status"), self.rng.choice(VISIBILITIES)
        body = {"text": text, "visibility": visibility} | ({"roles": ["staff"]} if visibility == "role-based" else {})
        self.create("/api/status", body, "status", text=text, visibility=visibility)

    def post_comment(self):
        mine = self.ledger.mine(self.name, "status")
        if mine:
            text, (_, status) = self.words("comment"), self.rng.choice(mine)
            self.create("/api/status/comments", {"status_id": status, "text": text}, "comment", text=text, status=status)

    def change(self, kind, row, body, **state):
        path = {"message": "chat/messages", "status": "status", "comment": "status/comments"}[kind]
        if body is None:
            status, reply, repeated = self.client.settle("DELETE", f"/api/{path}/{row}")
            # The first try may have done it.
            assert status == 204 or (repeated and status == 404), f"delete: {status} {reply}"
            self.ledger.note("delete", kind, row)
        else:
            status, reply, _ = self.client.settle("PATCH", f"/api/{path}/{row}", body)
            assert status == 200, f"edit: {status} {reply}"
            self.ledger.note("edit", kind, row, **state)
        self.acknowledged += 1

    def edit(self):
        mine = self.ledger.mine(self.name, "message", "status", "comment")
        if mine:
            (kind, row), text = self.rng.choice(mine), self.words("edited")
            self.change(kind, row, {"content" if kind == "message" else "text": text}, text=text)

    def hide(self):
        mine = self.ledger.mine(self.name, "status")
        if mine:
            (kind, row), visibility = self.rng.choice(mine), self.rng.choice(VISIBILITIES)
            body = {"visibility": visibility} | ({"roles": ["staff"]} if visibility == "role-based" else {})
            self.change(kind, row, body, visibility=visibility)

    def delete(self):
        mine = self.ledger.mine(self.name, "message", "status", "comment")
        if len(mine) > 20:
            kind, row = self.rng.choice(mine)
            self.change(kind, row, None)
