"""A day of the lab through the everyday endpoints, as a person at a front end goes about it."""

import concurrent.futures
import json
import time
import urllib.error
import urllib.request
import uuid

import pytest

PASSWORD = "correct horse battery staple"


class Member:
    def __init__(self, server, name, token=None):
        self.server = server
        self.access = token or server.token(name)
        self.id = self.get("/api/users/me")["id"]

    def call(self, method, path, body=None, status=None, **headers):
        code, text = self.server.call(
            method, path, body, self.access, {name.replace("_", "-"): value for name, value in headers.items()}
        )
        assert status is None or code == status, (method, path, code, text)
        return json.loads(text) if text else None

    def get(self, path, status=200):
        return self.call("GET", path, None, status)

    def post(self, path, body, status=201, **headers):
        return self.call("POST", path, body, status, **headers)


@pytest.fixture(scope="module")
def priya(server):
    return Member(server, "priya.raghunathan")


@pytest.fixture(scope="module")
def jonas(server):
    return Member(server, "jonas.weber")


@pytest.fixture(scope="module")
def emma(server):
    return Member(server, "emma.novak")


@pytest.fixture(scope="module")
def owner(server):
    return Member(server, "adaeze.okafor")


@pytest.fixture()
def room(priya, jonas):
    made = priya.post("/api/chat/conversations", {"name": "bench 4", "is_group": True, "member_ids": [jonas.id]})
    yield made["id"]
    priya.call("DELETE", f"/api/chat/conversations/{made['id']}", status=204)


def sign_in(server, email, password, status=200):
    code, text = server.call("POST", "/api/auth/sign-in", {"email": email, "password": password})
    assert code == status, text
    return json.loads(text)


def test_a_member_comes_changes_the_password_and_goes(server, owner, priya):
    email = f"{uuid.uuid4().hex}@okafor-lab.example"
    joining = {"email": email, "password": PASSWORD, "full_name": "A Newcomer"}
    assert server.call("POST", "/api/auth/sign-up", joining)[0] == 403
    priya.post("/api/auth/invitations", {"email": email}, 403)
    invitation = owner.post("/api/auth/invitations", {"email": email})["token"]
    code, text = server.call("POST", "/api/auth/sign-up", joining | {"invitation": invitation})
    assert code == 201, text
    member = json.loads(text)["user_id"]

    first = sign_in(server, email, PASSWORD)
    code, text = server.call("POST", "/api/auth/refresh", {"refresh_token": first["refresh_token"]})
    second = json.loads(text)
    assert code == 200
    # Used twice, it may have been stolen: the whole line of them ends.
    assert server.call("POST", "/api/auth/refresh", {"refresh_token": first["refresh_token"]})[0] == 401
    assert server.call("POST", "/api/auth/refresh", {"refresh_token": second["refresh_token"]})[0] == 401

    token = sign_in(server, email, PASSWORD)["access_token"]
    change = {"password": PASSWORD, "new_password": PASSWORD + " 2"}
    assert server.call("POST", "/api/auth/password", change, token)[0] == 200
    again = sign_in(server, email, PASSWORD + " 2")
    assert server.call("POST", "/api/auth/sign-out", {"everywhere": True}, again["access_token"])[0] == 204
    assert server.call("POST", "/api/auth/refresh", {"refresh_token": again["refresh_token"]})[0] == 401

    link = owner.post("/api/auth/invitations", {"email": email})["token"]
    code, text = server.call("POST", "/api/auth/reset", {"token": link, "new_password": PASSWORD + " 3"})
    assert code == 200, text
    token = sign_in(server, email, PASSWORD + " 3")["access_token"]
    owner.call("DELETE", f"/api/users/{member}", status=204)
    assert server.call("GET", "/api/users/me", token=token)[0] == 401
    sign_in(server, email, PASSWORD + " 3", 401)


