#!/usr/bin/env python3
"""How LABSYNC_INDEX=pgvector does beside the index in memory: searches as three people who may see everything, a tenth and a
hundredth of a lab, time to fill, size, and whether a backup answers alike once it is restored.

    measure.py LABSYNC PROGRAMS FOLDER TEXTS VECTORS.f32 QUERIES.jsonl QUERIES.f32 [ROWS]

PROGRAMS is the `bin` of a PostgreSQL with pgvector (script/test fetches one); FOLDER is made. ROWS (100,000) messages in 1,000
conversations of uneven size, with the lines of TEXTS in turn and the vectors of VECTORS.f32 (Benchmarks/vectors/make_vectors.py).
The leg is what `PgVectorTable` asks, as labsync_app under Row-Level Security; its recall is against numpy over the same rows.
As root; needs psycopg and numpy.
"""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy
import psycopg

LABSYNC, PROGRAMS, FOLDER, TEXTS, VECTORS, QUESTIONS, QUERIES = sys.argv[1:8]
ROWS = int(sys.argv[8]) if len(sys.argv) > 8 else 100_000
FOLDER = os.path.abspath(FOLDER)
PORT, DIMENSION, ROOMS, ASKED = 18321, 384, 1000, 100
SHARES = {"everything": 1, "10 %": 10, "1 %": 100}
PATH = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "LABSYNC_RATE_LIMIT": "0", "OPENBLAS_NUM_THREADS": "1"}


def address(database):
    return f"postgresql://postgres@/{database}?host={FOLDER}/run"


