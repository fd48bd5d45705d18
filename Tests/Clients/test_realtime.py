"""Realtime through Supabase's own libraries, unmodified: `realtime` in an old and the current version, and `supabase`."""

import asyncio
import time
from importlib.metadata import version

import pytest
from realtime import AsyncRealtimeClient
from realtime_lab import Lab

OLD = version("realtime").startswith("2.7.")
if not OLD:
    from supabase import acreate_client
OWNER, MEMBER, OUTSIDER = "adaeze.okafor", "emma.novak", "callum.reid"


@pytest.fixture(scope="module", params=["realtime"] if OLD else ["realtime", "supabase"])
def lab(request):
    lab = Lab()
    lab.library = request.param
    lab.owner, lab.member, lab.outsider = lab.token(OWNER), lab.token(MEMBER), lab.token(OUTSIDER)
    yield lab
    lab.close()


class Heard(list):
    """What a callback was told."""

    async def until(self, count=1, seconds=5):
        end = time.monotonic() + seconds
        while len(self) < count:
            assert time.monotonic() < end, f"heard only {list(self)}"
            await asyncio.sleep(0.01)
        return self


class Client:
    def __init__(self, lab, token):
        self.lab, self.token = lab, token
        self.heard, self.ready, self.states = Heard(), Heard(), Heard()

    async def __aenter__(self):
        if self.lab.library == "supabase":
            self.library = await acreate_client(self.lab.url, self.token)
            self.realtime = self.library.realtime
        else:
            self.library = self.realtime = AsyncRealtimeClient(f"{self.lab.url}/realtime/v1", token=self.token)
            await self.realtime.connect()
        return self

    async def __aexit__(self, *_):
        await self.realtime.close()

    def channel(self, name, **config):
        return self.library.channel(name, {"config": {"broadcast": {}, "presence": {"key": ""}, **config}})

    async def subscribe(self, channel):
        states = Heard()
        await channel.subscribe(lambda state, error: (states.append(state), self.states.append(state)))
        await states.until()
        assert states[0] == "SUBSCRIBED", states
        return channel

    async def follow(self, name, *bindings):
        """Subscribes to changes, and waits until they flow."""
        channel = self.channel(name)
        for binding in bindings:
            channel.on_postgres_changes(callback=self.heard.append, **binding)
        channel.on_system(self.ready.append)
        before = len(self.ready)
        await self.subscribe(channel)
        await self.ready.until(before + 1)
        return channel

    @property
    def changes(self):
        return [(change["data"]["type"], change["data"]["table"]) for change in self.heard]


def run(work):
    asyncio.run(asyncio.wait_for(work, 60))


async def call(function, *arguments):
    return await asyncio.to_thread(function, *arguments)


def test_changes_reach_who_may_see_them_and_nobody_else(lab):
    async def work():
        room = lab.conversation(lab.owner, lab.user(lab.member))
        other = lab.conversation(lab.owner, lab.user(lab.member))
        messages = {"event": "*", "schema": "public", "table": "messages"}
        async with Client(lab, lab.member) as member, Client(lab, lab.outsider) as outsider:
            await member.follow("a", {**messages, "filter": f"conversation_id=eq.{room}"})
            await outsider.follow("a", messages, {"event": "INSERT", "schema": "public", "table": "statuses"})
            await call(lab.say, other, "filtered out", lab.owner)
            message = await call(lab.say, room, "first", lab.owner)
            await call(lab.call, "PATCH", f"/api/chat/messages/{message}", {"content": "second"}, lab.owner)
            await call(lab.call, "DELETE", f"/api/chat/messages/{message}", None, lab.owner)
            await call(lab.call, "POST", "/api/status", {"text": "the end"}, lab.owner)
            await member.heard.until(3)
            assert member.changes == [("INSERT", "messages"), ("UPDATE", "messages"), ("DELETE", "messages")]
            insert, update, delete = [change["data"] for change in member.heard]
            assert insert["record"]["content"] == "first" and "old_record" not in insert
            assert update["record"]["content"] == "second" and update["old_record"]["content"] == "first"
            assert delete["old_record"]["id"] == message and "record" not in delete
            assert insert["commit_timestamp"].endswith("Z") and insert["errors"] is None
            assert {"name": "id", "type": "uuid"} in insert["columns"]
            await outsider.heard.until(1)
            assert outsider.changes == [("INSERT", "statuses")]

    run(work())


