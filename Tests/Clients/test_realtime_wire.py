"""The Phoenix protocol by hand: both versions, and what clients must not get away with."""

import asyncio
import json
import socket
import time
import types
import urllib.error
import urllib.request

import pytest
import websockets
import websockets.exceptions
from realtime_lab import Lab, Phoenix


@pytest.fixture(scope="module")
def lab():
    lab = Lab(LABSYNC_ALLOWED_ORIGINS="https://lab.example", LABSYNC_REALTIME_CHANNELS="5")
    lab.owner, lab.member = lab.token("adaeze.okafor"), lab.token("emma.novak")
    yield lab
    lab.close()


def run(work):
    return asyncio.run(asyncio.wait_for(work, 60))


async def refusal(lab, query, **options):
    with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
        await websockets.connect(lab.socket + query, **options)
    return caught.value.response.status_code


def test_who_is_not_let_in(lab):
    async def work():
        assert await refusal(lab, "") == 401
        assert await refusal(lab, "?apikey=nonsense") == 401
        assert await refusal(lab, f"?apikey={lab.owner[:-4]}AAAA") == 401
        assert await refusal(lab, f"?apikey={lab.owner}&vsn=9.9.9") == 400
        assert await refusal(lab, f"?apikey={lab.owner}", origin="https://evil.example") == 403
        for origin in (lab.url, "https://lab.example"):
            async with websockets.connect(f"{lab.socket}?apikey={lab.owner}", origin=origin):
                pass
        async with websockets.connect(lab.socket, additional_headers={"x-api-key": lab.owner}):
            pass

    run(work())
    assert lab.call("GET", f"/realtime/v1/websocket?apikey={lab.owner}")[0] == 426
    upgrade = {"Upgrade": "h2c", "Connection": "Upgrade"}
    assert lab.call("GET", "/healthz", **upgrade)[0] == 200


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_channels(lab, version):
    async def work():
        client = await Phoenix.connect(lab, lab.owner, version)
        ref = await client.push("phoenix", "heartbeat", {})
        reply = await client.next()
        assert (reply["event"], reply["ref"], reply["payload"]) == ("phx_reply", ref, {"status": "ok", "response": {}})
        await client.push("realtime:x", "broadcast", {"event": "e", "payload": {}})
        assert (await client.next())["payload"]["response"] == {"reason": "unmatched topic"}
        await client.push("realtime:x", "phx_leave", {})
        assert (await client.next())["payload"]["status"] == "ok"
        asked = [{"event": "*", "schema": "public", "table": "statuses", "filter": "text=eq.ä,visibility=neq.private"}]
        joined = await client.join("x", {"postgres_changes": asked, "presence": {"enabled": True}})
        echoed = joined["response"]["postgres_changes"]
        assert joined["status"] == "ok" and [dict(one, id=0) for one in echoed] == [dict(asked[0], id=0)]
        assert echoed[0]["id"] > 0
        assert (await client.next())["event"] == "presence_state"
        system = (await client.next("system"))["payload"]
        assert system == {
            "extension": "postgres_changes", "status": "ok", "message": "Subscribed to PostgreSQL", "channel": "x",
        }
        for text in ("a", "ä"):
            await asyncio.to_thread(lab.call, "POST", "/api/status", {"text": text}, lab.owner)
        change = await client.next()
        assert change["payload"]["ids"] == [echoed[0]["id"]] and change["payload"]["data"]["record"]["text"] == "ä"
        assert version == "1.0.0" or change["join_ref"] == "1"
        # A second join ends the first.
        await client.push("realtime:x", "phx_join", {"config": {}})
        if version == "2.0.0":
            assert (await client.next())["event"] == "phx_close"
        assert (await client.next())["payload"] == {"status": "ok", "response": {"postgres_changes": []}}
        await client.next("presence_state")
        # What is no message is dropped.
        await client.socket.send("not JSON")
        await client.socket.send("[1,2]")
        await client.push("phoenix", "heartbeat", {})
        assert (await client.next("phx_reply"))["topic"] == "phoenix"
        await client.close()

    run(work())


