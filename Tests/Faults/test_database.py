"""A database that stops, loses connections and goes silent: clear refusals, nothing lost or doubled, quick recovery."""

import base64
import random
import threading
import time
import urllib.error
import urllib.request

import audit
import pytest
from client import Client
from lab import Lab, until
from proxy import Proxy
from writers import Ledger, Writer

RECOVERY = 5
# A statement may take thirty seconds.
DEADLINE = 35


@pytest.fixture
def lab():
    lab = Lab(EMBEDDER="null")
    yield lab
    lab.remove()


@pytest.fixture
def proxy(lab):
    proxy = Proxy(lab.cluster.port)
    lab.environment["DATABASE_URL"] = lab.cluster.address(port=proxy.port)
    yield proxy
    proxy.close()


def post(client, text, **named):
    return client.try_once("POST", "/api/status", {"text": text, "visibility": "public"}, **named)


def recovers(lab):
    """Seconds until reads and writes are answered again."""
    ada = lab.client("ada")
    started = time.monotonic()
    until(lambda: ada.try_once("GET", "/api/users/me")[0] == 200, 30, "no read is answered")
    until(lambda: post(ada, f"recovery {time.time()}")[0] == 201, 30, "no write is answered")
    return time.monotonic() - started


def test_an_immediate_stop(lab, capsys):
    rng = random.Random(1)
    lab.serve()
    lab.start("worker", "worker")
    lab.wait_until_ready()
    body = {"name": "all", "is_group": True, "member_ids": [lab.people["ben"]]}
    conversation = lab.client("ada").settle("POST", "/api/chat/conversations", body)[1]["id"]
    ledger, stop = Ledger(f"{lab.data}/ledger.jsonl"), threading.Event()
    writers = [Writer(lab, name, ledger, conversation, stop, 1, 0.02) for name in ["ada", "ben"]]
    for writer in writers:
        writer.start()
    took = []
    for _ in range(3):
        time.sleep(rng.uniform(0.5, 1.5))
        lab.cluster.stop("immediate")
        client = lab.client("cleo")
        for _ in range(20):
            started = time.monotonic()
            for method, path, sent in [("GET", "/api/status", None), ("POST", "/api/status", {"text": "x", "visibility": "public"})]:
                status, reply, headers = client.try_once(method, path, sent)
                assert status == 503 and int(headers["Retry-After"]) >= 1, (method, status, reply)
                assert "database" in reply["detail"], reply
            assert time.monotonic() - started < 5
            time.sleep(0.05)
        assert client.try_once("GET", "/healthz")[0] == 200 and client.try_once("GET", "/readyz")[0] == 503
        lab.cluster.start()
        status = client.try_once("GET", "/api/status?limit=1")
        took.append(recovers(lab))
    stop.set()
    for writer in writers:
        writer.join(60)
        assert not writer.failure, writer.failure
    with lab.connect() as session:
        session.execute("delete from statuses where text like 'recovery %'")
    audit.quiesce(lab)
    audit.rows_are_as_acknowledged(lab, ledger)
    audit.chunks_are_those_of_the_rows(lab, ledger)
    audit.answers_are_those_of_the_rows(lab, ledger, rng, samples=20)
    with capsys.disabled():
        print(f"\nanswers again {', '.join(f'{seconds:.1f}' for seconds in took)} s after PostgreSQL does; {len(ledger.rows)} rows")
    assert max(took) <= RECOVERY


def test_lost_connections(lab):
    lab.serve()
    lab.wait_until_ready()
    stop, odd, right = threading.Event(), [], []

    def ask(name, number):
        client = lab.client(name)
        while not stop.is_set():
            for status, reply, headers in [client.try_once("GET", "/api/status?limit=3"), post(client, f"lost {number} {time.time()}")]:
                if status in (200, 201):
                    right.append(status)
                elif status != 503 or "Retry-After" not in headers:
                    odd.append((status, reply))

    threads = [threading.Thread(target=ask, args=[name, number]) for number, name in enumerate(["ada", "ben", "cleo"])]
    for thread in threads:
        thread.start()
    with lab.connect() as session:
        for _ in range(60):
            session.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pid <> pg_backend_pid() and datname = current_database() order by random() limit 1"
            )
            time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not odd, odd[:5]
    assert len(right) > 100 and recovers(lab) <= RECOVERY


def test_the_word_of_a_commit_is_lost(lab, proxy):
    lab.serve("--workers", "0")
    lab.start("worker", "worker", DATABASE_URL=lab.cluster.address())
    lab.wait_until_ready()
    ada = lab.client("ada")
    made = {}
    for number in range(40):
        proxy.lose_next()
        text = f"zqcommit{number}x is stored once"
        status, reply, repeated = ada.settle("POST", "/api/status", {"text": text, "visibility": "public"})
        assert status == 201 and repeated, (number, status, reply)
        made[reply["id"]] = text
    assert proxy.lost == 40
    for row in list(made)[:10]:
        proxy.lose_next()
        assert ada.settle("PATCH", f"/api/status/{row}", {"text": made[row] + " edited"})[0] == 200
        made[row] += " edited"
    for row in list(made)[10:20]:
        proxy.lose_next()
        assert ada.settle("DELETE", f"/api/status/{row}")[0] in (204, 404)
        del made[row]
    with lab.connect() as session:
        rows = session.execute("select id::text, text from statuses").fetchall()
    assert dict(rows) == made and len(rows) == len(made)
    audit.quiesce(lab)
    with lab.connect() as session:
        chunks = session.execute("select source_id::text, text from chunks").fetchall()
    assert dict(chunks) == made and len(chunks) == len(made)