def test_who_comes_in_hears_and_who_leaves_does_not(lab):
    async def work():
        room = lab.conversation(lab.owner, lab.user(lab.member))
        person = lab.user(lab.outsider)
        async with Client(lab, lab.outsider) as client:
            await client.follow("a", {"event": "*", "schema": "public", "table": "messages"})
            await call(lab.say, room, "unheard", lab.owner)
            await call(lab.call, "POST", f"/api/chat/conversations/{room}/members", {"user_id": person}, lab.owner)
            heard = await call(lab.say, room, "heard", lab.owner)
            await client.heard.until(1)
            assert client.heard[0]["data"]["record"]["id"] == heard
            await call(lab.call, "DELETE", f"/api/chat/conversations/{room}/members/{person}", None, lab.owner)
            await call(lab.call, "DELETE", f"/api/chat/messages/{heard}", None, lab.owner)
            await call(lab.say, room, "unheard", lab.owner)
            await asyncio.sleep(0.3)
            assert len(client.heard) == 1

    run(work())


def test_a_status_that_is_shut_is_a_delete_to_who_lost_it(lab):
    async def work():
        async with Client(lab, lab.outsider) as client:
            await client.follow("a", {"event": "*", "schema": "public", "table": "statuses"})
            status = (await call(lab.call, "POST", "/api/status", {"text": "open"}, lab.owner))[1]["id"]
            await call(lab.call, "PATCH", f"/api/status/{status}", {"visibility": "private"}, lab.owner)
            await call(lab.call, "PATCH", f"/api/status/{status}", {"text": "shut"}, lab.owner)
            await call(lab.call, "PATCH", f"/api/status/{status}", {"visibility": "public"}, lab.owner)
            await client.heard.until(3)
            assert [kind for kind, _ in client.changes] == ["INSERT", "DELETE", "UPDATE"]
            assert client.heard[1]["data"]["old_record"]["text"] == "open"
            # What it was while it was shut is not told.
            assert client.heard[2]["data"]["old_record"] == {}

    run(work())


def test_every_table_is_followed(lab):
    async def work():
        async with Client(lab, lab.owner) as client:
            await client.follow("all", {"event": "INSERT", "schema": "public", "table": "*"})
            room = await call(lab.conversation, lab.owner)
            await call(lab.say, room, "a message", lab.owner)
            status = (await call(lab.call, "POST", "/api/status", {"text": "a status"}, lab.owner))[1]["id"]
            comment = {"status_id": status, "text": "a comment"}
            await call(lab.call, "POST", "/api/status/comments", comment, lab.owner)
            event = {"title": "e", "start_time": "2031-01-01T10:00:00Z", "end_time": "2031-01-01T11:00:00Z"}
            await call(lab.call, "POST", "/api/schedules", event, lab.owner)
            await call(lab.call, "POST", "/api/files/upload", {"name": "a.txt"}, lab.owner)
            await client.heard.until(7)
            assert sorted(table for _, table in client.changes) == [
                "conversation_members", "conversations", "files", "lab_schedules", "messages", "status_comments",
                "statuses",
            ]

    run(work())


