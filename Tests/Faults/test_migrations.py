"""`labsync migrate` is killed again and again: the schema is in the end what it is without."""

import os
import random
import signal
import subprocess
import time

import psycopg
from cluster import Cluster
from lab import PROGRAM, ROOT

KILLS = max(20, int(os.environ.get("LABSYNC_KILLS", "240")) // 6)
SEED = int(os.environ.get("LABSYNC_SEED", str(random.SystemRandom().randrange(1_000_000))))


def migrate(cluster, database):
    environment = dict(os.environ, DATABASE_URL=cluster.address(database), SWIFT_BACKTRACE="enable=no")
    return subprocess.Popen([PROGRAM, "migrate"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def schema(cluster, database):
    dump = subprocess.run(
        [f"{cluster.programs}/pg_dump", "--schema-only", cluster.address(database)], capture_output=True, text=True, check=True
    ).stdout
    # A word of pg_dump's own, different each time.
    return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_migrations_are_killed(capsys):
    rng = random.Random(SEED)
    cluster = Cluster()
    try:
        started = time.monotonic()
        whole = migrate(cluster, "labsync")
        assert whole.wait(60) == 0, whole.stdout.read()
        takes = time.monotonic() - started
        expected = schema(cluster, "labsync")
        interrupted = 0
        for number in range(KILLS):
            database = f"killed_{number}"
            with psycopg.connect(cluster.address("postgres"), autocommit=True) as session:
                session.execute(f"create database {database}")
            while True:
                process = migrate(cluster, database)
                try:
                    process.wait(rng.uniform(0, takes))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait(30)
                    interrupted += 1
                if process.returncode == 0:
                    break
                assert process.returncode == -signal.SIGKILL, f"seed {SEED}: {process.stdout.read()}"
            assert schema(cluster, database) == expected, f"seed {SEED}: the schema of {database} differs"
        with capsys.disabled():
            print(f"\nseed {SEED}: {interrupted} kills in {KILLS} databases, {takes:.2f} s for a whole one")
        assert interrupted >= KILLS // 2
    finally:
        cluster.remove()
