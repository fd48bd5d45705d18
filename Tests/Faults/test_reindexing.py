"""A re-index that is killed again and again while questions are asked: none fails, none finds less."""

import os
import random
import threading
import time

import audit
import pytest
from client import Client
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


QUESTIONS = [
    "where are the spare filters", "who has the key of the cold room", "how long does the digest take",
    "what did the reviewer want", "which antibody works in zebrafish", "is the confocal free", "who ordered the plates",
    "what went wrong with the western blot", "how do I book the microscope", "what is the concentration of the primer",
]


def test_each_answer_is_of_one_generation_or_the_other(capsys):
    """The demo lab, indexed anew with another model and rolled back, while it is asked."""
    lab = Lab()
    try:
        lab.run("import", "fixtures/demo-lab")
        lab.run("reindex")
        lab.serve()
        lab.wait_until_ready()
        token = lab.run("token", "--as", "adaeze.okafor@okafor-lab.example", "--ttl", "86400").splitlines()[-1]

        def ask(client, question):
            status, reply, _ = client.try_once("POST", "/api/search", {"query": question, "limit": 10}, timeout=60)
            assert status == 200, reply
            return [(one["source"]["kind"], one["source"]["id"], round(one["score"], 5)) for one in reply["results"]]

        def all_answers():
            client = Client(lab.port, token)
            return {question: ask(client, question) for question in QUESTIONS}

        stop, seen, failed = threading.Event(), [], []

        def keep_asking(seed):
            client, chance = Client(lab.port, token), random.Random(seed)
            while not stop.is_set():
                question = chance.choice(QUESTIONS)
                try:
                    seen.append((question, ask(client, question)))
                except (AssertionError, OSError) as error:
                    failed.append((question, error))

        old = all_answers()
        threads = [threading.Thread(target=keep_asking, args=[seed]) for seed in range(2)]
        for thread in threads:
            thread.start()
        lab.run("reindex", "--all", "--embedder", "null")
        until(lambda: all_answers() != old, 30, "the server does not change over")
        new = all_answers()
        lab.run("reindex", "--rollback")
        until(lambda: all_answers() == old, 30, "the server does not change back")
        stop.set()
        for thread in threads:
            thread.join(30)
        mixed = [(question, answer) for question, answer in seen if answer not in (old[question], new[question])]
        changed = sum(old[question] != new[question] for question in QUESTIONS)
        with capsys.disabled():
            print(
                f"\n{len(seen)} questions to the demo lab during a re-index, its switch and its rollback: {len(failed)} failed,"
                f" {len(mixed)} answered by neither generation; {changed} of {len(QUESTIONS)} answers differ between the two"
            )
        assert not failed and not mixed, (failed[:3], mixed[:1])
        assert changed == len(QUESTIONS) and len(seen) > 50
    finally:
        lab.remove()