def test_what_becomes_of_a_file_is_told_to_who_may_see_it(lab):
    files = {"event": "*", "schema": "public", "table": "files"}
    text = b"The hyperbaric chamber is certified until June.\n"
    # A page whose text cannot be read, though it says that it is one.
    broken = b"%PDF-1.7\n" + b"this is no page" * 40

    async def work():
        room = lab.conversation(lab.owner, lab.user(lab.member))
        async with Client(lab, lab.member) as member, Client(lab, lab.outsider) as outsider:
            await member.follow("a", {**files, "filter": f"conversation_id=eq.{room}"})
            await outsider.follow("a", files)
            good = await call(lambda: lab.upload("chamber.txt", text, lab.owner, conversation_id=room))
            bad = await call(lambda: lab.upload("broken.pdf", broken, lab.owner, conversation_id=room))
            mine = await call(lambda: lab.upload("own.txt", b"nobody else's", lab.owner))
            await member.heard.until(4)
            with lab.indexing():
                await member.heard.until(6, 60)
                while (await call(lab.call, "GET", f"/api/files/{mine}", None, lab.owner))[1]["state"] != "indexed":
                    await asyncio.sleep(0.1)
            states = {good: [], bad: []}
            for change in member.heard:
                states[change["data"]["record"]["id"]].append(change["data"]["record"]["state"])
            assert states == {good: ["pending", "queued", "indexed"], bad: ["pending", "queued", "unindexable"]}
            reasons = {change["data"]["record"]["id"]: change["data"]["record"]["state_reason"] for change in member.heard}
            assert reasons[good] is None and "PDF" in reasons[bad], reasons
            # What is read over HTTP is what was told.
            row = (await call(lab.call, "GET", f"/api/files/{bad}", None, lab.member))[1]
            assert (row["state"], row["state_reason"]) == ("unindexable", reasons[bad])
            # Whoever is told of this would have been told of the others before.
            shared = (await call(lab.call, "POST", "/api/status", {"text": "for all"}, lab.owner))[1]["id"]
            await call(lab.call, "PATCH", f"/api/files/{mine}", {"status_id": shared}, lab.owner)
            about = lambda *files: [c["data"] for c in outsider.heard if c["data"]["record"]["id"] in files]
            end = time.monotonic() + 5
            while not about(mine) and time.monotonic() < end:
                await asyncio.sleep(0.01)
            (seen,) = about(good, bad, mine)
            # What it was before it came into sight stays untold.
            assert seen["record"]["id"] == mine and seen["record"]["state"] == "indexed" and seen["old_record"] == {}

    run(work())


def test_broadcast(lab):
    async def work():
        async with Client(lab, lab.owner) as owner, Client(lab, lab.member) as member:
            one = owner.channel("lobby", broadcast={"ack": True, "self": True})
            two = member.channel("lobby")
            one.on_broadcast("typing", owner.heard.append)
            two.on_broadcast("typing", member.heard.append)
            await owner.subscribe(one)
            await member.subscribe(two)
            await one.send_broadcast("typing", {"in": "room", "n": 1})
            await member.heard.until(1)
            assert member.heard[0]["payload"] == {"in": "room", "n": 1}
            await owner.heard.until(1)
            await two.send_broadcast("typing", {"n": 2})
            await owner.heard.until(2)
            await asyncio.sleep(0.1)
            assert len(member.heard) == 1
            body = {"messages": [{"topic": "lobby", "event": "typing", "payload": {"n": 3}}]}
            assert (await call(lab.call, "POST", "/realtime/v1/api/broadcast", body, lab.owner))[0] == 202
            await member.heard.until(2)
            if hasattr(one, "http_send"):
                await one.http_send("typing", {"n": 4})
                await member.heard.until(3)
                assert member.heard[-1]["payload"] == {"n": 4}

    run(work())


def test_private_topics(lab):
    async def work():
        room = lab.conversation(lab.owner, lab.user(lab.member))
        topic = f"conversation:{room}"
        async with Client(lab, lab.owner) as owner, Client(lab, lab.member) as member, \
                Client(lab, lab.outsider) as outsider:
            one, two = owner.channel(topic, private=True), member.channel(topic, private=True)
            two.on_broadcast("typing", member.heard.append)
            await owner.subscribe(one)
            await member.subscribe(two)
            refused = outsider.channel(topic, private=True)
            task = asyncio.ensure_future(refused.subscribe(lambda state, error: outsider.states.append(state)))
            await outsider.states.until(1)
            assert outsider.states[0] == "CHANNEL_ERROR"
            task.cancel()
            # Of the same name and public: another topic.
            public = outsider.channel("x")
            await outsider.subscribe(public)
            await one.send_broadcast("typing", {"n": 1})
            await member.heard.until(1)
            body = {"messages": [{"topic": topic, "event": "typing", "payload": {}, "private": True}]}
            assert (await call(lab.call, "POST", "/realtime/v1/api/broadcast", body, lab.outsider))[0] == 403
            person = lab.user(lab.member)
            await call(lab.call, "DELETE", f"/api/chat/conversations/{room}/members/{person}", None, lab.owner)
            await asyncio.sleep(0.3)
            await one.send_broadcast("typing", {"n": 2})
            await asyncio.sleep(0.3)
            assert len(member.heard) == 1 and two.is_closed

    run(work())


