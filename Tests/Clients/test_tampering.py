"""Signed addresses and tokens: whatever is changed in them, they open nothing."""

import base64
import hashlib
import hmac
import http.client
import json
import time
import urllib.parse

from signed_files import announce, fetch, link, put

WORDS = b"what nobody else may read"


def send(server, method, target, body=None, headers={}):
    """As it is written: no client's library puts it right before."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection._validate_path = lambda target: None
    connection.request(method, target, body, headers)
    reply = connection.getresponse()
    data = reply.read()
    connection.close()
    return reply.status, data


def target(url):
    place = urllib.parse.urlsplit(url)
    return f"{place.path}?{place.query}"


def flips(text):
    """Every byte, each in three ways."""
    for index, letter in enumerate(text):
        others = {chr(ord(letter) ^ 1), letter.swapcase(), "A" if letter != "A" else "B"} - {letter}
        for other in others:
            if other > " " and other not in "#\x7f":
                yield text[:index] + other + text[index + 1 :]


def spellings(address):
    """The same said in another way, and with more said."""
    path, query = address.split("?token=")
    yield from (f"{path}?token={query}{end}" for end in ["=", "==", "%3D", "&", "&x=1", "&token=", "%00", "%20", "+", "."])
    yield from (f"{path}?{start}token={query}" for start in ["x=1&", "token=&", "%20"])
    yield from (f"{path}?token=%{ord(query[index]):02X}{query[index + 1 :]}" for index in [0])
    yield from (f"{path}?token={query[:9]}%{ord(query[9]):02x}{query[10:]}", f"{path}?%74oken={query}")
    yield from (f"{path.upper()}?token={query}", f"{path}?TOKEN={query}", f"{path}?token={query.lower()}")
    identifier = path.split("/")[3]
    yield path.replace(identifier, identifier.upper()) + f"?token={query}"
    yield path.replace(identifier, f"%{ord(identifier[0]):02X}{identifier[1:]}") + f"?token={query}"
    yield from (f"{path}/?token={query}", f"/{path}?token={query}", f"{path}?token={query[:-1]}", path)


def test_no_changed_byte_opens_a_download(server):
    owner = server.token("jonas.weber")
    upload = announce(server, owner, "plain.txt")
    assert put(upload, WORDS)[0] == 200
    address = target(link(server, owner, upload["file_id"]))
    assert send(server, "GET", address) == (200, WORDS)
    for changed in [*flips(address), *spellings(address)]:
        if changed == address:
            continue
        status, body = send(server, "GET", changed)
        assert 400 <= status < 500 and WORDS not in body, changed
    assert send(server, "GET", address) == (200, WORDS)


def test_no_changed_byte_takes_an_upload(server):
    owner = server.token("jonas.weber")
    upload = announce(server, owner, "empty.txt")
    address = target(upload["url"])
    for changed in [*flips(address), *spellings(address)]:
        if changed == address:
            continue
        status, _ = send(server, "PUT", changed, b"theirs", upload["headers"])
        assert 400 <= status < 500, changed
    row = json.loads(server.call("GET", f"/api/files/{upload['file_id']}", token=owner)[1])
    assert row["state"] == "pending" and row["size_bytes"] is None
    assert put(upload, WORDS)[0] == 200


def test_what_is_signed_for_one_thing_is_for_no_other(server):
    owner = server.token("jonas.weber")
    upload, other = announce(server, owner, "one.txt"), announce(server, owner, "other.txt")
    assert put(upload, WORDS)[0] == 200
    address = target(link(server, owner, upload["file_id"]))
    assert send(server, "PUT", address, b"x", upload["headers"])[0] == 403
    assert send(server, "GET", target(other["url"]))[0] == 403
    assert send(server, "PUT", address.replace(upload["file_id"], other["file_id"]), b"x", other["headers"])[0] == 403
    assert send(server, "PUT", target(other["url"]), b"<p>", {"Content-Type": "text/html"})[0] == 415
    for method in ["POST", "DELETE", "PATCH"]:
        assert send(server, method, address)[0] >= 400
    bearer = {"Authorization": f"Bearer {upload['token']}"}
    assert fetch(f"{server.url}/api/files", **bearer)[0] == 401
    assert fetch(f"{server.url}/storage/v1/object/sign/any/thing?token={upload['token']}")[0] == 400


def signed(server, permission):
    """A token as the server makes it, with its own key."""
    with open(f"{server.data}/keys/files.key", "rb") as file:
        key = file.read()
    encoded = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    text = encoded(json.dumps(permission, sort_keys=True, separators=(",", ":")).encode())
    return f"{text}.{encoded(hmac.digest(key, text.encode(), hashlib.sha256))}"


def test_what_has_expired_opens_nothing(server):
    owner = server.token("jonas.weber")
    upload, waiting = announce(server, owner, "old.txt"), announce(server, owner, "late.txt")
    assert put(upload, WORDS)[0] == 200
    for method, address, status in [
        ("GET", target(link(server, owner, upload["file_id"])), 200), ("PUT", target(waiting["url"]), 200),
    ]:
        path, token = address.split("?token=")
        said = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
        now = int(time.time())
        assert now + 290 < said["expires"] <= now + 300
        for past in [now, now - 1, now - 10_000, 0, -1]:
            old = f"{path}?token={signed(server, said | {'expires': past})}"
            assert send(server, method, old, b"late", waiting["headers"])[0] == 403, (method, past)
        # The same with time left: it was the time, not the way it was signed.
        fresh = f"{path}?token={signed(server, said | {'expires': now + 60})}"
        assert send(server, method, fresh, b"late" if method == "PUT" else None, waiting["headers"])[0] == status


def test_storage_tokens(server):
    owner = server.token("adaeze.okafor")
    server.call("POST", "/storage/v1/bucket", {"id": "tamper", "name": "tamper"}, token=owner)
    assert server.call("POST", "/storage/v1/object/tamper/a.json", b'"words"', token=owner)[0] == 200
    sign = lambda seconds: json.loads(
        server.call("POST", "/storage/v1/object/sign/tamper/a.json", {"expiresIn": seconds}, token=owner)[1]
    )["signedURL"]
    address = "/storage/v1" + sign(60)
    assert send(server, "GET", address) == (200, b'"words"')
    path, token = address.split("?token=")
    # What may stand beside the token, such as `download`, is that protocol's to allow.
    changes = [*flips(token), token + "=", token + "%3D", token + ".", token[:-1], token.lower(), ""]
    changes += [f"{token}&token=", f"{token}&token={token}", f"&token={token}"]
    for changed in changes:
        status, body = send(server, "GET", f"{path}?token={changed}")
        assert 400 <= status < 500 and b"words" not in body, changed
    for changed in flips(path):
        status, body = send(server, "GET", f"{changed}?token={token}")
        assert 400 <= status < 500 and b"words" not in body, changed
    brief = "/storage/v1" + sign(1)
    time.sleep(2.1)
    assert send(server, "GET", brief)[0] == 400
    reply = json.loads(server.call("POST", "/storage/v1/object/upload/sign/tamper/b.json", {}, token=owner)[1])
    path, token = f"/storage/v1{reply['url']}".split("?token=")
    said = {"Content-Type": "application/json"}
    for changed in [*flips(token), address.split("?token=")[1]]:
        assert 400 <= send(server, "PUT", f"{path}?token={changed}", b"{}", said)[0] < 500, changed
    assert send(server, "PUT", address.replace("/sign/", "/upload/sign/"), b"{}", said)[0] == 400
    assert send(server, "PUT", f"{path}?token={token}", b"{}", said)[0] == 200
