"""Buckets and objects through Supabase's own libraries, unmodified."""

import json
import urllib.request
import uuid

import pytest
from storage3 import SyncStorageClient
from storage3.exceptions import StorageApiError

# A second line would break a parser that looks for less than the whole delimiter.
BYTES = b"one\r\n--two\r\n\x00\xff three\r\n" * 9


def storage(server, name="adaeze.okafor"):
    token = server.token(name)
    return SyncStorageClient(f"{server.url}/storage/v1/", {"Authorization": f"Bearer {token}", "apikey": token})


@pytest.fixture(scope="module")
def owner(server):
    return storage(server)


@pytest.fixture(scope="module")
def member(server):
    return storage(server, "emma.novak")


@pytest.fixture
def bucket(owner):
    name = f"papers-{uuid.uuid4().hex[:8]}"
    owner.create_bucket(name)
    yield owner.from_(name)
    owner.empty_bucket(name)


def refusal(call, *arguments, **named):
    with pytest.raises(StorageApiError) as caught:
        call(*arguments, **named)
    return int(caught.value.status), caught.value.code


def fetch(url, method="GET", **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers, method=method)) as reply:
            return reply.status, reply.read(), reply.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def test_buckets(owner, member):
    name = f"b-{uuid.uuid4().hex[:8]}"
    assert owner.create_bucket(name, options={"public": True, "file_size_limit": 2048}) == {"name": name}
    assert refusal(owner.create_bucket, name) == (409, "Duplicate")
    assert refusal(member.create_bucket, name + "x") == (403, "Unauthorized")
    assert refusal(owner.create_bucket, "a/b")[0] == 400
    found = owner.get_bucket(name)
    assert found.public and found.file_size_limit == 2048 and found.owner and found.allowed_mime_types is None
    assert name in [one.id for one in member.list_buckets()]
    owner.update_bucket(name, {"public": False, "file_size_limit": "1MB", "allowed_mime_types": ["image/*"]})
    found = owner.get_bucket(name)
    assert not found.public and found.file_size_limit == 1_000_000 and found.allowed_mime_types == ["image/*"]
    assert refusal(member.update_bucket, name, {"public": True}) == (403, "Unauthorized")
    assert refusal(member.delete_bucket, name) == (403, "Unauthorized")
    owner.from_(name).upload("a.png", b"\x89PNG\r\n\x1a\n", {"content-type": "image/png"})
    assert refusal(owner.delete_bucket, name)[0] == 409
    owner.empty_bucket(name)
    owner.delete_bucket(name)
    assert refusal(owner.get_bucket, name) == (404, "Bucket not found")
    assert refusal(owner.from_(name).list) == (404, "Bucket not found")


def test_an_object_comes_back_as_it_went(bucket):
    sent = {"content-type": "application/pdf", "cache-control": "60", "metadata": {"sample": "12"}}
    done = bucket.upload("lab1/a.pdf", BYTES, sent)
    assert done.path == "lab1/a.pdf" and done.full_path == f"{bucket.id}/lab1/a.pdf"
    assert bucket.download("lab1/a.pdf") == BYTES
    info = bucket.info("lab1/a.pdf")
    assert (info["size"], info["content_type"], info["cache_control"]) == (len(BYTES), "application/pdf", "max-age=60")
    assert info["user_metadata"] == {"sample": "12"}
    assert bucket.exists("lab1/a.pdf") and not bucket.exists("lab1/none.pdf")
    assert refusal(bucket.upload, "lab1/a.pdf", b"x") == (409, "Duplicate")
    bucket.upload("lab1/a.pdf", b"second", {"upsert": "true"})
    assert bucket.download("lab1/a.pdf") == b"second"
    bucket.update("lab1/a.pdf", b"third")
    assert bucket.download("lab1/a.pdf") == b"third"
    assert refusal(bucket.update, "lab1/none.pdf", b"x") == (404, "not_found")
    bucket.upload("empty", b"")
    assert bucket.download("empty") == b""
    assert refusal(bucket.upload, "a\\b", b"x")[0] == 400
    bucket.move("lab1/a.pdf", "lab2/b.pdf")
    bucket.copy("lab2/b.pdf", "lab2/c d.pdf")
    assert bucket.download("lab2/c d.pdf") == b"third" and not bucket.exists("lab1/a.pdf")
    assert refusal(bucket.move, "none", "other") == (404, "not_found")
    assert refusal(bucket.copy, "lab2/b.pdf", "lab2/c d.pdf") == (409, "Duplicate")
    assert [row["name"] for row in bucket.remove(["lab2/b.pdf", "none"])] == ["lab2/b.pdf"]
    # The copy shared its bytes with what is gone.
    assert bucket.download("lab2/c d.pdf") == b"third"
    assert refusal(bucket.download, "lab2/b.pdf") == (404, "not_found")