def labsync(*arguments, database="lab", index="pgvector", data="data"):
    environment = {**PATH, "DATABASE_URL": address(database), "LABSYNC_INDEX": index, "LABSYNC_DATA": f"{FOLDER}/{data}"}
    done = subprocess.run([LABSYNC, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"labsync {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def cluster(action):
    options = f"-c listen_addresses= -c unix_socket_directories={FOLDER}/run -c wal_level=logical -c max_wal_size=4GB"
    subprocess.run(["runuser", "-u", "postgres", "--", f"{PROGRAMS}/pg_ctl", "-D", f"{FOLDER}/postgres", "-w",
                    "-o", options, "-l", f"{FOLDER}/run/log", action], check=True, stdout=subprocess.DEVNULL, cwd="/")


def make():
    os.makedirs(f"{FOLDER}/run")
    for folder in (FOLDER, f"{FOLDER}/run"):
        subprocess.run(["chown", "postgres", folder], check=True)
    subprocess.run(["runuser", "-u", "postgres", "--", f"{PROGRAMS}/initdb", "-D", f"{FOLDER}/postgres", "-U", "postgres",
                    "-A", "trust", "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd="/")
    cluster("start")
    with psycopg.connect(address("postgres"), autocommit=True) as connection:
        connection.execute("create database lab")
        connection.execute("create database restored")
    labsync("migrate")
    for share in SHARES.values():
        labsync("user", "add", f"sees{share}@lab.example")
    fill()


def fill():
    with psycopg.connect(address("lab")) as connection:
        # Without the triggers that would order each message to be indexed.
        connection.execute("set session_replication_role = replica")
        connection.execute("create temporary table texts (place int primary key, text text)")
        lines = pathlib.Path(TEXTS).read_text().splitlines()
        with connection.cursor().copy("copy texts from stdin") as copy:
            for place, line in enumerate(lines):
                copy.write_row((place, line))
        connection.execute(
            "create temporary table rooms as select place, gen_random_uuid() as id from generate_series(0, %s) as place",
            (ROOMS - 1,),
        )
        connection.execute("insert into conversations (id, name, is_group) select id, 'room ' || place, true from rooms")
        for share in SHARES.values():
            connection.execute(
                """
                insert into conversation_members (conversation_id, user_id)
                select rooms.id, users.id from rooms, users where email = %s and place %% %s = 0
                """, (f"sees{share}@lab.example", share),
            )
        connection.execute(
            """
            insert into messages (conversation_id, sender_id, content, created_at)
            select rooms.id, (select id from users where email = 'sees1@lab.example'), texts.text,
                timestamptz '2020-01-01' + number * interval '3 minutes'
            from generate_series(0, %s - 1) as number
            join rooms on rooms.place = (number::bigint * 7919 %% 100003) %% %s * ((number %% 3) + 1) %% %s
            join texts on texts.place = number %% %s
            """, (ROWS, ROOMS, ROOMS, len(lines)),
        )
        connection.execute(
            """
            insert into index_generations (embedder, dimension, recipe, state, activated_at, is_ordered)
            select 'all-MiniLM-L6-v2', %s, 'pieces-1-words-150', 'serving', now(), true
            where not exists (select from index_generations where state = 'serving')
            """, (DIMENSION,),
        )
        connection.execute(
            """
            insert into chunks (generation_id, source_kind, source_id, ordinal, scope, conversation_id, author_id,
                author_name, title, created_at, text, content_hash)
            select (select id from index_generations where state = 'serving'), 'message', id, 0,
                'conversation:' || conversation_id, conversation_id, sender_id, 'Person', 'room', created_at, content, ''
            from messages order by created_at
            """
        )
        vectors = numpy.memmap(VECTORS, numpy.float32).reshape(-1, DIMENSION)
        chunks = [row[0] for row in connection.execute("select id from chunks order by id")]
        with connection.cursor().copy("copy vectors (chunk_id, facet, embedding) from stdin (format binary)") as copy:
            copy.set_types(["int8", "int2", "bytea"])
            for chunk, vector in zip(chunks, vectors):
                copy.write_row((chunk, 0, vector.tobytes()))
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")


class Server:
    def __init__(self, index, database="lab", data="data"):
        environment = {**PATH, "DATABASE_URL": address(database), "LABSYNC_INDEX": index,
                       "LABSYNC_DATA": f"{FOLDER}/{data}"}
        self.tokens = {name: labsync("token", "--as", f"sees{share}@lab.example", database=database, data=data).split()[-1]
                       for name, share in SHARES.items()}
        start = time.monotonic()
        self.process = subprocess.Popen([LABSYNC, "serve", "--port", str(PORT), "--workers", "0"], env=environment,
                                        stdout=subprocess.DEVNULL)
        while True:
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
                self.search("everything", "when is the next meeting")
                break
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("`labsync serve` ended; what it said stands above")
                time.sleep(0.05)
        self.seconds = time.monotonic() - start

    def search(self, name, question):
        self.connection.request("POST", "/api/search", json.dumps({"query": question, "limit": 10}), {
            "Authorization": f"Bearer {self.tokens[name]}", "Content-Type": "application/json"})
        reply = self.connection.getresponse()
        body = reply.read()
        assert reply.status == 200, body
        return [json.dumps(row["source"]) for row in json.loads(body)["results"]]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def ask(index, questions, database="lab", data="data"):
    server = Server(index, database, data)
    print(f"{index} ({database}): answers after {server.seconds:.1f} s")
    found = {}
    for name in SHARES:
        for question in questions[:5]:
            server.search(name, question)
        taken = []
        for question in questions:
            start = time.perf_counter()
            found[name, question] = server.search(name, question)
            taken.append(1000 * (time.perf_counter() - start))
        print(f"  {name}: {spread(taken)}", flush=True)
    server.stop()
    return found


def spread(taken):
    taken = sorted(taken)
    return f"p50 {taken[len(taken) // 2]:.1f} ms, p95 {taken[int(len(taken) * 0.95)]:.1f}"


def leg(queries):
    """What the table of vectors is asked, at ten and at the 200 rows that a search takes."""
    vectors = numpy.memmap(VECTORS, numpy.float32).reshape(-1, DIMENSION)
    with psycopg.connect(address("lab"), autocommit=True) as connection:
        for name, size in connection.execute(
            """
            select relname, pg_size_pretty(pg_relation_size(oid)) from pg_class
            where relname like 'passage_vectors%' or relname in ('vectors', 'chunks') order by relname
            """
        ):
            print(f"  {name}: {size}")
        generation = connection.execute("select id from index_generations where state = 'serving'").fetchone()[0]
        places = {row[0]: place for place, row in enumerate(connection.execute("select id from chunks order by id"))}
        for name, share in SHARES.items():
            user = connection.execute("select id from users where email = %s", (f"sees{share}@lab.example",)).fetchone()[0]
            scopes = [row[0] for row in connection.execute(
                "select 'conversation:' || conversation_id from conversation_members where user_id = %s", (user,))]
            visible = numpy.array([places[row[0]] for row in connection.execute(
                "select id from chunks where scope = any (%s) order by id", (scopes,))])
            rows = numpy.ascontiguousarray(vectors[visible])
            for reach in ("graph", "exact"):
                for limit in (10, min(200, len(visible) - 1)):
                    taken, hits = [], 0
                    for query in queries:
                        best = visible[numpy.argpartition(-(rows @ query), limit)[:limit]]
                        seconds, found = nearest(connection, user, generation, scopes, query, limit, reach)
                        taken.append(1000 * seconds)
                        hits += len({places[chunk] for chunk in found} & set(best.tolist()))
                    print(f"  {name} ({len(visible)} rows), {reach}, {limit}: {spread(taken)}, "
                          f"recall {hits / limit / len(queries):.3f}", flush=True)


def nearest(connection, user, generation, scopes, query, limit, reach):
    text = "[" + ",".join(map(str, query)) + "]"
    order = "embedding <#> %s::vector" if reach == "exact" else f"embedding::vector({DIMENSION}) <#> %s::vector({DIMENSION})"
    with connection.transaction():
        start = time.perf_counter()
        connection.execute(
            "select set_config('role', 'labsync_app', true), set_config('labsync.user_id', %s, true), "
            "set_config('hnsw.ef_search', '1000', true)", (str(user),))
        rows = connection.execute(
            f"""
            select chunk_id from passage_vectors where generation_id = {generation} and facet = 0 and scope = any (%s)
            order by {order} limit {limit}
            """, (scopes, text)).fetchall()
        return time.perf_counter() - start, [row[0] for row in rows]


def same(one, other):
    alike = sum(one[key] == other[key] for key in one)
    shared = sum(len(set(one[key]) & set(other[key])) for key in one) / sum(map(len, one.values()))
    return f"{alike} of {len(one)} searches answered alike, {100 * shared:.1f} % of their results"


def main():
    if not os.path.exists(f"{FOLDER}/postgres"):
        make()
    else:
        cluster("start")
    try:
        questions = [json.loads(line)["text"] for line in open(QUESTIONS)][:ASKED]
        queries = numpy.fromfile(QUERIES, numpy.float32).reshape(-1, DIMENSION)[:ASKED]
        memory = ask("memory", questions)
        table = ask("pgvector", questions)
        print(" ", same(memory, table))
        table = ask("pgvector", questions)
        leg(queries)
        start = time.monotonic()
        labsync("backup", f"{FOLDER}/backup")
        print(f"backup {time.monotonic() - start:.1f} s")
        start = time.monotonic()
        labsync("restore", f"{FOLDER}/backup", database="restored", data="data2")
        print(f"restore {time.monotonic() - start:.1f} s")
        print(" ", same(table, ask("pgvector", questions, "restored", "data2")))
    finally:
        cluster("stop")


main()