def test_two_people_have_one_direct_conversation(server, priya, jonas, emma):
    body = {"member_ids": [emma.id]}
    key = str(uuid.uuid4())
    made = priya.post("/api/chat/conversations", body, Idempotency_Key=key)
    place = f"/api/chat/conversations/{made['id']}"
    assert made["member_ids"] == sorted([priya.id, emma.id]) and not made["is_group"]
    for asker, other in [(priya, emma), (emma, priya), (emma, emma)]:
        there = asker.post("/api/chat/conversations", {"member_ids": [other.id, priya.id]}, 200)
        assert there["id"] == made["id"]
    # The same request again is answered as it was.
    assert priya.post("/api/chat/conversations", body, 201, Idempotency_Key=key)["id"] == made["id"]
    assert priya.post("/api/chat/conversations", body, 200, Idempotency_Key=str(uuid.uuid4()))["id"] == made["id"]
    # A group of two is another thing, and the pair is nobody else's.
    group = priya.post("/api/chat/conversations", body | {"is_group": True, "name": "we two"})
    assert group["id"] != made["id"]
    other = jonas.post("/api/chat/conversations", body)
    assert other["id"] != made["id"]
    # One with a name is about something of its own.
    named = priya.post("/api/chat/conversations", body | {"name": "the offsite"})
    assert named["id"] != made["id"] and not named["is_group"]
    priya.call("DELETE", f"/api/chat/conversations/{named['id']}", status=204)
    jonas.get(place, 404)
    priya.call("DELETE", place, status=204)
    again = emma.post("/api/chat/conversations", {"member_ids": [priya.id]})
    assert again["id"] not in (made["id"], group["id"])
    emma.call("DELETE", f"/api/chat/conversations/{again['id']}", status=204)
    priya.call("DELETE", f"/api/chat/conversations/{group['id']}", status=204)
    jonas.call("DELETE", f"/api/chat/conversations/{other['id']}", status=204)


def test_those_who_begin_it_at_the_same_time_have_one(priya, emma):
    for _ in range(5):
        with concurrent.futures.ThreadPoolExecutor(16) as askers:
            rows = list(
                askers.map(
                    lambda number: (priya, emma)[number % 2].post(
                        "/api/chat/conversations", {"member_ids": [(emma, priya)[number % 2].id]}, None
                    )["id"],
                    range(16),
                )
            )
        assert len(set(rows)) == 1
        listed = [row["id"] for row in priya.get("/api/chat/conversations?limit=100")["data"] if not row["is_group"]]
        assert [row for row in listed if row in rows] == rows[:1]
        (priya if priya.get(f"/api/chat/conversations/{rows[0]}")["created_by"] == priya.id else emma).call(
            "DELETE", f"/api/chat/conversations/{rows[0]}", status=204
        )


def test_a_conversation(priya, jonas, emma, room):
    hidden = emma.get(f"/api/chat/conversations/{room}", 404)
    absent = emma.get(f"/api/chat/conversations/{uuid.uuid4()}", 404)
    assert hidden | {"request_id": ""} == absent | {"request_id": ""}

    key = str(uuid.uuid4())
    words = {"conversation_id": room, "content": "@jonas.weber the pump hums"}
    first = priya.post("/api/chat/messages", words, Idempotency_Key=key)
    assert priya.post("/api/chat/messages", words, Idempotency_Key=key)["id"] == first["id"]
    priya.post("/api/chat/messages", words | {"content": "other"}, 422, Idempotency_Key=key)
    assert first["mentions"] == [jonas.id]
    assert first["id"] in [row["id"] for row in jonas.get("/api/chat/mentions")["data"]]

    assert jonas.get(f"/api/chat/conversations/{room}")["unread_count"] == 1
    jonas.call("POST", f"/api/chat/conversations/{room}/read", {})
    assert jonas.get(f"/api/chat/conversations/{room}")["unread_count"] == 0

    jonas.call("PATCH", f"/api/chat/messages/{first['id']}", {"content": "mine"}, 403)
    emma.call("PATCH", f"/api/chat/messages/{first['id']}", {"content": "mine"}, 404)
    edited = priya.call("PATCH", f"/api/chat/messages/{first['id']}", {"content": "it hums no more"}, 200)
    assert edited["content"] == "it hums no more" and edited["edited_at"]
    priya.call("DELETE", f"/api/chat/messages/{first['id']}", status=204)
    priya.call("DELETE", f"/api/chat/messages/{first['id']}", status=404)

    priya.call("POST", f"/api/chat/conversations/{room}/members", {"user_ids": [emma.id]}, 200)
    assert len(emma.get(f"/api/chat/conversations/{room}/members")["data"]) == 3
    emma.call("DELETE", f"/api/chat/conversations/{room}/members/{emma.id}", status=204)
    emma.get(f"/api/chat/conversations/{room}", 404)