def test_lists(bucket):
    for path in ["b.txt", "a.txt", "x/1.txt", "x/2.txt", "x/y/3.txt", "z/4.txt"]:
        bucket.upload(path, path.encode())
    top = bucket.list()
    assert [one["name"] for one in top] == ["a.txt", "b.txt", "x", "z"]
    assert top[2]["id"] is None and top[2]["metadata"] is None and top[0]["metadata"]["size"] == 5
    assert [one["name"] for one in bucket.list("x")] == ["1.txt", "2.txt", "y"]
    assert [one["name"] for one in bucket.list("", {"limit": 2, "offset": 1})] == ["b.txt", "x"]
    assert [one["name"] for one in bucket.list("", {"sortBy": {"column": "name", "order": "desc"}})][0] == "z"
    assert [one["name"] for one in bucket.list("", {"search": "B"})] == ["b.txt"]
    names, cursor = [], None
    for _ in range(9):
        page = bucket.list_v2({"limit": 2, "prefix": ""} | ({"cursor": cursor} if cursor else {}))
        names += [one.name for one in page.objects]
        if not page.hasNext:
            break
        cursor = page.nextCursor
    assert names == ["a.txt", "b.txt", "x/1.txt", "x/2.txt", "x/y/3.txt", "z/4.txt"]
    page = bucket.list_v2({"prefix": "x/", "with_delimiter": True})
    assert [one.name for one in page.folders] == ["x/y/"] and [one.key for one in page.objects] == ["1.txt", "2.txt"]


def test_limits_and_types(owner):
    name = f"small-{uuid.uuid4().hex[:8]}"
    owner.create_bucket(name, options={"file_size_limit": 10, "allowed_mime_types": ["text/plain", "image/*"]})
    bucket = owner.from_(name)
    bucket.upload("ten", b"0123456789")
    assert refusal(bucket.upload, "eleven", b"0123456789a") == (413, "Payload too large")
    assert refusal(bucket.upload, "page", b"<p>", {"content-type": "text/html"}) == (415, "invalid_mime_type")
    bucket.upload("dot.gif", b"GIF89a", {"content-type": "image/gif"})
    assert not bucket.exists("eleven") and not bucket.exists("page")