def test_presence(lab):
    async def work():
        async with Client(lab, lab.owner) as owner, Client(lab, lab.member) as member:
            one = owner.channel("desk", presence={"key": "owner", "enabled": True})
            two = member.channel("desk", presence={"key": "member", "enabled": True})
            joins, leaves = Heard(), Heard()
            one.on_presence_sync(lambda: None)
            one.on_presence_join(lambda key, current, new: joins.append((key, new)))
            one.on_presence_leave(lambda key, current, left: leaves.append((key, left)))
            two.on_presence_sync(lambda: None)
            await owner.subscribe(one)
            await one.track({"at": "bench"})
            await joins.until(1)
            await member.subscribe(two)
            await two.track({"at": "microscope"})
            await joins.until(2)
            assert joins[1][0] == "member" and joins[1][1][0]["at"] == "microscope"
            assert sorted(two.presence_state()) == ["member", "owner"]
            await two.track({"at": "door"})
            await joins.until(3)
            assert one.presence_state()["member"][0]["at"] == "door"
            await two.untrack()
            await leaves.until(2)
            await two.track({"at": "hall"})
            await joins.until(4)
        # Whoever goes away leaves.
        async with Client(lab, lab.owner) as owner:
            channel = owner.channel("desk", presence={"key": "owner", "enabled": True})
            synced = Heard()
            channel.on_presence_sync(lambda: synced.append(1))
            await owner.subscribe(channel)
            await synced.until(1)
            assert channel.presence_state() == {}

    run(work())


def test_a_new_token_changes_what_is_heard(lab):
    async def work():
        room = lab.conversation(lab.owner, lab.user(lab.member))
        async with Client(lab, lab.outsider) as client:
            channel = await client.follow("a", {"event": "INSERT", "schema": "public", "table": "messages"})
            await call(lab.say, room, "unheard", lab.owner)
            await client.realtime.set_auth(lab.member)
            await asyncio.sleep(0.3)
            heard = await call(lab.say, room, "heard", lab.owner)
            await client.heard.until(1)
            assert client.heard[0]["data"]["record"]["id"] == heard
            await client.realtime.set_auth(lab.member[:-4] + "AAAA")
            await asyncio.sleep(0.3)
            assert channel.is_closed

    run(work())


def test_leave_and_join_again(lab):
    async def work():
        async with Client(lab, lab.owner) as client:
            binding = {"event": "INSERT", "schema": "public", "table": "statuses"}
            channel = await client.follow("a", binding)
            await channel.unsubscribe()
            await asyncio.sleep(0.3)
            await call(lab.call, "POST", "/api/status", {"text": "between"}, lab.owner)
            await client.follow("a", binding)
            await call(lab.call, "POST", "/api/status", {"text": "after"}, lab.owner)
            await client.heard.until(1)
            assert [change["data"]["record"]["text"] for change in client.heard] == ["after"]

    run(work())


def test_the_server_restarts(lab):
    async def work():
        async with Client(lab, lab.owner) as client:
            binding = {"event": "INSERT", "schema": "public", "table": "statuses"}
            await client.follow("a", binding)
            await call(lab.stop)
            await call(lab.start)
            if OLD:
                # It connects again, but ends its own task while it joins again: that is left to whoever uses it.
                while not client.realtime.is_connected:
                    await asyncio.sleep(0.1)
                await client.follow("b", binding)
            await client.ready.until(2, 30)
            await call(lab.call, "POST", "/api/status", {"text": "again"}, lab.owner)
            await client.heard.until(1)

    run(work())