def test_pages_both_ways_and_nothing_new(server, priya, room):
    for number in range(7):
        priya.post("/api/chat/messages", {"conversation_id": room, "content": f"line {number}"})
    path = f"/api/chat/messages?conversation_id={room}&limit=3"

    def lines(page):
        return [row["content"] for row in page["data"]]

    newest = priya.get(path)
    assert lines(newest) == ["line 6", "line 5", "line 4"]
    older = priya.get(f"{path}&before={newest['next_cursor']}")
    assert lines(older) == ["line 3", "line 2", "line 1"]
    assert lines(priya.get(f"{path}&after={older['data'][0]['id']}")) == ["line 4", "line 5", "line 6"]

    asked = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {priya.access}"})
    with urllib.request.urlopen(asked) as reply:
        asked.add_header("If-None-Match", reply.headers["ETag"])
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        urllib.request.urlopen(asked)
    assert unchanged.value.code == 304


def test_the_feed_and_its_audience(owner, priya, jonas, emma):
    role = owner.post("/api/roles", {"name": "pump keepers"})["id"]
    priya.post("/api/roles", {"name": "mine"}, 403)
    owner.call("PUT", f"/api/users/{jonas.id}/roles/{role}", status=200)
    told = priya.post(
        "/api/status", {"text": "oil changed", "visibility": "role-based", "roles": ["pump keepers"]}
    )["id"]
    emma.get(f"/api/status/{told}", 404)
    comment = jonas.post("/api/status/comments", {"status_id": told, "text": "thanks"})["id"]
    emma.post("/api/status/comments", {"status_id": told, "text": "hello?"}, 404)
    emma.get(f"/api/status/comments/{comment}", 404)
    jonas.call("PATCH", f"/api/status/comments/{comment}", {"text": "thank you"}, 200)
    assert [row["text"] for row in priya.get(f"/api/status/comments?status_id={told}")["data"]] == ["thank you"]

    owner.call("DELETE", f"/api/users/{jonas.id}/roles/{role}", status=204)
    jonas.get(f"/api/status/{told}", 404)
    jonas.call("DELETE", f"/api/status/{told}", status=404)
    priya.call("PATCH", f"/api/status/{told}", {"text": "oil changed twice"}, 200)
    priya.call("DELETE", f"/api/status/{told}", status=204)
    owner.call("DELETE", f"/api/roles/{role}", status=204)


def test_bookings_conflicts_and_free_slots(server, priya, jonas, emma):
    def booking(who, title, start, end, **more):
        times = {"start_time": f"2027-03-03T{start}:00Z", "end_time": f"2027-03-03T{end}:00Z"}
        return who.post("/api/schedules", {"title": title, "resource": "lathe"} | times | more)

    mine = booking(priya, "turning", "09:00", "11:00", participants=[jonas.id])
    theirs = booking(emma, "milling", "10:00", "12:00")
    assert [(row["id"], row["reason"]) for row in theirs["conflicts"]] == [(mine["id"], "resource")]

    span = "from=2027-03-03T08:00:00Z&to=2027-03-03T13:00:00Z"
    free = jonas.get(f"/api/schedules/free?resource=lathe&{span}")["data"]
    assert [row["start_time"][11:16] + "-" + row["end_time"][11:16] for row in free] == ["08:00-09:00", "12:00-13:00"]
    free = emma.get(f"/api/schedules/free?user_id={jonas.id}&{span}")["data"]
    assert [row["start_time"][11:16] + "-" + row["end_time"][11:16] for row in free] == ["08:00-09:00", "11:00-13:00"]

    path = f"/api/schedules/{mine['id']}"
    emma.call("PATCH", path, {"title": "mine"}, 403)
    # One time alone is judged beside the other.
    refused = priya.call("PATCH", path, {"end_time": "2027-03-03T08:00:00Z"}, 400)
    assert refused["errors"] == [{"pointer": "/end_time", "detail": "must not be before start_time"}]
    priya.call("PATCH", path, {"start_time": "2027-03-03T11:30:00Z"}, 400)
    assert priya.call("PATCH", path, {"end_time": "2027-03-03T10:00:00Z"}, 200)["conflicts"] == []
    jonas.call("DELETE", f"{path}/participants/{jonas.id}", status=204)
    emma.call("DELETE", path, status=403)
    priya.call("DELETE", path, status=204)
    emma.call("DELETE", f"/api/schedules/{theirs['id']}", status=204)