def test_signed_addresses(server, bucket, owner):
    bucket.upload("s/one.txt", BYTES, {"content-type": "text/plain"})
    url = bucket.create_signed_url("s/one.txt", 60)["signedURL"]
    status, body, headers = fetch(url)
    assert (status, body) == (200, BYTES) and headers["Expires"] and headers["X-Content-Type-Options"] == "nosniff"
    url = bucket.create_signed_url("s/one.txt", 60, {"download": "my name.txt"})["signedURL"]
    assert "my%20name" in fetch(url)[2]["Content-Disposition"]
    many = bucket.create_signed_urls(["s/one.txt", "s/none.txt"], 60)
    assert fetch(many[0]["signedURL"])[1] == BYTES and many[1]["signedURL"] is None and many[1]["error"]
    assert refusal(bucket.create_signed_url, "s/none.txt", 60) == (404, "not_found")
    assert refusal(bucket.create_signed_url, "s/one.txt", 0)[0] == 400

    up = bucket.create_signed_upload_url("s/two.txt")
    bucket.upload_to_signed_url("s/two.txt", up["token"], b"two")
    assert bucket.download("s/two.txt") == b"two"
    assert refusal(bucket.upload_to_signed_url, "s/two.txt", up["token"], b"x") == (409, "Duplicate")
    assert refusal(bucket.upload_to_signed_url, "s/three.txt", up["token"], b"x") == (400, "InvalidSignature")
    download = url.split("token=")[1].split("&")[0]
    assert refusal(bucket.upload_to_signed_url, "s/one.txt", download, b"x") == (400, "InvalidSignature")
    assert fetch(f"{url.split('?')[0]}?token={up['token']}")[0] == 400
    # The flag is the token's, whatever the upload says.
    assert refusal(
        bucket.upload_to_signed_url, "s/one.txt",
        bucket.create_signed_upload_url("s/four.txt")["token"], b"x", {"headers": {"x-upsert": "true"}},
    )[0] == 400


def test_every_byte_of_a_signed_address_counts(bucket):
    bucket.upload("t.txt", b"words", {"content-type": "text/plain"})
    url = bucket.create_signed_url("t.txt", 60)["signedURL"]
    assert fetch(url)[1] == b"words"
    start = url.index("/object/sign/") + len("/object/sign/")
    for index in range(start, len(url)):
        other = "A" if url[index] != "A" else "B"
        status, body, _ = fetch(url[:index] + other + url[index + 1 :])
        assert status in (400, 404) and body != b"words", url[index:]


def test_ranges_and_conditions(server, bucket):
    bucket.upload("r.bin", BYTES, {"content-type": "application/octet-stream"})
    url = f"{server.url}/storage/v1/object/authenticated/{bucket.id}/r.bin"
    sign_in = {"Authorization": f"Bearer {server.token()}"}
    status, body, headers = fetch(url, **sign_in)
    assert body == BYTES and headers["Accept-Ranges"] == "bytes" and headers["Content-Disposition"] == "attachment"
    assert fetch(url, "HEAD", **sign_in)[2]["Content-Length"] == str(len(BYTES))
    assert fetch(url, **sign_in, Range="bytes=2-5")[:2] == (206, BYTES[2:6])
    assert fetch(url, **sign_in, Range="bytes=2-99999")[1] == BYTES[2:]
    assert fetch(url, **sign_in, Range="bytes=-3")[1] == BYTES[-3:]
    for odd in ["bytes=0-1,3-4", "bytes=x", f"bytes={len(BYTES)}-", "bytes=5-2"]:
        status, body, _ = fetch(url, **sign_in, Range=odd)
        assert status == 416 and json.loads(body)["error"] == "invalid_range", odd
    assert fetch(url, **sign_in, **{"If-None-Match": headers["ETag"]})[0] == 304
    assert fetch(url, **sign_in, **{"If-Modified-Since": headers["Last-Modified"]})[0] == 304
    assert fetch(url, **sign_in, Range="bytes=2-5", **{"If-Range": '"other"'})[0] == 200


