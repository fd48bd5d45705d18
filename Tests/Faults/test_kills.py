"""Kills servers, workers and re-indexes at random moments: nothing acknowledged is lost, doubled or brought back.

LABSYNC_KILLS sets how many (10,000 take about half an hour), LABSYNC_SEED repeats a run's choices.
"""

import os
import random
import threading
import time

import audit
import pytest
from lab import Lab
from writers import Ledger, Writer

KILLS = int(os.environ.get("LABSYNC_KILLS", "240"))
SEED = int(os.environ.get("LABSYNC_SEED", str(random.SystemRandom().randrange(1_000_000))))
WEIGHTS = {"worker-1": 42, "worker-2": 42, "serve": 8, "reindex": 8}


@pytest.fixture
def lab():
    lab = Lab(EMBEDDER="null")
    yield lab
    lab.remove()


def start(lab, name):
    match name:
        case "serve": lab.serve()
        case "reindex": lab.start(name, "reindex", "--all")
        case _: lab.start(name, "worker")


def conversation_of_all(lab):
    members = [person for name, person in lab.people.items() if name != "ada"]
    body = {"name": "all", "is_group": True, "member_ids": members}
    status, reply, _ = lab.client("ada").settle("POST", "/api/chat/conversations", body)
    assert status == 201, reply
    return reply["id"]


def test_nothing_is_lost_doubled_or_resurrected(lab, capsys):
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    for name in ["serve", "worker-1", "worker-2"]:
        start(lab, name)
    lab.wait_until_ready()
    conversation = conversation_of_all(lab)
    start(lab, "reindex")
    ledger = Ledger(f"{lab.data}/ledger.jsonl")
    stop = threading.Event()
    # Slower in long runs, so that the lab stays small enough to be compared row by row.
    pause = 0.04 * max(1, KILLS / 1000)
    writers = [Writer(lab, name, ledger, conversation, stop, SEED, pause) for name in lab.people]
    for writer in writers:
        writer.start()

    kills = dict.fromkeys(WEIGHTS, 0)
    begun = time.monotonic()
    for _ in range(KILLS):
        name = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        time.sleep(rng.expovariate(1 / 0.12))
        if lab.processes[name].poll() is None:
            lab.kill(name)
            kills[name] += 1
        start(lab, name)
        broken = [writer.failure for writer in writers if writer.failure]
        assert not broken, f"seed {SEED}: {broken}"
    seconds = time.monotonic() - begun
    stop.set()
    for writer in writers:
        writer.join(90)
        assert not writer.failure and not writer.is_alive(), f"seed {SEED}: {writer.failure}"

    lab.wait_until_ready()
    assert lab.processes["reindex"].wait(90) == 0, lab.log("reindex")[-1000:]
    audit.quiesce(lab)
    audit.rows_are_as_acknowledged(lab, ledger)
    audit.chunks_are_those_of_the_rows(lab, ledger)
    audit.answers_are_those_of_the_rows(lab, ledger, rng)
    audit.index_equals_one_built_anew(lab)
    audit.answers_are_those_of_the_rows(lab, ledger, rng)
    acknowledged = sum(writer.acknowledged for writer in writers)
    repeated = sum(writer.client.repeated for writer in writers)
    with capsys.disabled():
        print(
            f"\n{sum(kills.values())} kills in {seconds:.0f} s ({kills}), {acknowledged} writes acknowledged,"
            f" {repeated} asked again, {len(ledger.rows)} rows left, {audit.serving(lab)} generations"
        )
    assert sum(kills.values()) >= KILLS * 0.9