def test_bytes_are_broadcast(lab):
    async def work():
        one, two = await Phoenix.connect(lab, lab.owner), await Phoenix.connect(lab, lab.member)
        old = await Phoenix.connect(lab, lab.member, "1.0.0")
        for client in (one, two, old):
            await client.join("bytes", {"broadcast": {"ack": True}, "presence": {"enabled": False}})
        texts = [b"1", b"9", b"realtime:bytes", b"e", b""]

        def frame(encoding, payload):
            return bytes([3, *map(len, texts), encoding]) + b"".join(texts) + payload

        await one.socket.send(frame(0, b"\x00\xff"))
        assert (await one.next("phx_reply"))["ref"] == "9"
        assert (await two.next())["payload"] == bytes([4, 14, 1, 0, 0]) + b"realtime:bytes" + b"e" + b"\x00\xff"
        await one.socket.send(frame(1, b'{"n": 1.50}'))
        for client in (two, old):
            assert (await client.next())["payload"] == {"event": "e", "payload": {"n": 1.5}, "type": "broadcast"}
        # What is cut short is dropped.
        await one.socket.send(frame(0, b"")[:-3])
        await one.push("realtime:bytes", "broadcast", {"event": "e", "payload": {"x": "y" * 950_000}})
        await one.next("phx_reply")
        assert (await one.next("phx_reply"))["payload"]["response"] == {"error": "payload_size_exceeded"}
        for client in (one, two, old):
            await client.close()

    run(work())


def test_wrong_subscriptions_are_told_of(lab):
    async def work():
        client = await Phoenix.connect(lab, lab.owner)
        for wrong, words in [
            ({"table": "users"}, "table must be one of"),
            ({"table": "messages", "filter": "nothing=eq.1"}, "invalid column"),
            ({"table": "messages", "filter": "id=eq.nonsense"}, "of type uuid"),
            ({"table": "messages", "filter": "id"}, "column=operator.value"),
            ({"schema": "labsync", "table": "messages"}, "only the schema public"),
        ]:
            await client.join("wrong", {"postgres_changes": [wrong]})
            system = (await client.next("system"))["payload"]
            assert system["status"] == "error" and words in system["message"], system
        await client.close()

    run(work())


def test_limits(lab):
    async def work():
        client = await Phoenix.connect(lab, lab.owner)
        for number in range(5):
            assert (await client.join(f"t{number}"))["status"] == "ok"
        assert "ChannelRateLimitReached" in (await client.join("t5"))["response"]["reason"]
        await client.close()
        for size in [1_000_001, 8_000_000]:
            client = await Phoenix.connect(lab, lab.owner)
            # Told while it still sends, or afterwards.
            with pytest.raises(websockets.exceptions.ConnectionClosed) as caught:
                await client.socket.send("x" * size)
                while True:
                    await client.next()
            assert caught.value.rcvd is not None and caught.value.rcvd.code == 1009

    run(work())


def test_an_expired_token_ends_its_channels(lab):
    async def work():
        client = await Phoenix.connect(lab, lab.owner)
        short = await asyncio.to_thread(lab.token, "adaeze.okafor", 2)
        begin = time.monotonic()
        assert (await client.join("short", token=short))["status"] == "ok"
        system = (await client.next("system"))["payload"]
        assert system["status"] == "error" and system["message"].startswith("Token has expired")
        assert (await client.next())["event"] == "phx_close"
        assert time.monotonic() - begin < 4
        assert (await client.join("short", token=short))["response"]["reason"].startswith("InvalidJWTToken")
        await client.close()

    run(work())


def test_signing_out_closes_the_socket(lab):
    async def work():
        invitation = lab.call("POST", "/api/auth/invitations", {"email": "new@okafor-lab.example"}, lab.owner)[1]
        person = {"email": "new@okafor-lab.example", "password": "correct horse battery", "full_name": "New"}
        status, tokens = lab.call("POST", "/api/auth/sign-up", {**person, "invitation": invitation["token"]})
        assert status == 201, tokens
        client = await Phoenix.connect(lab, tokens["access_token"])
        assert (await client.join("x"))["status"] == "ok"
        await asyncio.to_thread(lab.call, "POST", "/api/auth/sign-out", {}, tokens["access_token"])
        begin = time.monotonic()
        with pytest.raises(websockets.exceptions.ConnectionClosed) as caught:
            while True:
                await client.next()
        assert caught.value.rcvd.code == 1008 and time.monotonic() - begin < 2

    run(work())


