#!/usr/bin/env python3
"""How soon a server answers that has a large index to load.

    measure.py LABSYNC DATA TEXTS VECTORS.f32 [ROWS]

Makes a lab in the folder DATA, if it is not there: ROWS (1,000,000) passages of messages in 10,000 conversations of uneven
size, with the lines of TEXTS in turn and the vectors of VECTORS.f32 (384 numbers each; make_vectors.py makes them). Then
starts `labsync serve` and prints the seconds until a search is answered, its processor time, and its memory. As root, with
PostgreSQL's programs in /usr/lib/postgresql and psycopg.
"""

import glob
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psycopg

PORT = 28765


def postgres(data, *arguments):
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    subprocess.run(
        ["runuser", "-u", "postgres", "--", f"{programs}/pg_ctl", "-D", f"{data}/postgres", "-w", *arguments],
        check=True, stdout=subprocess.DEVNULL, cwd="/",
    )


def fill(data, texts, vectors, rows):
    options = f"-c listen_addresses= -c unix_socket_directories={data}/run -c wal_level=logical -c max_wal_size=8GB"
    postgres(data, "-o", options, "-l", f"{data}/postgres.log", "start")
    with psycopg.connect(f"host={data}/run user=labsync dbname=labsync") as connection:
        connection.execute("create temporary table texts (place int primary key, text text)")
        lines = pathlib.Path(texts).read_text().splitlines()
        with connection.cursor().copy("copy texts from stdin") as copy:
            for place, line in enumerate(lines):
                copy.write_row((place, line))
        connection.execute(
            "create temporary table rooms as select place, gen_random_uuid() as id from generate_series(0, 9999) as place"
        )
        connection.execute("create index on rooms (place)")
        connection.execute(
            """
            insert into index_generations (embedder, dimension, recipe, state, activated_at, is_ordered)
            select 'all-MiniLM-L6-v2', 384, 'pieces-1-words-150', 'serving', now(), true
            where not exists (select from index_generations where state = 'serving')
            """
        )
        # The square makes some conversations a hundred times as large as others.
        connection.execute(
            """
            insert into chunks (generation_id, source_kind, source_id, ordinal, scope, conversation_id, author_id,
                author_name, title, created_at, text, content_hash)
            select (select id from index_generations where state = 'serving'), 'message', gen_random_uuid(), 0,
                'conversation:' || rooms.id, rooms.id, md5((number %% 50)::text)::uuid, 'Person ' || number %% 50,
                'room ' || rooms.place, timestamptz '2020-01-01' + number * interval '3 minutes', texts.text, ''
            from generate_series(0, %s - 1) as number
            join rooms on rooms.place = (10000 * ((number::bigint * 7919 %% 100003) / 100003.0) ^ 2)::int %% 10000
            join texts on texts.place = number %% %s
            order by number
            """, (rows, len(lines)),
        )
        connection.execute(
            f"""
            insert into vectors (chunk_id, facet, embedding)
            select id, 0, pg_read_binary_file(%s, (row_number() over (order by id) - 1) * 1536, 1536) from chunks
            """, (os.path.abspath(vectors),),
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze chunks, vectors")
    postgres(data, "stop")


def search(token):
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/search",
        json.dumps({"query": "when is the next meeting"}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    return urllib.request.urlopen(request).status


def wait_for_answer(server, token):
    while server.poll() is None:
        try:
            if search(token) == 200:
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    sys.exit(f"`labsync serve` ended with {server.returncode}; what it said stands above")


def main():
    labsync, data, texts, vectors = sys.argv[1:5]
    rows = int(sys.argv[5]) if len(sys.argv) > 5 else 1_000_000
    data = os.path.abspath(data)
    if not os.path.exists(f"{data}/filled"):
        subprocess.run([labsync, "migrate", "--data", data], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(
            [labsync, "user", "add", "reader@lab.example", "--data", data], check=True, stdout=subprocess.DEVNULL
        )
        fill(data, texts, vectors, rows)
        pathlib.Path(f"{data}/filled").touch()
    token = subprocess.run(
        [labsync, "token", "--as", "reader@lab.example", "--data", data], check=True, capture_output=True, text=True
    ).stdout.strip()
    start = time.monotonic()
    server = subprocess.Popen(
        [labsync, "serve", "--data", data, "--port", str(PORT), "--workers", "0"], stdout=subprocess.DEVNULL
    )
    wait_for_answer(server, token)
    print(f"answers after {time.monotonic() - start:.2f} s")
    fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{server.pid}/status").read_text().splitlines())
    ticks = os.sysconf("SC_CLK_TCK")
    print(f"processor time of the server {(int(fields[11]) + int(fields[12])) / ticks:.1f} s, "
          f"memory {status['VmRSS'].strip()}, at most {status['VmHWM'].strip()}")
    time.sleep(float(os.environ.get("LINGER", 0)))
    server.terminate()
    server.wait()


main()
