"""Signed uploads and downloads, and what becomes of them."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from signed_files import announce, fetch, link, put


def test_an_upload_answers_questions_for_its_readers_alone(server):
    owner, other = server.token("jonas.weber"), server.token("emma.novak")
    text = b"The zebrafish facility opens at nine on Sundays.\n"
    upload = announce(server, owner, "zebrafish rules.txt", size=len(text))
    status, row = put(upload, text)
    assert status == 200 and row["size_bytes"] == len(text)
    assert put(upload, b"something else")[0] == 409

    def answer(token):
        question = {"query": "When does the zebrafish facility open on Sundays?"}
        return json.loads(server.call("POST", "/api/chatbot", question, token=token)[1])

    deadline = time.time() + 10
    while not (found := answer(owner))["citations"] and time.time() < deadline:
        time.sleep(0.2)
    assert "nine on Sundays" in found["answer"]
    assert not answer(other)["citations"]
    assert link(server, other, upload["file_id"]) == 404

    url = link(server, owner, upload["file_id"])
    status, body, headers = fetch(url)
    assert (status, body) == (200, text)
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Content-Disposition"].startswith("attachment")
    assert fetch(url, **{"If-None-Match": headers["ETag"]})[0] == 304
    assert fetch(url, Range="bytes=4-12")[:2] == (206, text[4:13])
    assert fetch(url, Range="bytes=-8")[1] == text[-8:]
    assert fetch(url, Range="bytes=900-")[0] == 416

    assert server.call("DELETE", f"/api/files/{upload['file_id']}", token=owner)[0] == 204
    assert fetch(url)[0] == 404
    assert not answer(owner)["citations"]


def test_a_changed_signature_opens_nothing(server):
    owner = server.token("jonas.weber")
    upload = announce(server, owner, "plain.txt")
    assert put(upload, b"words")[0] == 200
    url = link(server, owner, upload["file_id"])
    place, token = url.split("token=")
    for index in range(len(token)):
        other = "A" if token[index] != "A" else "B"
        changed = token[:index] + other + token[index + 1 :]
        assert fetch(f"{place}token={changed}")[0] in (400, 403), index
    assert fetch(place + "token=")[0] == 403
    assert fetch(f"{place}token={upload['token']}")[0] == 403
    assert put(upload, b"words", url)[0] == 403
    elsewhere = announce(server, owner, "elsewhere.txt")
    assert fetch(url.replace(upload["file_id"], elsewhere["file_id"]))[0] == 403


def test_limits(server):
    owner = server.token("jonas.weber")
    small = announce(server, owner, "small.txt", size=4)
    assert put(small, b"more than four")[0] == 413
    assert put(small, b"four")[0] == 200
    typed = announce(server, owner, "typed.txt")
    assert put(dict(typed, headers={"Content-Type": "text/html"}), b"<p>")[0] == 415
    for wrong in [{"name": "../up.txt"}, {"name": ""}, {"name": "a", "size": 1 << 50}, {"name": "a", "content_type": "x"}]:
        assert server.call("POST", "/api/files/upload", wrong, token=owner)[0] == 400


def test_a_file_follows_what_it_is_attached_to(server):
    owner, other = server.token("jonas.weber"), server.token("emma.novak")
    status = json.loads(server.call("POST", "/api/status", {"text": "see", "visibility": "public"}, token=owner)[1])
    upload = announce(server, owner, "shared.txt")
    put(upload, b"for all")
    file = upload["file_id"]
    assert link(server, other, file) == 404
    assert server.call("PATCH", f"/api/files/{file}", {"status_id": status["id"]}, token=owner)[0] == 200
    assert fetch(link(server, other, file))[1] == b"for all"
    old = link(server, other, file)
    assert server.call("PATCH", f"/api/files/{file}", {"detach": True}, token=owner)[0] == 200
    assert link(server, other, file) == 404 and fetch(old)[0] == 404
    assert server.call("PATCH", f"/api/files/{file}", {"name": "mine"}, token=other)[0] == 404


def test_a_message_alone_says_where_a_file_hangs(server):
    owner, other = server.token("jonas.weber"), server.token("emma.novak")
    member = json.loads(server.call("GET", "/api/auth/session", token=server.token())[1])["user"]["id"]
    room = {"name": "files", "is_group": True, "member_ids": [member]}
    room = json.loads(server.call("POST", "/api/chat/conversations", room, token=owner)[1])["id"]
    said = {"conversation_id": room, "content": "see the file"}
    message = json.loads(server.call("POST", "/api/chat/messages", said, token=owner)[1])["id"]
    upload = announce(server, owner, "announced.txt", message_id=message)
    assert put(upload, b"at once")[1]["conversation_id"] == room
    later = announce(server, owner, "later.txt")
    put(later, b"later")
    status, row = server.call("PATCH", f"/api/files/{later['file_id']}", {"message_id": message}, token=owner)
    assert status == 200 and json.loads(row)["conversation_id"] == room and json.loads(row)["message_id"] == message
    named = lambda token: server.call("GET", f"/api/files?message_id={message}", token=token)
    for token in [owner, server.token()]:
        assert {row["name"] for row in json.loads(named(token)[1])["data"]} == {"announced.txt", "later.txt"}
    assert json.loads(named(other)[1])["data"] == []
    mine = announce(server, other, "mine.txt")
    put(mine, b"mine")
    absent = str(uuid.uuid4())
    bodies = []
    for place in [message, absent]:
        replies = [
            server.call("PATCH", f"/api/files/{mine['file_id']}", {"message_id": place}, token=other),
            server.call("POST", "/api/files/upload", {"name": "a", "message_id": place}, token=other),
            server.call("PATCH", f"/api/files/{mine['file_id']}", {"message_id": place, "status_id": absent}, token=other),
        ]
        assert [status for status, _ in replies] == [404, 404, 400]
        bodies.append([json.loads(body) | {"request_id": None} for _, body in replies])
    assert bodies[0] == bodies[1]


def form(fields, file=None, name="file", kind=None):
    """A form as curl and browsers write it."""
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{text}'.encode() for key, text in fields.items()]
    if file is not None:
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + file if kind else f"{head}\r\n".encode() + file)
    body = b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts) + b"--limit--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=limit"}


def test_a_form_is_taken_at_once(server):
    owner, other = server.token("jonas.weber"), server.token("emma.novak")

    def send_raw(body, headers):
        request = urllib.request.Request(f"{server.url}/api/files/upload", body, headers, method="POST")
        request.add_header("Authorization", f"Bearer {owner}")
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def send(*arguments, **more):
        status, said = send_raw(*form(*arguments, **more))
        return status, json.loads(said)

    data = b"\r\n--limi\r\n" * 50_000
    status, row = send({}, data, 'räw; v 2%22.bin', None)
    assert status == 201 and row["name"] == 'räw; v 2".bin' and row["size_bytes"] == len(data)
    assert row["content_type"] == "application/octet-stream" and fetch(link(server, owner, row["id"]))[1] == data
    assert link(server, other, row["id"]) == 404
    status = json.loads(server.call("POST", "/api/status", {"text": "see", "visibility": "public"}, token=owner)[1])
    code, row = send({"name": "named.png", "status_id": status["id"]}, b"GIF89a" + bytes(9), "n.png", "image/png")
    assert code == 201 and (row["name"], row["content_type"]) == ("named.png", "image/gif")
    assert fetch(link(server, other, row["id"]))[0] == 200

    before = server.call("GET", "/api/files?limit=100", token=owner)[1]
    assert send({}, b"\x7fELF" + bytes(60), "a.png", "image/png")[0] == 415
    assert send({}, b"words", "../up.txt", "text/plain")[0] == 400
    assert send({"status_id": "x"}, b"words", "a.txt", "text/plain")[0] == 400
    assert send({"status_id": str(uuid.uuid4())}, b"words", "a.txt", "text/plain")[0] == 404
    body, headers = form({}, b"words", "a.txt", "text/plain")
    more = form({"name": "b.txt"})[0]
    status, said = send_raw(body.removesuffix(b"--limit--\r\n") + more, headers)
    assert status == 400 and "last field" in said
    assert [send_raw(body[:-cut], headers)[0] for cut in [4, 6, 12, 40]] == [400] * 4
    assert send({"name": "a.txt"})[0] == 400 and send({f"{n}": "" for n in range(21)}, b"words", "a", None)[0] == 400
    # None of them left a row.
    assert server.call("GET", "/api/files?limit=100", token=owner)[1] == before


def test_head_tells_of_a_file_without_its_bytes(server):
    owner = server.token("jonas.weber")
    upload = announce(server, owner, "head.txt")
    put(upload, b"words")
    url = link(server, owner, upload["file_id"])
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD")) as reply:
        assert reply.headers["Content-Length"] == "5" and reply.headers["ETag"] and reply.read() == b""
    for other in [url[:-1], upload["url"]]:
        try:
            urllib.request.urlopen(urllib.request.Request(other, method="HEAD"))
        except urllib.error.HTTPError as error:
            assert error.code == 403
        else:
            raise AssertionError(other)


def new_version(server, token, file, **said):
    status, body = server.call("POST", f"/api/files/{file}/versions", said, token=token)
    return json.loads(body) if status == 201 else status


def test_what_a_file_held_before_is_its_owners(server):
    owner, other = server.token("jonas.weber"), server.token("emma.novak")
    upload = announce(server, owner, "protocol.txt")
    file = upload["file_id"]
    assert new_version(server, owner, file) == 404  # It holds nothing yet.
    put(upload, b"first")
    status = json.loads(server.call("POST", "/api/status", {"text": "see", "visibility": "public"}, token=owner)[1])
    server.call("PATCH", f"/api/files/{file}", {"status_id": status["id"]}, token=owner)
    second, third = new_version(server, owner, file), new_version(server, owner, file)
    assert new_version(server, other, file) == 404
    assert put(second, b"second")[0] == 200
    assert put(second, b"again")[0] == 409 and put(third, b"third")[0] == 409  # What they were to replace is gone.
    assert put(new_version(server, owner, file, content_type="text/csv"), b"a,b")[1]["content_type"] == "text/csv"
    assert fetch(link(server, other, file))[1] == b"a,b"

    versions = json.loads(server.call("GET", f"/api/files/{file}/versions", token=owner)[1])["data"]
    assert [one["size_bytes"] for one in versions] == [6, 5]
    assert json.loads(server.call("GET", f"/api/files/{file}/versions", token=other)[1])["data"] == []
    old = f"{file}&version_id={versions[1]['id']}"
    assert fetch(link(server, owner, old))[1] == b"first"
    assert link(server, other, old) == 404
    assert server.call("DELETE", f"/api/files/{file}", token=owner)[0] == 204
    assert server.call("GET", f"/api/files/{file}/versions", token=owner)[0] == 404


def test_an_owner_ends_all_addresses_at_once(server):
    owner, other = server.token("jonas.weber"), server.token("emma.novak")
    upload = announce(server, owner, "secret.txt")
    put(upload, b"words")
    file = upload["file_id"]
    status = json.loads(server.call("POST", "/api/status", {"text": "see", "visibility": "public"}, token=owner)[1])
    server.call("PATCH", f"/api/files/{file}", {"status_id": status["id"]}, token=owner)
    urls, version = [link(server, owner, file), link(server, other, file)], new_version(server, owner, file)
    assert server.call("DELETE", f"/api/files/{file}/links", token=other)[0] == 404
    assert [fetch(url)[0] for url in urls] == [200, 200]
    assert server.call("DELETE", f"/api/files/{file}/links", token=owner)[0] == 204
    assert [fetch(url)[0] for url in urls] == [403, 403] and put(version, b"x")[0] == 403
    assert fetch(link(server, other, file))[1] == b"words"


def test_types_are_what_bytes_are(server):
    owner = server.token("jonas.weber")
    program = b"\x7fELF\x02\x01\x01" + bytes(60)
    windows = b"MZ\x90\x00" + bytes(60)
    for name, kind, data in [
        ("figure.png", "image/png", program), ("report.pdf", "application/pdf", windows),
        ("data.bin", "application/octet-stream", program), ("notes.pdf.exe", "application/pdf", windows),
    ]:
        upload = announce(server, owner, name, kind)
        assert put(upload, data)[0] == 415
        assert link(server, owner, upload["file_id"]) == 404
    status, body = server.call(
        "POST", "/api/files/upload", {"name": "a", "content_type": "application/x-msdownload"}, token=owner
    )
    assert status == 415 and "LABSYNC_ALLOWED_TYPES" in body
    for kind, data, stored in [
        ("image/png", b"<!DOCTYPE html><script>alert(1)</script>", "text/html"),
        ("image/png", b"GIF89a" + bytes(9), "image/gif"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04" + bytes(9), None),
        ("application/octet-stream", b"%PDF-1.7 ", "application/pdf"),
        ("application/x-hdf5", b"instrument's own", None),
    ]:
        upload = announce(server, owner, "named", kind)
        status, row = put(upload, data)
        assert status == 200 and row["content_type"] == (stored or kind)
        headers = fetch(link(server, owner, upload["file_id"]))[2]
        assert headers["Content-Disposition"].startswith("attachment") and headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]
