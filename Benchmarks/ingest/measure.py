#!/usr/bin/env python3
"""How fast rows are imported and indexed, and what the pipeline adds to the encoder.

    Benchmarks/ingest/measure.py [--rows 200000] [--set DIR ... [--most N]]

Needs the built program (script/setup, swift build -c release) and psycopg. --set: folders like those of `labsync eval`, --most: so many rows of each.
Prints a line for each question; rows are written to a PostgreSQL of its own, which is gone afterwards.
"""

import argparse
import itertools
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Faults"))

from lab import Lab  # noqa: E402

ENCODER = ROOT / "Benchmarks/.build/release/EncoderBench"
WORDS = "buffer lamp sample pump freezer plate gel column antibody primer laser stage vial rack note spare".split()


def timed(lab, *arguments, **environment):
    """Seconds, and the largest memory of the program in MB."""
    start = time.monotonic()
    process = subprocess.Popen(
        [str(ROOT / ".build/release/labsync"), *arguments], cwd=ROOT, env=lab.environment | environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, process.stderr.read()
    return time.monotonic() - start, usage.ru_maxrss / 1024


def conversation(people, rows, folder):
    """A JSONL file of that many messages, as long as people write them."""
    chance = random.Random(7)
    room = str(uuid.UUID(int=1))
    path = f"{folder}/messages.jsonl"
    with open(path, "w") as file:
        file.write(json.dumps({"type": "conversation", "id": room, "is_group": True, "member_ids": people}) + "\n")
        for number in range(rows):
            text = " ".join(chance.choices(WORDS, k=chance.randrange(4, 30)))
            file.write(json.dumps({
                "type": "message", "id": str(uuid.UUID(int=number + 10)), "conversation_id": room,
                "sender_id": people[number % len(people)], "content": f"{number} {text}",
                "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + number)),
            }) + "\n")
    return path


def evaluation(people, source, folder, most):
    """The corpus of an evaluation set as import lines: turns as messages, the rest as files."""
    path = f"{folder}/set.jsonl"
    rooms = {}
    with open(path, "w") as file:
        for number, line in enumerate(itertools.islice(open(f"{source}/corpus.jsonl"), most)):
            row = json.loads(line)
            text = (row.get("text") or "").replace("\0", "")
            name = (row.get("metadata") or {}).get("conversation")
            if not text.strip():
                continue
            if not name:
                file.write(json.dumps({
                    "type": "file", "id": str(uuid.uuid4()), "name": "document.txt", "owner_id": people[0],
                    "content": f"{row.get('title') or ''}\n{text}",
                }) + "\n")
                continue
            if name not in rooms:
                rooms[name] = str(uuid.uuid4())
                file.write(json.dumps(
                    {"type": "conversation", "id": rooms[name], "is_group": True, "member_ids": people}) + "\n")
            file.write(json.dumps({
                "type": "message", "id": str(uuid.uuid4()), "conversation_id": rooms[name], "sender_id": people[0],
                "content": text,
                "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + number)),
            }) + "\n")
    return path


EMBEDDED = """
    select case when chunks.source_kind = 'comment' then chunks.text || E'\\n' || statuses.text else chunks.text end
    from chunks
    left join status_comments on source_kind = 'comment' and status_comments.id = source_id
    left join statuses on statuses.id = status_comments.status_id
    union all
    select left(file_texts.text, 2000) from file_texts
"""


def encoder(lab):
    """Seconds that the encoder alone takes for what was indexed."""
    with lab.connect() as session:
        texts = [text for (text,) in session.execute(EMBEDDED)]
    lines = "\n".join(json.dumps(text) for text in texts)
    done = subprocess.run(
        [str(ENCODER), str(ROOT / "model")],
        input=lines, capture_output=True, text=True, check=True,
    )
    return float(done.stdout), len(texts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--set", nargs="*", default=[])
    parser.add_argument("--most", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.rows:
            lab = Lab(EMBEDDER="null")
            try:
                with lab.connect() as session:
                    people = [str(row) for (row,) in session.execute("select id from users where email like '%@lab.example'")]
                # From now on every row that comes in orders its job.
                timed(lab, "reindex")
                for rows in (arguments.rows // 10, arguments.rows):
                    path = conversation(people, rows, folder)
                    with lab.connect() as session:
                        before = session.execute("select count(*) from messages").fetchone()[0]
                    seconds, memory = timed(lab, "import", path)
                    print(f"import of {rows} lines ({before} there already): {rows / seconds:.0f} rows/s, {memory:.0f} MB at most")
                seconds, memory = timed(lab, "reindex")
                print(f"index of {arguments.rows} messages, null embedder: {arguments.rows / seconds:.0f} messages/s, {memory:.0f} MB")
            finally:
                lab.remove()
        if not ENCODER.exists():
            build = ["swift", "build", "-c", "release", "--product", "EncoderBench"]
            subprocess.run(build, cwd=ROOT / "Benchmarks", check=True)
        for source in arguments.set or ["fixtures/demo-lab"]:
            lab = Lab()
            try:
                with lab.connect() as session:
                    people = [str(row) for (row,) in session.execute("select id from users where email like '%@lab.example'")]
                path = source if source.startswith("fixtures") else evaluation(people, source, folder, arguments.most)
                timed(lab, "import", path)
                timed(lab, "reindex")
                # What starting takes, the model's loading included, when there is nothing to do.
                nothing = min(timed(lab, "reindex")[0] for _ in range(3))
                ratios = []
                for _ in range(arguments.rounds):
                    with lab.connect() as session:
                        session.execute("delete from chunks")
                        session.execute("select labsync.enqueue(kind, array_agg(id)) from labsync.indexable() group by kind")
                    whole = timed(lab, "reindex")[0] - nothing
                    alone, texts = encoder(lab)
                    ratios.append(alone / whole)
                    print(f"{source}: {texts} texts, encoder alone {alone:.1f} s, pipeline {whole:.1f} s: {alone / whole:.0%}")
                print(f"{source}: median {statistics.median(ratios):.0%} of the encoder's own throughput")
            finally:
                lab.remove()


main()
