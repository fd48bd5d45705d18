"""A worker that sleeps past its lease: what it brings when it wakes is refused."""

import math
import signal
import struct
import time

import audit
import pytest
from lab import Lab, until
from upstream import DIMENSION, Upstream, vector


@pytest.fixture
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture
def lab(upstream):
    lab = Lab(**upstream.settings)
    lab.serve("--workers", "0")
    lab.wait_until_ready()
    yield lab
    lab.remove()


def stored(lab):
    """Text and vector of each passage, by source."""
    with lab.connect() as session:
        rows = session.execute(
            "select source_id::text, text, embedding from chunks join vectors on chunk_id = chunks.id where facet = 0"
        ).fetchall()
    found = {row: (text, struct.unpack(f"<{DIMENSION}f", embedding)) for row, text, embedding in rows}
    assert len(found) == len(rows), "a passage is doubled"
    return found


def unit(numbers):
    length = math.sqrt(sum(number * number for number in numbers))
    return pytest.approx([number / length for number in numbers], abs=1e-5)


def test_a_worker_that_wakes_after_its_lease_is_refused(lab, upstream):
    ada = lab.client("ada")

    def post(text):
        return ada.settle("POST", "/api/status", {"text": text, "visibility": "public"})[1]["id"]

    upstream.answer = upstream.hold
    left, edited, deleted = post("left alone"), post("before the edit"), post("to be deleted")
    lab.start("sleeper", "worker")
    until(upstream.held.is_set, 10, "the worker never asked for vectors")
    with lab.connect() as session:
        until(
            lambda: session.execute("select count(*) from index_jobs where lease_until > now()").fetchone()[0] == 3,
            5,
            "the worker does not hold all three",
        )
    lab.processes["sleeper"].send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    upstream.answer = upstream.other
    assert ada.settle("PATCH", f"/api/status/{edited}", {"text": "after the edit"})[0] == 200
    assert ada.settle("DELETE", f"/api/status/{deleted}")[0] == 204
    lab.start("other", "worker")
    until(lambda: stored(lab).keys() == {left, edited}, 25, "nobody took over")
    assert time.monotonic() - stopped < 20, "longer than the lease and five seconds"
    before = stored(lab)

    lab.kill("other")
    upstream.free.set()
    lab.processes["sleeper"].send_signal(signal.SIGCONT)
    # It is awake once it has indexed something new.
    later = post("afterwards")
    until(lambda: later in stored(lab), 10, "the sleeper does not work on")
    after = stored(lab)
    assert {row: after[row] for row in (left, edited)} == before and deleted not in after
    assert after[left] == ("left alone", unit(vector("left alone", flavour=1)))
    assert after[edited] == ("after the edit", unit(vector("after the edit", flavour=1)))
    audit.quiesce(lab)
