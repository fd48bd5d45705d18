#!/usr/bin/env python3
"""One point read under Row-Level Security over HTTP: Labsync against FastAPI + asyncpg on the same database.

Needs a data folder with the demo lab (`labsync import fixtures/demo-lab --data DIR`), wrk, and a Python with
fastapi==0.128.0, uvicorn[standard]==0.54.0, asyncpg==0.32.0 and PyJWT[crypto]==2.15.1:

    PEER_PYTHON=.../bin/python Benchmarks/http/compare.py DIR [ROUNDS]
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA, ROUNDS = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
WORKERS = 2


def cpu(process):
    """Seconds of processor time of a process and its children, PostgreSQL's own left out."""
    total = 0
    for pid in [process.pid] + [int(p) for p in children(process.pid)]:
        try:
            stat = open(f"/proc/{pid}/stat").read()
        except FileNotFoundError:
            continue
        if "(postgres)" not in stat:
            fields = stat.rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children(pid):
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()


def load(url, token, seconds=5):
    done = subprocess.run(
        ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-H", f"Authorization: Bearer {token}", url],
        capture_output=True, text=True, check=True,
    ).stdout
    assert "Non-2xx" not in done, done
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done).groups()
    return int(re.search(r"(\d+) requests in", done)[1]), float(amount) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def main():
    started = []
    try:
        compare(started)
    finally:
        for process in started:
            process.terminate()


def compare(started):
    environment = dict(os.environ, LABSYNC_DATA=DATA, LABSYNC_RATE_LIMIT="0")
    ours = subprocess.Popen(
        [ROOT / ".build/release/labsync", "serve", "--port", "0"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )
    started.append(ours)
    base = ours.stdout.readline().split()[-1]
    token = subprocess.run(
        [ROOT / ".build/release/labsync", "token", "--as", "adaeze.okafor@okafor-lab.example"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    ).stdout.split()[-1]

    def first(path):
        request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {token}"})
        return json.load(urllib.request.urlopen(request))["data"][0]["id"]

    conversation = first("/api/chat/conversations")
    message = first(f"/api/chat/messages?conversation_id={conversation}")
    keys = pathlib.Path(DATA) / "peer-jwks.json"
    keys.write_bytes(urllib.request.urlopen(base + "/.well-known/jwks.json").read())
    lock = open(f"{DATA}/postgres/postmaster.pid").read().split("\n")
    peer = subprocess.Popen(
        [os.environ.get("PEER_PYTHON", sys.executable), "-m", "uvicorn", "peer:app", "--port", "8997",
         "--workers", str(WORKERS), "--no-access-log", "--log-level", "warning"],
        cwd=pathlib.Path(__file__).parent, env=dict(environment, PEER_JWKS=str(keys), PEER_SOCKET=lock[4]),
    )
    time.sleep(5)
    started.append(peer)
    path = f"/api/chat/messages/{message}"
    found = {"labsync": [], "fastapi": []}
    for round in range(ROUNDS + 1):
        for name, process, url in [("labsync", ours, base), ("fastapi", peer, "http://127.0.0.1:8997")]:
            before = cpu(process)
            requests, p99 = load(url + path, token, seconds=2 if round == 0 else 5)
            if round > 0:  # The first round warms up.
                found[name].append((requests / 5, p99, (cpu(process) - before) / requests * 1e6))
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in found.items()}
    for name, (rate, p99, cost) in medians.items():
        print(f"{name}: {rate:,.0f} requests/s, p99 {p99:.2f} ms, {cost:.0f} µs of processor a request")
    (a, b, c), (x, y, z) = medians["labsync"], medians["fastapi"]
    print(f"ratios: throughput {a / x:.1f}x, p99 {b / y:.2f}, processor {c / z:.2f}")


main()
