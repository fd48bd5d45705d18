"""Files of every kind that is read: found by their text, cited by place; and files that mean harm, which do none."""

import io
import json
import random
import time
import zipfile

import pytest
from documents import DOCUMENTS, FILLER, excel, paper, pdf, png, powerpoint, word
from test_files import announce, put


def send(server, token, name, data, kind="application/octet-stream"):
    upload = announce(server, token, name, kind)
    status, row = put(upload, data)
    assert status == 200, row
    return upload["file_id"]


def settled(server, token, file, seconds=60):
    deadline = time.time() + seconds
    while time.time() < deadline:
        row = json.loads(server.call("GET", f"/api/files/{file}", token=token)[1])
        if row["state"] != "queued":
            return row
        time.sleep(0.05)
    pytest.fail(f"{file} was not dealt with in {seconds} s")


def ask(server, token, path, body):
    return json.loads(server.call("POST", path, body, token=token)[1])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_found_and_cited_by_its_place(server, name):
    data, question, place = DOCUMENTS[name]
    token = server.token("jonas.weber")
    file = send(server, token, name, data)
    row = settled(server, token, file)
    assert row["state"] == "indexed", row

    def found():
        results = ask(server, token, "/api/search", {"query": question, "limit": 3, "sources": ["file"]})["results"]
        return next((result for result in results if result["source"]["id"] == file), None)

    deadline = time.time() + 10
    while not (result := found()) and time.time() < deadline:
        time.sleep(0.1)
    assert result, question
    assert (result["locator"] or "").startswith(place or ""), result
    answer = ask(server, token, "/api/chatbot", {"query": question, "sources": ["file"]})
    cited = [citation for citation in answer["citations"] if citation["source"]["id"] == file]
    assert cited and cited[0]["title"] == name and cited[0].get("locator", "").startswith(place or ""), answer


def test_a_paper_of_a_megabyte_answers_with_its_page(server, capsys):
    token = server.token("jonas.weber")
    data = paper(random.Random(7), "The zirconium mask is kept in drawer 41 of the clean bench.", page=17)
    assert 0.9 < len(data) / 1e6 < 1.2
    file = send(server, token, "paper.pdf", data, "application/pdf")
    start = time.monotonic()
    row = settled(server, token, file)
    took = time.monotonic() - start
    assert row["state"] == "indexed" and row["state_reason"] is None, row
    with capsys.disabled():
        print(f"\n{len(data)} bytes indexed {took:.2f} s after their upload")
    # The goal is two seconds; other work on the machine must not fail the test.
    assert took < 10
    question = {"query": "In which drawer is the zirconium mask kept?", "sources": ["file"]}
    answer = ask(server, token, "/api/chatbot", question)
    cited = [citation for citation in answer["citations"] if citation["source"]["id"] == file]
    assert "drawer 41" in answer["answer"] and cited[0]["locator"] == "page 17", answer
    assert cited[0]["title"] == "paper.pdf"
    assert not ask(server, server.token("emma.novak"), "/api/chatbot", question)["citations"]