def test_the_calendar_by_a_secret_address(priya):
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
    entry = priya.post("/api/schedules", {"title": "thaw the freezer", "start_time": start, "end_time": start})
    first = priya.post("/api/schedules/feed", {})["url"]
    url = priya.post("/api/schedules/feed", {})["url"]
    with urllib.request.urlopen(url) as reply:
        assert reply.headers["Content-Type"].startswith("text/calendar")
        assert "SUMMARY:thaw the freezer" in reply.read().decode()
    priya.call("DELETE", "/api/schedules/feed", status=204)
    for ended in (first, url):
        with pytest.raises(urllib.error.HTTPError) as gone:
            urllib.request.urlopen(ended)
        assert gone.value.code == 404
    priya.call("DELETE", f"/api/schedules/{entry['id']}", status=204)


def test_oneself(priya, jonas):
    name = priya.get("/api/users/me")["full_name"]
    assert priya.call("PATCH", "/api/users/me", {"full_name": "P. R."}, 200)["full_name"] == "P. R."
    priya.call("PATCH", f"/api/users/{jonas.id}", {"full_name": "J."}, 403)
    priya.call("PATCH", "/api/users/me", {"full_name": name}, 200)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", None), ("content", ""), ("content", "a\0b"), ("content", 5), ("content", "x" * 200_000),
        ("conversation_id", "here"), ("nonsense", 1),
    ],
)
def test_errors_name_the_field(priya, room, field, value):
    body = {"conversation_id": room, "content": "hello"} | {field: value}
    problem = priya.post("/api/chat/messages", {name: value for name, value in body.items() if value is not None}, 400)
    assert [error["pointer"] for error in problem["errors"]] == [f"/{field}"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/status", "GET, POST"),
        ("POST", "/api/users/me", "DELETE, GET, PATCH"),
        ("DELETE", "/healthz", "GET"),
    ],
)
def test_another_method(server, priya, method, path, allowed):
    asked = urllib.request.Request(
        server.url + path, method=method, headers={"Authorization": f"Bearer {priya.access}"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    assert (refused.value.code, refused.value.headers["Allow"]) == (405, allowed)
    priya.get("/api/nowhere", 404)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/api/status", "/api/status?stream=1"])
def test_the_head_alone(server, priya, path):
    asked = urllib.request.Request(
        server.url + path, method="HEAD", headers={"Authorization": f"Bearer {priya.access}"}
    )
    with urllib.request.urlopen(asked) as reply:
        assert reply.status == 200 and reply.read() == b"" and int(reply.headers["Content-Length"]) > 0


def test_a_cookie_needs_an_origin(server, priya):
    def post(**headers):
        headers = {"Cookie": f"__session={priya.access}"} | headers
        return server.call("POST", "/api/status", {"text": "by cookie"}, headers=headers)

    assert post()[0] == 403
    assert post(Origin="http://elsewhere.example")[0] == 403
    code, text = post(Origin=server.url)
    assert code == 201
    priya.call("DELETE", f"/api/status/{json.loads(text)['id']}", status=204)
