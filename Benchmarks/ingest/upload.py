#!/usr/bin/env python3
"""How long after its upload a PDF of 1 MB answers a question with the page, on the demo lab with nothing else to do.

    Benchmarks/ingest/upload.py [--rounds 5]

Needs the built program, pytest and the packages of the suite `texts` (Tests/Clients/run texts makes such an environment).
"""

import argparse
import io
import json
import pathlib
import random
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Clients"))

from conftest import serving  # noqa: E402
from PIL import Image  # noqa: E402
from reportlab.lib.utils import ImageReader  # noqa: E402
from reportlab.pdfgen import canvas  # noqa: E402
from test_texts import send  # noqa: E402

WORDS = """the of and to in sample buffer was were with cells protein at for after temperature laser signal measured between
before antibody gel column each value shown figure method result membrane incubated washed minutes control""".split()


def paper(chance, fact):
    """Ten pages of 450 words, and pictures that make it 1 MB."""
    pages = [[" ".join(chance.choices(WORDS, k=10)) + "." for _ in range(45)] for _ in range(10)]
    pages[6][20] = fact
    side = 520
    noise = Image.frombytes("RGB", (side, side), chance.randbytes(side * side * 3))
    data = io.BytesIO()
    document = canvas.Canvas(data, pageCompression=1)
    for number, lines in enumerate(pages):
        for row, line in enumerate(lines):
            document.drawString(60, 800 - 12 * row, line)
        if number == 2:
            document.drawImage(ImageReader(noise), 100, 60, 200, 180)
        document.showPage()
    document.save()
    return data.getvalue()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    chance = random.Random(3)
    with serving() as server:
        token = server.token("jonas.weber")
        times = []
        for number in range(rounds):
            fact = f"The zirconium mask number {number} is kept in drawer {40 + number}."
            data = paper(chance, fact)
            name = f"paper {number}.pdf"
            start = time.monotonic()
            file = send(server, token, name, data, "application/pdf")
            while True:
                body = {"query": f"In which drawer is zirconium mask number {number} kept?", "sources": ["file"]}
                answer = json.loads(server.call("POST", "/api/chatbot", body, token=token)[1])
                if any(c["source"]["id"] == file and c.get("locator") == "page 7" for c in answer["citations"]):
                    break
                assert time.monotonic() - start < 60, answer
                time.sleep(0.1)
            times.append(time.monotonic() - start)
            print(f"{name}, {len(data)} bytes: {times[-1]:.2f} s", flush=True)
        print(f"median {statistics.median(times):.2f} s, most {max(times):.2f} s")


main()
