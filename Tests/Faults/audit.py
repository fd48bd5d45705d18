"""Compares what was acknowledged with rows, chunks, vectors and answers."""

from lab import until

ROWS = """
    select 'message' as kind, id::text, content as text, null as visibility from messages
    union all select 'status', id::text, text, visibility from statuses
    union all select 'comment', id::text, text, null from status_comments
"""
CHUNKS = """
    select source_kind, source_id::text, ordinal, scope, chunks.text, encode(content_hash, 'hex'),
        (select string_agg(facet || ':' || md5(embedding), ',' order by facet) from vectors where chunk_id = chunks.id)
    from chunks where generation_id = %s order by 1, 2, 3
"""


WAITING = """
    select source_kind, source_id, generation_id, attempts, last_error from index_jobs
    join index_generations on index_generations.id = generation_id
    where not dead and state <> 'retired'
"""


def quiesce(lab, seconds=90):
    """Waits until nothing waits to be indexed in a generation that is in use."""
    with lab.connect() as session:
        until(
            lambda: not session.execute(WAITING).fetchall(),
            seconds,
            lambda: f"jobs are left over: {session.execute(WAITING).fetchmany(3)}",
        )
        dead = session.execute("select source_kind, last_error from index_jobs where dead").fetchall()
        assert not dead, f"dead letters: {dead[:5]}"


def rows_are_as_acknowledged(lab, ledger):
    with lab.connect() as session:
        found = {(kind, row): (text, visibility) for kind, row, text, visibility in session.execute(ROWS)}
    expected = {key: (row["text"], row.get("visibility")) for key, row in ledger.rows.items()}
    lost = expected.keys() - found.keys()
    extra = found.keys() - expected.keys()
    assert not lost, f"{len(lost)} acknowledged rows are lost: {list(lost)[:5]}"
    resurrected = extra & ledger.gone.keys()
    assert not resurrected, f"{len(resurrected)} deleted rows are back: {list(resurrected)[:5]}"
    assert not extra, f"{len(extra)} rows nobody was told of, doubled perhaps: {[found[key] for key in extra][:5]}"
    wrong = {key: (found[key], expected[key]) for key in expected if found[key] != expected[key]}
    assert not wrong, f"{len(wrong)} rows are not as acknowledged: {list(wrong.items())[:5]}"
    texts = [text for text, _ in found.values()]
    assert len(set(texts)) == len(texts), "a row is doubled"


def serving(lab):
    with lab.connect() as session:
        return session.execute("select id from index_generations where state = 'serving'").fetchone()[0]


def chunks(lab, generation):
    with lab.connect() as session:
        return session.execute(CHUNKS, [generation]).fetchall()


def chunks_are_those_of_the_rows(lab, ledger):
    """One passage a row, with its text, its audience and its vectors, and nothing else."""
    found = chunks(lab, serving(lab))
    passages = {}
    for kind, row, ordinal, scope, text, _, vectors in found:
        assert (kind, row) not in passages and ordinal == 0, f"{kind} {row} has two passages"
        assert vectors, f"{kind} {row} has no vectors"
        passages[kind, row] = (scope, text)
    assert passages.keys() == ledger.rows.keys(), (
        f"lost: {list(ledger.rows.keys() - passages.keys())[:5]}, resurrected: {list(passages.keys() - ledger.rows.keys())[:5]}"
    )
    with lab.connect() as session:
        scopes = {
            (kind, row): scope
            for kind, row, scope in session.execute(
                f"select kind, id, labsync.scope_of(kind, id::uuid) from ({ROWS}) as rows"
            )
        }
    for key, (scope, text) in passages.items():
        assert text == ledger.rows[key]["text"], f"{key} is indexed as {text!r}"
        assert scope == scopes[key], f"{key} is indexed for {scope}, not {scopes[key]}"
    return found


def index_equals_one_built_anew(lab):
    before = chunks(lab, serving(lab))
    lab.run("reindex", "--all")
    after = chunks(lab, serving(lab))
    assert before == after, f"differs from a new index: {[pair for pair in zip(before, after) if pair[0] != pair[1]][:3]}"


def answers_are_those_of_the_rows(lab, ledger, rng, samples=60):
    """The index in the server's memory: what is there is found by who may see it, what is gone by nobody."""
    clients = {name: lab.client(name) for name in lab.tokens}

    def ids(name, text):
        status, reply, _ = clients[name].settle("POST", "/api/search", {"query": text.split()[1], "limit": 5})
        assert status == 200, reply
        return [result["source"]["id"] for result in reply["results"]]

    for _ in range(samples):
        (kind, row), state = ledger.pick(rng)
        writer = state["writer"]
        until(lambda: row in ids(writer, state["text"]), 5, f"{kind} {row} is not found by {writer}: {state}")
        status = ledger.rows["status", state["status"]] if kind == "comment" else state
        if status.get("visibility") == "private":
            other = rng.choice([name for name in clients if name != writer])
            assert row not in ids(other, state["text"]), f"{kind} {row} is shown to {other}"
        if gone := ledger.pick(rng, gone=True):
            (kind, row), state = gone
            assert row not in ids(state["writer"], state["text"]), f"{kind} {row} is deleted and answers"
