"""A re-index that is killed again and again while questions are asked: none fails, none finds less."""

import os
import random
import threading
import time

import audit
import pytest
from lab import Lab, until

ROUNDS = int(os.environ.get("LABSYNC_ROUNDS", "20"))


@pytest.fixture
def lab():
    lab = Lab(EMBEDDER="null")
    yield lab
    lab.remove()


def test_no_question_fails_while_the_lab_is_indexed_anew(lab, capsys):
    rng = random.Random(3)
    lab.serve()
    lab.wait_until_ready()
    ada = lab.client("ada")
    rows = {}
    for number in range(400):
        word = f"zqword{number}x"
        status, reply, _ = ada.settle("POST", "/api/status", {"text": f"The {word} stands on shelf {number}", "visibility": "public"})
        assert status == 201
        rows[word] = reply["id"]
    audit.quiesce(lab)
    stop, failed, asked = threading.Event(), [], []

    def ask(seed):
        client, chance = lab.client("ben"), random.Random(seed)
        while not stop.is_set():
            word, row = chance.choice(list(rows.items()))
            started = time.monotonic()
            status, reply, _ = client.try_once("POST", "/api/search", {"query": f"where is {word}", "limit": 3})
            asked.append(time.monotonic() - started)
            if status != 200 or [one["source"]["id"] for one in reply["results"]][:1] != [row]:
                failed.append((word, status, reply))

    # What was just written may still be on its way into the server's index.
    client = lab.client("ben")
    until(lambda: client.try_once("POST", "/api/search", {"query": list(rows)[-1]})[1]["results"], 10, "not indexed")
    threads = [threading.Thread(target=ask, args=[seed]) for seed in range(3)]
    for thread in threads:
        thread.start()
    kills = 0
    first = audit.serving(lab)
    for _ in range(ROUNDS):
        if "reindex" not in lab.processes or lab.processes["reindex"].poll() is not None:
            lab.start("reindex", "reindex", "--all")
        time.sleep(rng.uniform(0.05, 0.6))
        if lab.processes["reindex"].poll() is None:
            lab.kill("reindex")
            kills += 1
            lab.start("reindex", "reindex", *rng.choice([["--resume"], ["--all"]]))
    lab.processes["reindex"].wait(60)
    lab.run("reindex", "--all")
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not failed, (len(failed), failed[:3])
    asked.sort()
    with capsys.disabled():
        print(
            f"\n{len(asked)} questions, none failed, over {kills} kills of a re-index and"
            f" {audit.serving(lab) - first} generations; p99 {asked[int(len(asked) * 0.99)] * 1e3:.0f} ms"
        )
    assert kills >= ROUNDS // 3 and audit.serving(lab) > first
