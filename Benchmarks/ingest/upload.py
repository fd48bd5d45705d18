#!/usr/bin/env python3
"""How long after its upload a PDF of 1 MB is indexed, and answers a question with its page, on the demo lab.

    Benchmarks/ingest/upload.py [--rounds 5]

Needs the built program, pytest and the packages of the suite `texts` (Tests/Clients/run texts makes such an environment).
"""

import argparse
import json
import pathlib
import random
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Clients"))

from conftest import serving  # noqa: E402
from documents import paper  # noqa: E402
from signed_files import announce, put  # noqa: E402


def measure(server, token, number, data, page):
    """Seconds that the upload took, then until the file was indexed, then until a question was answered by it."""
    start = time.monotonic()
    upload = announce(server, token, f"paper {number}.pdf", "application/pdf", size=len(data))
    assert put(upload, data)[0] == 200
    uploaded = time.monotonic()
    file = upload["file_id"]
    while json.loads(server.call("GET", f"/api/files/{file}", token=token)[1])["state"] != "indexed":
        assert time.monotonic() - start < 60
        time.sleep(0.02)
    indexed = time.monotonic()
    body = {"query": f"In which drawer is zirconium mask number {number} kept?", "sources": ["file"]}
    while True:
        answer = json.loads(server.call("POST", "/api/chatbot", body, token=token)[1])
        if any(c["source"]["id"] == file and c.get("locator") == f"page {page}" for c in answer["citations"]):
            break
        assert time.monotonic() - start < 60, answer
    return uploaded - start, indexed - uploaded, time.monotonic() - indexed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    chance = random.Random(3)
    times = []
    with serving() as server:
        token = server.token("jonas.weber")
        for number in range(rounds):
            page = chance.randint(1, 20)
            data = paper(chance, f"The zirconium mask number {number} is kept in drawer {40 + number}.", page)
            times.append(measure(server, token, number, data, page))
            print(f"{len(data)} bytes, page {page}: sent in %.2f s, indexed %.2f s later, answered %.2f s later" % times[-1])
    indexed = [indexed for _, indexed, _ in times]
    print(f"indexed after its upload: median {statistics.median(indexed):.2f} s, most {max(indexed):.2f} s")


main()
