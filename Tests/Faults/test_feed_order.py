"""Commits are told in one order and become visible in another: the index misses none of them."""

import threading

import audit
import pytest
from lab import Lab, until


@pytest.fixture
def lab():
    lab = Lab(EMBEDDER="null")
    lab.serve()
    lab.wait_until_ready()
    yield lab
    lab.remove()


def found(lab, word):
    """By its words as the index has them: what is shown is read from the database."""
    status, reply, _ = lab.client("ada").try_once("POST", "/api/search", {"query": word, "limit": 5, "explain": True})
    assert status == 200, reply
    return any(one["explain"]["legs"]["words"].get("rank") for one in reply["results"])


class SlowCommit:
    """Changes a passage; its commit is in the log but not visible until `finish`: it waits for a standby that is not there."""

    def __init__(self, lab, source, text):
        self.session = lab.connect()
        self.process = self.session.info.backend_pid
        self.lab = lab
        self.thread = threading.Thread(target=self.change, args=[source, text])
        self.thread.start()
        until(lambda: self.waits(), 10, "the commit does not wait")

    def change(self, source, text):
        self.session.execute("update chunks set text = %s where source_id = %s", [text, source])

    def waits(self):
        with self.lab.connect() as session:
            event = session.execute("select wait_event from pg_stat_activity where pid = %s", [self.process]).fetchone()
        return event[0] == "SyncRep"

    def finish(self):
        with self.lab.connect() as session:
            session.execute("select pg_cancel_backend(%s)", [self.process])
        self.thread.join(10)
        self.session.close()


def standby(lab, name):
    with lab.connect() as session:
        session.execute(f"alter system set synchronous_standby_names = '{name}'")
        session.execute("select pg_reload_conf()")


def test_a_commit_that_becomes_visible_late_is_not_missed(lab):
    ada = lab.client("ada")
    rows = [
        ada.settle("POST", "/api/status", {"text": f"zqbefore{number} on the bench", "visibility": "public"})[1]["id"]
        for number in range(3)
    ]
    audit.quiesce(lab)
    until(lambda: all(found(lab, f"zqbefore{number}") for number in range(3)), 10, "not indexed")
    standby(lab, "nobody")
    try:
        # The index waits for the first; behind it the second is told before the third, and seen after it.
        first = SlowCommit(lab, rows[0], "zqfirst on the bench")
        second = SlowCommit(lab, rows[1], "zqsecond on the bench")
        with lab.connect() as session:
            session.execute("set synchronous_commit = local")
            session.execute("update chunks set text = 'zqthird on the bench' where source_id = %s", [rows[2]])
        first.finish()
        threading.Event().wait(1)
        second.finish()
    finally:
        standby(lab, "")
    for word in ("zqfirst", "zqsecond", "zqthird"):
        until(lambda: found(lab, word), 5, f"{word} was missed")
