"""An embedder that fails, stalls and talks nonsense: the lab works on, and makes up for it afterwards."""

import time

import audit
import pytest
from lab import Lab, until
from upstream import Upstream


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="module")
def lab(upstream):
    lab = Lab(**upstream.settings)
    lab.serve()
    lab.wait_until_ready()
    yield lab
    lab.remove()


def first(lab, word):
    """What has the word comes first, however much there is besides, and however little its vector says."""
    status, reply, _ = lab.client("ada").try_once("POST", "/api/search", {"query": f'"{word}"', "limit": 5}, timeout=60)
    assert status == 200, reply
    return next((one["source"]["id"] for one in reply["results"]), None)


@pytest.mark.parametrize("failure", ["error", "busy", "stall", "garbage", "nan", "zero", "count", "dimension", "cut"])
def test_the_lab_works_on(lab, upstream, failure):
    ada = lab.client("ada")
    upstream.free.clear()
    upstream.answer = upstream.good
    old = ada.settle("POST", "/api/status", {"text": f"zqold{failure} before it went wrong", "visibility": "public"})[1]["id"]
    until(lambda: first(lab, f"zqold{failure}") == old, 60, "not indexed")
    upstream.answer = getattr(upstream, failure)
    started = time.monotonic()
    status, row, _ = ada.try_once("POST", "/api/status", {"text": f"zqnew{failure} while it is wrong", "visibility": "public"})
    assert status == 201 and time.monotonic() - started < 2
    assert ada.try_once("GET", f"/api/status/{row['id']}")[0] == 200
    # Words are enough to find what is indexed.
    assert first(lab, f"zqold{failure}") == old
    status, answer, _ = ada.try_once("POST", "/api/chatbot", {"query": f"what about zqold{failure}?"}, timeout=60)
    assert status == 200 and answer["index"]["mode"] == "lexical", answer
    upstream.free.set()
    upstream.answer = upstream.good
    lab.run("jobs", "retry", "--dead")
    until(lambda: first(lab, f"zqnew{failure}") == row["id"], 60, "never made up for")
    audit.quiesce(lab)