def test_a_file_whose_row_was_written_keeps_its_bytes(lab, proxy):
    lab.serve("--workers", "0")
    lab.wait_until_ready()
    ada = lab.client("ada")

    def put(number):
        upload = ada.settle("POST", "/api/files/upload", {"name": f"{number}.txt", "content_type": "text/plain"})[1]
        proxy.lose_next()
        sent = send("PUT", upload["url"], f"put {number}".encode(), {"Content-Type": "text/plain"})[0]
        return sent, upload["file_id"], f"put {number}"

    def form(number):
        proxy.lose_next()
        headers = {"Authorization": f"Bearer {lab.tokens['ada']}", "Content-Type": "text/plain"}
        url = f"http://127.0.0.1:{lab.port}/storage/v1/object/things/{number}.txt"
        return send("POST", url, f"object {number}".encode(), headers)[0], None, f"object {number}"

    def resumed(number):
        text = f"resumed {number}"
        name = base64.b64encode(f"r{number}.txt".encode()).decode()
        headers = {"Authorization": f"Bearer {lab.tokens['ada']}", "Tus-Resumable": "1.0.0"}
        begin = headers | {"Upload-Length": str(len(text)), "Upload-Metadata": f"filename {name}"}
        url = send("POST", f"http://127.0.0.1:{lab.port}/api/files/resumable", None, begin)[1]["Location"]
        proxy.lose_next()
        bytes = headers | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        sent = send("PATCH", url, text.encode(), bytes)[0]
        # Whoever was not told asks how far it came, which also ends it where that was all.
        until(lambda: send("HEAD", url, None, headers)[1]["Upload-Offset"] == str(len(text)), 10, "the part was lost")
        return sent, None, text

    assert ada.settle("POST", "/storage/v1/bucket", {"id": "things", "name": "things"})[0] == 200
    for way in [put, form, resumed]:
        for number in range(3):
            before = proxy.lost
            status, file, text = way(number)
            assert status in (500, 503) and proxy.lost == before + 1, (way.__name__, status)
            rows = ada.settle("GET", "/api/files?limit=100")[1]["data"]
            if file is None:
                (file,) = [row["id"] for row in rows if row["name"] == (f"r{number}.txt" if way is resumed else f"{number}.txt") and row["size_bytes"] == len(text)]
            link = ada.settle("GET", f"/api/files/download?id={file}")
            assert link[0] == 200, (way.__name__, link)
            assert send("GET", link[1]["url"])[::2] == (200, text.encode()), way.__name__
    # And what got none is found by whoever sweeps.
    assert "0 objects" in lab.run("files", "sweep", "--grace", "0")


def send(method, url, body=None, headers={}):
    """Status, headers and body."""
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_connections_are_reset(lab, proxy):
    lab.serve()
    lab.wait_until_ready()
    for _ in range(10):
        proxy.reset()
        assert recovers(lab) <= RECOVERY
    ada = lab.client("ada")
    row = ada.settle("POST", "/api/status", {"text": "zqreset after all resets", "visibility": "public"})[1]["id"]

    def found():
        results = ada.settle("POST", "/api/search", {"query": "zqreset"})[1]["results"]
        return row in [one["source"]["id"] for one in results]

    until(found, 15, "the change feed does not follow any more")


def test_a_slow_line(lab, proxy):
    lab.serve()
    lab.wait_until_ready()
    ada = lab.client("ada")
    proxy.trickle = 0.0005
    assert post(ada, "over a slow line", timeout=30)[0] == 201
    assert ada.try_once("GET", "/api/users/me", timeout=30)[0] == 200
    proxy.trickle = 0
    assert recovers(lab) <= RECOVERY


def test_a_database_that_says_nothing(lab, proxy):
    lab.serve()
    lab.wait_until_ready()
    recovers(lab)
    proxy.is_dark.set()
    answers = []

    def ask(number):
        started = time.monotonic()
        client = Client(lab.port, lab.tokens["ada"])
        answers.append((*client.try_once("GET", f"/api/status?limit={number + 1}", timeout=90), time.monotonic() - started))

    threads = [threading.Thread(target=ask, args=[number]) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(answers) == 40
    for status, reply, headers, seconds in answers:
        assert status == 503 and "Retry-After" in headers and seconds <= DEADLINE + 10, (status, reply, seconds)
    assert lab.client("ada").try_once("GET", "/healthz")[0] == 200
    proxy.is_dark.clear()
    assert recovers(lab) <= RECOVERY
