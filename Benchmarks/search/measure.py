#!/usr/bin/env python3
"""How long a whole `/api/search` takes over the demo lab, one client asking one question after the other, and how long the
index takes to follow a commit that the server has heard of.

    Benchmarks/search/measure.py DIR [ROUNDS]

DIR is a data folder with the demo lab indexed (`labsync import fixtures/demo-lab --data DIR`, `labsync reindex --data DIR`).
Asks the questions of fixtures/evaluation, each as its asker, after a first round that warms. Then posts messages, and reads
from `/metrics` how long the index took to have them once their chunks' commits were heard of.
"""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = os.path.abspath(sys.argv[1])
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 10
LABSYNC = os.environ.get("LABSYNC", str(ROOT / ".build/release/labsync"))
ENVIRONMENT = dict(os.environ, LABSYNC_DATA=DATA, LABSYNC_RATE_LIMIT="0", OPENBLAS_NUM_THREADS="1")


def token(email):
    return subprocess.run(
        [LABSYNC, "token", "--as", email], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout.split()[-1]


def call(connection, method, path, token, body=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, body and json.dumps(body), headers)
    reply = connection.getresponse()
    text = reply.read()
    assert reply.status < 300, (path, reply.status, text)
    return text


def gauges(connection, token):
    found = {}
    for line in call(connection, "GET", "/metrics", token).decode().splitlines():
        if line.startswith("labsync_index_follow"):
            name, value = line.split()
            found[name] = float(value)
    return found


def ask(connection, questions, tokens):
    taken = []
    for round in range(ROUNDS + 1):
        for question in questions:
            start = time.perf_counter()
            call(connection, "POST", "/api/search", tokens[question["as"]], {"query": question["question"]})
            if round:
                taken.append(1000 * (time.perf_counter() - start))
    taken.sort()
    pick = lambda share: taken[min(len(taken) - 1, int(len(taken) * share))]
    print(f"{len(taken)} searches: p50 {pick(0.5):.2f} ms, p95 {pick(0.95):.2f}, p99 {pick(0.99):.2f}, at most {taken[-1]:.2f}")


def post(connection, token):
    room = json.loads(call(connection, "POST", "/api/chat/conversations", token,
                           {"name": "follow", "is_group": True, "member_ids": []}))["id"]
    before = gauges(connection, token)
    for number in range(200):
        call(connection, "POST", "/api/chat/messages", token,
             {"conversation_id": room, "content": f"The buffer of run {number} was changed before lunch"})
        time.sleep(0.05)
    time.sleep(1)
    after = gauges(connection, token)
    count = after["labsync_index_follows_total"] - before["labsync_index_follows_total"]
    seconds = after["labsync_index_follow_seconds_total"] - before["labsync_index_follow_seconds_total"]
    print(f"{count:.0f} times the index followed: {1000 * seconds / count:.2f} ms in the mean, "
          f"at most {1000 * after['labsync_index_follow_seconds_longest']:.2f} ms")


def main():
    with open(ROOT / "fixtures/evaluation/questions.jsonl") as file:
        questions = [json.loads(line) for line in file]
    tokens = {email: token(email) for email in {question["as"] for question in questions}}
    server = subprocess.Popen(
        [LABSYNC, "serve", "--port", "0"], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    try:
        port = int(server.stdout.readline().split()[-1].rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        ask(connection, questions, tokens)
        post(connection, tokens[questions[0]["as"]])
    finally:
        server.terminate()
        server.wait()


main()
