"""PostgreSQL's own log tells how often it is spoken to: once for a request, identity and rows in one transaction."""

import re
import uuid

import pytest
from lab import Lab, until

LINE = re.compile(r"^(\d+)\|(\d+/\d+)\| LOG:  duration: [\d.]+ ms  (parse|bind|execute) [^:]+: (.*)$")


@pytest.fixture(scope="module")
def lab():
    lab = Lab(EMBEDDER="null")
    with lab.connect() as session:
        for name, value in {"log_min_duration_statement": "0", "log_line_prefix": "%p|%v| "}.items():
            session.execute(f"alter system set {name} = '{value}'")
        session.execute("select pg_reload_conf()")
    lab.serve("--workers", "0")
    lab.wait_until_ready()
    yield lab
    lab.remove()


def logged(lab, ask, times):
    """What was executed for so many requests, by transaction: (statement, connection) in order."""
    for _ in range(20):
        ask()
    mark = f"mark {uuid.uuid4()}"
    with lab.connect() as session:
        session.execute(f"select '{mark}'")
        for _ in range(times):
            ask()
        session.execute(f"select 'end of {mark}'")
    until(lambda: f"end of {mark}" in lab.cluster.log(), 5, "the log is not written")
    text = lab.cluster.log().split(mark)[1]
    found = {}
    for line in text.splitlines():
        if (match := LINE.match(line)) and match[3] == "execute":
            found.setdefault((match[1], match[2]), []).append(match[4].strip())
    assert "duration:" in text
    return found


def reads(lab, path):
    ada = lab.client("ada")

    def ask():
        status, reply, _ = ada.try_once("GET", path)
        assert status == 200, reply

    return ask


def test_a_read_under_row_level_security_is_one_round_trip(lab):
    ada = lab.client("ada")
    room = ada.settle("POST", "/api/chat/conversations", {"name": "all", "is_group": True, "member_ids": []})[1]["id"]
    message = ada.settle("POST", "/api/chat/messages", {"conversation_id": room, "content": "hello"})[1]["id"]
    for path in [f"/api/chat/messages/{message}", f"/api/chat/messages?conversation_id={room}", "/api/status", "/api/schedules"]:
        transactions = logged(lab, reads(lab, path), 25)
        assert len(transactions) == 25, (path, len(transactions))
        for (backend, _), statements in transactions.items():
            # A pipeline up to its one sync is a transaction of its own: nothing begins it, nothing ends it.
            assert len(statements) == 2, (path, statements)
            assert "act_for" in statements[0] and re.match(r"(select|with)\b", statements[1], re.I), (path, statements)


def test_a_write_is_one_round_trip(lab):
    ada = lab.client("ada")

    def ask():
        assert ada.try_once("POST", "/api/status", {"text": "hello", "visibility": "private"})[0] == 201

    transactions = logged(lab, ask, 25)
    assert len(transactions) == 25
    for statements in transactions.values():
        assert "act_for" in statements[0] and not any(re.match(r"(begin|commit)", one, re.I) for one in statements)
