"""Compares search by words with tantivy and with PostgreSQL, over 100,000 messages: one thread each, taking turns.

    compare.py BENCH CORPUS.jsonl... QUERIES.jsonl

BENCH is Benchmarks' VectorBench; the last file holds the questions, the others texts, both BEIR-style. There are not
that many texts: further messages are halves of two of them. Labsync and tantivy do the same: words from a text, BM25 over
stems, ten results. Beside them stands a whole search by words as `/api/search` makes it without vectors.
PostgreSQL: any of the words, ts_rank_cd, ten rows, by a GIN index over a stored tsvector. Each is asked three times in a row,
Labsync and tantivy within their own process, and the last time counts.
"""

import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

import pgserver
import psycopg
import tantivy

ROWS = 100_000
LIMIT = 10
QUESTIONS = 200
REPEATS = {"Labsync": 1, "Labsync, a whole search": 1}  # It repeats by itself.
STOP_WORDS = set("a an and are as at be by did do does for from had has have he her his how i in is it its me my of on or "
                 "she that the their them they this to was were what when where which who why will with you your".split())


def texts(paths):
    found = []
    for path in paths:
        with open(path) as file:
            found += [" ".join(json.loads(line)["text"].split())[:160] for line in file]
    found = [text for text in dict.fromkeys(found) if text]
    chance = random.Random(1)
    while len(found) < ROWS:
        one, other = chance.choice(found).split(), chance.choice(found).split()
        found.append(" ".join(one[: len(one) // 2] + other[len(other) // 2 :]) or "yes")
    return found[:ROWS]


def questions(path):
    with open(path) as file:
        whole = [json.loads(line)["text"] for line in file]
    chance = random.Random(2)
    whole = chance.sample(whole, QUESTIONS)
    keywords = []
    for text in whole:
        words = [word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 2 and word not in STOP_WORDS]
        if len(words) >= 3:
            keywords.append(" ".join(chance.sample(words, 3)))
    return {"3 keywords": keywords, "whole questions": [" ".join(text.split()) for text in whole]}


class Labsync:
    def __init__(self, program, lines):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(lines))
            file.flush()
            print("Labsync: built in seconds, bytes:", self.ask(f"messages {file.name}"))

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def search(self, text, command="words"):
        return int(self.ask(f"{command} {LIMIT} {text}").split()[0])

    def search_whole(self, text):
        return self.search(text, "lexical")


class Tantivy:
    def __init__(self, lines):
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="en_stem")
        self.index = tantivy.Index(builder.build())
        start = time.perf_counter()
        writer = self.index.writer(num_threads=1)
        for line in lines:
            writer.add_document(tantivy.Document(text=line))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()
        print(f"tantivy: built in {time.perf_counter() - start:.2f} s, {self.searcher.num_segments} segments")

    def search(self, text):
        words = re.sub(r"[^\w\s]", " ", text.lower())
        start = time.perf_counter_ns()
        self.searcher.search(self.index.parse_query(words, ["text"]), LIMIT)
        return time.perf_counter_ns() - start


class PostgreSQL:
    def __init__(self, lines, folder):
        self.server = pgserver.get_server(folder)
        self.connection = psycopg.connect(self.server.get_uri(), autocommit=True)
        self.connection.execute("set max_parallel_workers_per_gather = 0")
        start = time.perf_counter()
        self.connection.execute("create table messages (id int, terms tsvector)")
        with self.connection.cursor() as cursor:
            with cursor.copy("copy messages from stdin") as copy:
                for place, line in enumerate(lines):
                    copy.write_row((place, ""))
            cursor.execute("create temporary table texts (id int primary key, text text)")
            with cursor.copy("copy texts from stdin") as copy:
                for place, line in enumerate(lines):
                    copy.write_row((place, line))
            cursor.execute(
                "update messages set terms = to_tsvector('english', text) from texts where texts.id = messages.id"
            )
            cursor.execute("create index on messages using gin (terms)")
            cursor.execute("vacuum full analyze messages")
        print(f"PostgreSQL: built in {time.perf_counter() - start:.2f} s")

    def search(self, text):
        start = time.perf_counter_ns()
        self.connection.execute(
            """
            select id from messages,
                to_tsquery(replace(plainto_tsquery('english', %s)::text, '&', '|')) as query
            where terms @@ query order by ts_rank_cd(terms, query) desc limit 10
            """,
            (text,),
        ).fetchall()
        return time.perf_counter_ns() - start


def main():
    program, *corpora, question_file = sys.argv[1:]
    lines = texts(corpora)
    with tempfile.TemporaryDirectory() as folder:
        labsync, tantivy_index, database = Labsync(program, lines), Tantivy(lines), PostgreSQL(lines, folder)
        methods = {
            "Labsync": labsync.search, "Labsync, a whole search": labsync.search_whole,
            "tantivy": tantivy_index.search, "PostgreSQL": database.search,
        }
        for kind, asked in questions(question_file).items():
            times = {name: [] for name in methods}
            for text in asked:
                for name in sorted(methods, key=lambda name: hash((name, text))):
                    times[name].append([methods[name](text) for _ in range(REPEATS.get(name, 3))][-1])
            print(f"\n### {kind}, {len(asked)}\n\n| | p50 ms | p95 ms | of Labsync's p50 |\n|---|---|---|---|")
            base = statistics.median(times["Labsync"])
            for name, taken in times.items():
                taken.sort()
                print(f"| {name} | {statistics.median(taken) / 1e6:.3f} | {taken[int(len(taken) * 0.95)] / 1e6:.3f} "
                      f"| {statistics.median(taken) / base:.1f} |", flush=True)
        database.connection.close()
        database.server.cleanup()


main()