def test_who_comes_back_is_told_what_they_missed(lab):
    async def work():
        room = lab.conversation(lab.owner, lab.user(lab.member))
        config = {"postgres_changes": [{"event": "*", "schema": "public", "table": "messages"}]}
        client = await Phoenix.connect(lab, lab.member)
        await client.join("x", config)
        await asyncio.to_thread(lab.say, room, "seen", lab.owner)
        last = (await client.next("postgres_changes"))["payload"]["last_event"]
        await client.close()
        kept = await asyncio.to_thread(lab.say, room, "kept", lab.owner)
        gone = await asyncio.to_thread(lab.say, room, "gone", lab.owner)
        await asyncio.to_thread(lab.call, "DELETE", f"/api/chat/messages/{gone}", None, lab.owner)

        client = await Phoenix.connect(lab, lab.member)
        assert (await client.join("x", {**config, "last_event": last}))["response"]["resumed"] is True
        await asyncio.to_thread(lab.say, room, "live", lab.owner)
        changes = [(await client.next("postgres_changes"))["payload"]["data"] for _ in range(4)]
        assert [change["type"] for change in changes] == ["INSERT", "INSERT", "DELETE", "INSERT"]
        assert changes[0]["record"]["id"] == kept and changes[2]["old_record"]["id"] == gone
        assert changes[3]["record"]["content"] == "live"
        await client.close()

        # Rights that changed in between, a place that is not known any more, and no place at all.
        other = lab.conversation(lab.owner, lab.user(lab.member))
        client = await Phoenix.connect(lab, lab.member)
        for place in (last, "0/1.0", "nonsense"):
            response = (await client.join("x", {**config, "last_event": place}))["response"]
            assert response.get("resumed") is (None if place == "nonsense" else False), response
        assert other
        await client.close()

    run(work())


def events(lab, path, token, last=None):
    """Lines of a stream of server-sent events, event by event."""
    headers = {"Authorization": f"Bearer {token}", **({"Last-Event-ID": last} if last else {})}
    reply = urllib.request.urlopen(urllib.request.Request(lab.url + path, headers=headers), timeout=10)
    assert reply.headers["Content-Type"] == "text/event-stream"
    event = {}
    for line in reply:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            event[name] = value
        elif event:
            yield types.SimpleNamespace(id=event.get("id"), name=event.get("event"), data=json.loads(event["data"]))
            event = {}


def test_server_sent_events(lab):
    room = lab.conversation(lab.owner, lab.user(lab.member))
    chat = f"/api/chat/messages?conversation_id={room}&stream=1"
    feed, talk = events(lab, "/api/status?stream=1", lab.member), events(lab, chat, lab.member)
    assert (next(feed).name, next(talk).name) == ("ready", "ready")
    status = lab.call("POST", "/api/status", {"text": "all"}, lab.owner)[1]["id"]
    lab.call("POST", "/api/status", {"text": "mine", "visibility": "private"}, lab.owner)
    lab.call("POST", "/api/status/comments", {"status_id": status, "text": "said"}, lab.owner)
    lab.say(room, "one", lab.owner)
    heard = [next(feed), next(feed)]
    assert [(event.name, event.data["table"]) for event in heard] == [
        ("INSERT", "statuses"), ("INSERT", "status_comments"),
    ]
    first = next(talk)
    assert first.data["record"]["content"] == "one"
    talk.close()
    lab.say(room, "two", lab.owner)
    talk = events(lab, chat, lab.member, first.id)
    assert next(talk).data == {"resumed": True}
    assert next(talk).data["record"]["content"] == "two"
    outsider = lab.token("callum.reid")
    with pytest.raises(urllib.error.HTTPError) as caught:
        next(events(lab, chat, outsider))
    assert caught.value.code == 404


@pytest.fixture
def quiet_lab():
    """One of its own, where sockets can be counted."""
    lab = Lab()
    lab.owner, lab.member = lab.token(), lab.token("emma.novak")
    yield lab
    lab.close()


def test_who_does_not_read_is_closed_and_the_others_do_not_notice(quiet_lab):
    lab = quiet_lab

    def sockets():
        with urllib.request.urlopen(lab.url + "/metrics") as reply:
            return int(float(reply.read().decode().split("\nlabsync_realtime_sockets ")[1].split()[0]))

    async def work():
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.connect(("127.0.0.1", lab.port))
        slow = await Phoenix.connect(lab, lab.member, max_queue=1, sock=small)
        reader = await Phoenix.connect(lab, lab.member)
        for client in (slow, reader):
            await client.join("flood", {"presence": {"enabled": False}})
        assert await asyncio.to_thread(sockets) == 2
        said = {"messages": [{"topic": "flood", "event": "e", "payload": {"x": "y" * 800_000}}]}
        for _ in range(10):
            status, _ = await asyncio.to_thread(lab.call, "POST", "/realtime/v1/api/broadcast", said, lab.owner)
            assert status == 202
            await reader.next("broadcast")
        for _ in range(50):
            if await asyncio.to_thread(sockets) == 1:
                break
            await asyncio.sleep(0.1)
        else:
            pytest.fail("the slow one is still there")
        slow.socket.transport.abort()
        await reader.close()

    run(work())