def test_who_sees_what(server, owner, member):
    name = f"who-{uuid.uuid4().hex[:8]}"
    owner.create_bucket(name)
    mine, theirs = owner.from_(name), member.from_(name)
    mine.upload("same.txt", b"mine")
    # A path that is taken does not tell of it: each has their own.
    assert not theirs.exists("same.txt")
    theirs.upload("same.txt", b"theirs")
    assert (mine.download("same.txt"), theirs.download("same.txt")) == (b"mine", b"theirs")
    assert [one["name"] for one in theirs.list()] == ["same.txt"]
    assert fetch(mine.get_public_url("same.txt"))[0] == 400
    assert refusal(owner.update_bucket, name, {"public": True})[0] == 409
    theirs.remove(["same.txt"])
    owner.update_bucket(name, {"public": True})
    assert fetch(mine.get_public_url("same.txt"))[:2] == (200, b"mine")
    assert theirs.download("same.txt") == b"mine"
    assert refusal(theirs.upload, "same.txt", b"x", {"upsert": "true"}) == (403, "Unauthorized")
    assert refusal(theirs.upload, "same.txt", b"x") == (409, "Duplicate")
    assert theirs.remove(["same.txt"]) == []
    owner.update_bucket(name, {"public": False})
    assert not theirs.exists("same.txt") and fetch(mine.get_public_url("same.txt"))[0] == 400


def test_a_folder_belongs_to_its_conversation(server, owner, member):
    people = json.loads(server.call("GET", "/api/users?limit=100", token=server.token())[1])["data"]
    emma = next(one["id"] for one in people if one["email"].startswith("emma.novak"))
    made = {"name": "shared", "is_group": True, "member_ids": [emma]}
    room = json.loads(server.call("POST", "/api/chat/conversations", made, token=server.token())[1])["id"]
    name = f"rooms-{uuid.uuid4().hex[:8]}"
    owner.create_bucket(name)
    path = f"conversations/{room}/plan.txt"
    owner.from_(name).upload(path, b"for both")
    assert member.from_(name).download(path) == b"for both"
    stranger = storage(server, "callum.reid").from_(name)
    assert not stranger.exists(path)
    assert refusal(stranger.upload, f"conversations/{room}/x.txt", b"x") == (403, "Unauthorized")
    assert refusal(stranger.upload, f"conversations/{uuid.uuid4()}/x.txt", b"x") == (403, "Unauthorized")
    owner.from_(name).move(path, "plan.txt")
    assert not member.from_(name).exists("plan.txt")


def test_pages_do_not_act(server, owner):
    name = f"safe-{uuid.uuid4().hex[:8]}"
    owner.create_bucket(name, options={"public": True})
    bucket = owner.from_(name)
    bucket.upload("page.html", b"<script>alert(1)</script>", {"content-type": "text/html"})
    bucket.upload("image.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", {"content-type": "image/svg+xml"})
    bucket.upload("dot.gif", b"GIF89a", {"content-type": "image/gif"})
    page = fetch(bucket.get_public_url("page.html"))[2]
    assert page["Content-Type"].startswith("text/plain") and "sandbox" in page["Content-Security-Policy"]
    assert fetch(bucket.get_public_url("image.svg"))[2]["Content-Disposition"] == "attachment"
    assert fetch(bucket.get_public_url("dot.gif"))[2]["Content-Disposition"] == "inline"


def test_errors_are_the_protocols(server):
    status, body = server.call("GET", "/storage/v1/bucket")
    assert status == 400
    assert json.loads(body)["statusCode"] == "403" and json.loads(body)["error"] == "Unauthorized"
    status, body = server.call("GET", "/storage/v1/bucket", token="x.y.z")
    assert status == 400 and json.loads(body)["statusCode"] == "403"
    status, body = server.call("POST", "/storage/v1/bucket", b"{", token=server.token())
    assert status == 400 and json.loads(body)["statusCode"] == "400"


def test_supabase(server):
    supabase = pytest.importorskip("supabase")
    client = supabase.create_client(server.url, server.token())
    name = f"supa-{uuid.uuid4().hex[:8]}"
    client.storage.create_bucket(name, options={"public": True})
    client.storage.from_(name).upload("hello.txt", b"hello", {"content-type": "text/plain"})
    assert client.storage.from_(name).download("hello.txt") == b"hello"
    assert fetch(client.storage.from_(name).get_public_url("hello.txt"))[1] == b"hello"