def archive(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return data.getvalue()


def bomb():
    """A Word document of 300 kB that is 300 MB of spaces."""
    return archive({"word/document.xml": b"<w:document xmlns:w='w'><w:p>" + b" " * (300 << 20) + b"</w:p></w:document>"})


def lying_bomb():
    """The same, with headers that say it is small."""
    data = bytearray(bomb())
    size = data.index(b"PK\x01\x02") + 24
    data[size : size + 4] = data[22:26] = (1000).to_bytes(4, "little")
    return bytes(data)


def entities(content):
    return archive({"word/document.xml": f"<!DOCTYPE d [{content}]><d xmlns:w='w'><w:p><w:t>&e;</w:t></w:p></d>"})


LAUGHS = "".join(f"<!ENTITY {b} '{('&' + a + ';') * 10}'>" for a, b in zip("abcdefgh", "bcdefghe")).replace("&a;", "lol")

HOSTILE = {
    "bomb.docx": (bomb, "unpacks to more"),
    "lying.docx": (lying_bomb, "damaged"),
    "reads passwd.docx": (lambda: entities("<!ENTITY e SYSTEM 'file:///etc/passwd'>"), "document type"),
    "laughs.docx": (lambda: entities(LAUGHS), "document type"),
    "deep.docx": (lambda: archive({"word/document.xml": "<a>" * 100_000 + "</a>" * 100_000}), "deeper"),
    "members.docx": (lambda: archive({f"word/{n}": "" for n in range(30_000)} | {"word/document.xml": "<a/>"}), "more parts"),
    "locked.pdf": (lambda: pdf([["secret"]], encrypt="password"), "password"),
    "old.doc": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password, or of Office before 2007"),
    "empty.pdf": (lambda: b"", "empty"),
    "blank.pdf": (lambda: pdf([[]]), "no text"),
    "not really.pdf": (lambda: b"%PDF-1.7\nno, it is not", "damaged"),
    "measurement.txt": (lambda: b"\x01\x02\x03\x04" + bytes(200), "Nothing in it can be read"),
    "archive.zip": (lambda: archive({"a.txt": "words"}), "archives are not unpacked"),
    "picture of nothing.png": (lambda: png([]), "No text was found"),
    "broken.png": (lambda: png(["words on a page"])[:300], "damaged, or too large"),
    "nested.rtf": (lambda: b"{\\rtf1" + b"{" * 100_000, "deeper"),
    "nested.ipynb": (lambda: b"[" * 1_000_000, "nested deeper|cannot be read as one"),
    "spaces.txt": (lambda: b" \n" * 1000, "no text"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason(server, name):
    make, reason = HOSTILE[name]
    token = server.token("jonas.weber")
    row = settled(server, token, send(server, token, name, make()))
    assert row["state"] == "unindexable", row
    assert any(words in row["state_reason"] for words in reason.split("|")), row["state_reason"]
    assert server.call("GET", "/readyz")[0] == 200


def test_ten_thousand_pages_are_read_as_far_as_is_searched(server):
    token = server.token("jonas.weber")
    row = settled(server, token, send(server, token, "endless.pdf", pdf([[f"Page {n}. {FILLER}"] for n in range(10_000)])), 300)
    assert row["state"] == "indexed" and "only its first 3000 pages" in row["state_reason"], row


def test_files_cut_at_every_kilobyte_harm_nothing(server):
    token = server.token("jonas.weber")
    whole = {
        "cut.pdf": pdf([[FILLER] * 30] * 4), "cut.docx": word([FILLER])[:20_000], "cut.xlsx": excel([[FILLER]]),
        "cut.pptx": powerpoint([("a", "b")])[:12_000], "cut.png": png(["Some words to be read"]),
    }
    files = [
        send(server, token, f"{length} {name}", data[:length])
        for name, data in whole.items() for length in range(1024, len(data), 1024)
    ]
    rows = [settled(server, token, file, 120) for file in files]
    assert {row["state"] for row in rows} <= {"indexed", "unindexable"}
    assert all(row["state_reason"] for row in rows if row["state"] == "unindexable")
    assert server.call("GET", "/readyz")[0] == 200


def test_memory_stays_flat_and_words_go_first(server):
    """While files are read that take long and unfold, messages are found at once, and the server does not grow."""
    token = server.token("jonas.weber")
    before = server.memory()
    slow = [send(server, token, f"slow {n}.pdf", DOCUMENTS["scan.pdf"][0]) for n in range(6)]
    slow += [send(server, token, f"bomb {n}.docx", bomb()) for n in range(4)]
    room = ask(server, token, "/api/chat/conversations", {"name": "lane", "is_group": True, "member_ids": []})["id"]
    delays = []
    for number in range(5):
        text = f"Sample {number} went into the vitrification robot."
        start = time.time()
        server.call("POST", "/api/chat/messages", {"conversation_id": room, "content": text}, token=token)
        while not any(
            result["text"] == text for result in ask(server, token, "/api/search", {"query": text, "limit": 5})["results"]
        ):
            assert time.time() - start < 10, "a message waits for files"
            time.sleep(0.02)
        delays.append(time.time() - start)
    peak = before
    for file in slow:
        settled(server, token, file, 180)
        peak = max(peak, server.memory())
    assert sorted(delays)[2] < 2, delays
    assert peak - before < 96 << 20, f"grew by {(peak - before) >> 20} MB"
