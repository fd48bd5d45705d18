"""Another PostgreSQL becomes the primary: writes find it, nothing acknowledged is lost, the index follows the new one."""

import threading
import time

import audit
import psycopg
import pytest
from cluster import Cluster
from lab import Lab, until
from writers import Ledger, Writer


@pytest.fixture
def pair():
    primary = Cluster()
    standby = Cluster(copy_of=primary)
    # What is acknowledged is on both.
    with psycopg.connect(primary.address("postgres"), autocommit=True) as session:
        session.execute("alter system set synchronous_standby_names = '*'")
        session.execute("select pg_reload_conf()")
    yield primary, standby
    for cluster in [primary, standby]:
        cluster.remove()


def test_the_primary_changes(pair):
    primary, standby = pair
    lab = Lab(cluster=primary, EMBEDDER="null")
    try:
        hosts = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        lab.environment["DATABASE_URL"] = f"postgresql://labsync@{hosts}/labsync?sslmode=disable&target_session_attrs=read-write"
        lab.serve()
        lab.wait_until_ready()
        ada = lab.client("ada")
        body = {"name": "all", "is_group": True, "member_ids": [lab.people["ben"]]}
        conversation = ada.settle("POST", "/api/chat/conversations", body)[1]["id"]
        ledger, stop = Ledger(f"{lab.data}/ledger.jsonl"), threading.Event()
        writers = [Writer(lab, name, ledger, conversation, stop, 1, 0.02) for name in ["ada", "ben"]]
        for writer in writers:
            writer.start()
        time.sleep(2)
        before = len(ledger.rows)

        primary.stop("immediate")
        standby.promote()
        # Alone now: it must not wait for another to follow it.
        with psycopg.connect(standby.address("postgres"), autocommit=True) as session:
            session.execute("alter system set synchronous_standby_names = ''")
            session.execute("select pg_reload_conf()")
        cleo = lab.client("cleo")
        took = until(
            lambda: cleo.try_once("POST", "/api/status", {"text": "failover", "visibility": "public"})[0] == 201,
            30,
            "writes do not find the new primary",
        )
        time.sleep(2)
        stop.set()
        for writer in writers:
            writer.join(60)
            assert not writer.failure, writer.failure
        assert len(ledger.rows) > before > 10
        assert took <= 10, took

        lab.cluster = standby
        with lab.connect() as session:
            session.execute("delete from statuses where text = 'failover'")
        audit.quiesce(lab)
        audit.rows_are_as_acknowledged(lab, ledger)
        audit.chunks_are_those_of_the_rows(lab, ledger)
        audit.answers_are_those_of_the_rows(lab, ledger, writers[0].rng, samples=20)
    finally:
        lab.remove()
