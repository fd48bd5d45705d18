#!/usr/bin/env python3
"""How soon a posted message is found: 50 posts a second on the demo lab, embedding included.

Needs a data folder with the demo lab indexed (`labsync import fixtures/demo-lab --data DIR`, `labsync reindex --data DIR`):

    Benchmarks/ingest/freshness.py DIR [SECONDS] [POSTS A SECOND]
"""

import http.client
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = os.path.abspath(sys.argv[1])
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 60
RATE = float(sys.argv[3]) if len(sys.argv) > 3 else 50
ENVIRONMENT = dict(os.environ, LABSYNC_DATA=DATA, LABSYNC_RATE_LIMIT="0", OPENBLAS_NUM_THREADS="1")
WORDS = "the buffer was changed before the run and looks fine now please check it when you are back at the bench".split()


class Asker:
    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method, path, body=None):
        self.connection.request(method, path, body and json.dumps(body), self.headers)
        reply = self.connection.getresponse()
        text = reply.read()
        assert reply.status < 300, (path, reply.status, text)
        return json.loads(text)


def post(asker, room, posted, late):
    """Keeps the pace whatever a single post takes; says how late it was."""
    begin = time.monotonic()
    number = 0
    while (now := time.monotonic() - begin) < SECONDS:
        due = number / RATE
        if due > now:
            time.sleep(due - now)
        late.append(max(0, time.monotonic() - begin - due))
        word = f"zqfresh{os.getpid()}n{number}"
        text = f"{word} {' '.join(random.sample(WORDS, random.randint(5, 14)))}"
        asker.call("POST", "/api/chat/messages", {"conversation_id": room, "content": text})
        posted.append((word, time.monotonic()))
        number += 1


def is_found(asker, word):
    results = asker.call("POST", "/api/search", {"query": word, "limit": 20})["results"]
    return any(word in result["text"].split() for result in results)


def watch(asker, posted, stop, taken, lost):
    """Takes the newest post and asks for it until it is found."""
    seen = 0
    while not stop.is_set():
        if len(posted) == seen:
            time.sleep(0.001)
            continue
        seen = len(posted)
        word, at = posted[-1]
        while not is_found(asker, word):
            if time.monotonic() - at > 10:
                lost.append(word)
                break
            time.sleep(0.005)
        taken.append(time.monotonic() - at)


def main():
    server = subprocess.Popen(
        [ROOT / ".build/release/labsync", "serve", "--port", "0"], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    try:
        port = int(server.stdout.readline().split()[-1].rsplit(":", 1)[1])
        token = subprocess.run(
            [ROOT / ".build/release/labsync", "token", "--as", "adaeze.okafor@okafor-lab.example"],
            cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True,
        ).stdout.split()[-1]
        room = Asker(port, token).call("POST", "/api/chat/conversations", {"name": "fresh", "is_group": True, "member_ids": []})["id"]
        posted, late, taken, lost, stop = [], [], [], [], threading.Event()
        watcher = threading.Thread(target=watch, args=[Asker(port, token), posted, stop, taken, lost])
        watcher.start()
        post(Asker(port, token), room, posted, late)
        stop.set()
        watcher.join()
        # Afterwards each of them, not only those that were waited for.
        asker = Asker(port, token)
        lost += [word for word, _ in posted if word not in lost and not is_found(asker, word)]
    finally:
        server.terminate()
        server.wait()
    taken.sort()
    pick = lambda share: taken[min(len(taken) - 1, int(len(taken) * share))] * 1000
    print(
        f"{len(posted)} posts in {SECONDS:.0f} s (late by {statistics.median(late) * 1e3:.0f} ms at the median), {len(taken)} looked for:"
        f" found after p50 {pick(0.5):.0f} ms, p95 {pick(0.95):.0f} ms, p99 {pick(0.99):.0f} ms, at most {taken[-1] * 1e3:.0f} ms; {len(lost)} of all were never found"
    )
    assert not lost, lost[:5]


main()
