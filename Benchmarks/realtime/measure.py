#!/usr/bin/env python3
"""What realtime carries: changes under Row-Level Security, broadcasts, idle sockets, and sockets that do not read.

Needs a release build and a Python with psycopg[binary]==3.3.6 and PyJWT[crypto]==2.15.1:

    Benchmarks/realtime/measure.py changes|latency|broadcast|idle|slow

Client and server share the machine; both their costs are printed.
"""

import datetime
import resource
import sys
import threading
import time

from lab import Lab
from sockets import Socket, listen, percentiles


def join_all(lab, numbers, config, topic="load"):
    """Sockets by their file numbers; each is joined when this returns."""
    sockets = {}
    ready = set()
    for number in numbers:
        one = Socket(lab.port, lab.tokens[number])
        one.number = number
        one.join(topic, config)
        sockets[one.raw.fileno()] = one
    wanted = b"Subscribed to PostgreSQL" if config.get("postgres_changes") else b"phx_reply"
    listen(sockets, lambda one, frame, _: wanted in frame and ready.add(one), 60, lambda: len(ready) == len(sockets))
    assert len(ready) == len(sockets), f"only {len(ready)} of {len(sockets)} joined"
    return sockets


def client_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Costs:
    """Processor seconds of everybody while something is done."""

    def __init__(self, lab):
        self.lab = lab

    def __enter__(self):
        self.began, self.client = time.time(), client_seconds()
        self.server, self.database = self.lab.seconds()
        return self

    def __exit__(self, *_):
        self.elapsed = time.time() - self.began
        server, database = self.lab.seconds()
        self.server, self.database = server - self.server, database - self.database
        self.client = client_seconds() - self.client

    def __str__(self):
        return (f"processor of {self.elapsed:.1f} s: server {self.server:.2f} s, database {self.database:.2f} s, "
                f"client {self.client:.2f} s")


def committed_at(frame):
    start = frame.index(b'"commit_timestamp":"') + 20
    text = frame[start:frame.index(b'"', start)].decode()
    return datetime.datetime.fromisoformat(text).timestamp()


def milliseconds(delays):
    return ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in percentiles(delays).items())


MESSAGES = {"postgres_changes": [{"event": "INSERT", "schema": "public", "table": "messages"}],
            "presence": {"enabled": False}}


def changes(rate=220, seconds=10, people=500):
    """People follow all messages; each message is for one in five of them."""
    lab = Lab(people, 5)
    try:
        sockets = join_all(lab, range(people), MESSAGES)
        writing = threading.Event()
        written = []

        def write():
            with lab.database() as session:
                begin = time.time()
                for number in range(rate * seconds):
                    room = number % 5
                    session.execute(
                        "insert into messages (conversation_id, sender_id, content) values (%s, %s, %s)",
                        (lab.rooms[room], lab.people[room], f"load {number} " + "x" * 100),
                    )
                    written.append(number)
                    time.sleep(max(0, begin + number / rate - time.time()))
            writing.set()

        delays = []
        wrong = []

        def hear(one, frame, now):
            if b'"postgres_changes"' not in frame:
                return
            delays.append(now - committed_at(frame))
            if lab.room_of(one.number).encode() not in frame:
                wrong.append(one.number)

        with Costs(lab) as costs:
            threading.Thread(target=write).start()
            wanted = rate * seconds * people // 5
            listen(sockets, hear, seconds + 30, lambda: len(delays) >= wanted)
        assert not wrong, "somebody heard what is not theirs"
        print(f"changes: {people} followers, {len(written)} commits, {len(delays)} of {wanted} delivered, "
              f"{len(delays) / costs.elapsed:,.0f}/s; commit to event {milliseconds(delays)}; {costs}")
    finally:
        lab.close()


def latency():
    """Commit to event at low load."""
    changes(rate=20, seconds=10, people=50)


def broadcast(senders=20, rate=100, listeners=5, seconds=10):
    """Each sender has a topic of its own, with so many listeners."""
    lab = Lab(10, 1, LABSYNC_REALTIME_MESSAGES="10000")
    try:
        config = {"broadcast": {"self": False}, "presence": {"enabled": False}}
        sockets, speakers = {}, []
        for topic in range(senders):
            sockets |= join_all(lab, [0] * 1, config, f"t{topic}")
            speakers.append(list(sockets.values())[-1])
            for _ in range(listeners):
                sockets |= join_all(lab, [1], config, f"t{topic}")
        delays = []

        def hear(one, frame, now):
            if b'"broadcast"' in frame:
                start = frame.index(b'"at":') + 5
                delays.append(now - float(frame[start:frame.index(b"}", start)]))

        def say():
            begin = time.time()
            for number in range(rate * seconds):
                for topic, speaker in enumerate(speakers):
                    said = {"type": "broadcast", "event": "e", "payload": {"text": "x" * 100, "at": time.time()}}
                    speaker.send({"topic": f"realtime:t{topic}", "event": "broadcast", "payload": said, "ref": None})
                time.sleep(max(0, begin + number / rate - time.time()))

        with Costs(lab) as costs:
            threading.Thread(target=say).start()
            wanted = senders * rate * seconds * listeners
            listen(sockets, hear, seconds + 30, lambda: len(delays) >= wanted)
        print(f"broadcast: {senders * rate}/s said to {listeners} each, {len(delays)} of {wanted} delivered, "
              f"{len(delays) / costs.elapsed:,.0f}/s; {milliseconds(delays)}; {costs}")
    finally:
        lab.close()


def idle(count=5000):
    """Sockets that have joined and say nothing."""
    lab = Lab(100, 5)
    try:
        join_all(lab, range(100), MESSAGES)
        before = lab.memory()
        with Costs(lab) as costs:
            sockets = join_all(lab, [number % 100 for number in range(count)], MESSAGES)
        after = lab.memory()
        time.sleep(5)
        with Costs(lab) as resting:
            time.sleep(10)
        print(f"idle: {len(sockets)} sockets joined in {costs.elapsed:.1f} s; {before:.0f} MB before, {after:.0f} MB after: "
              f"{(after - before) * 1024 / count:.1f} kB each; resting {resting}")
    finally:
        lab.close()


def slow(count=100, people=50, rate=100, seconds=10):
    """So many sockets never read; the others must not notice."""
    lab = Lab(people, 1, LABSYNC_LOG_LEVEL="info")
    try:
        results = {}
        for name, sleepers in (("none", 0), (f"{count} asleep", count)):
            asleep = [Socket(lab.port, lab.tokens[0], receive_buffer=4096) for _ in range(sleepers)]
            for one in asleep:
                one.join("load", MESSAGES)
            sockets = join_all(lab, range(people), MESSAGES)
            delays, peak = [], [before := lab.memory()]

            def write():
                with lab.database() as session:
                    begin = time.time()
                    for number in range(rate * seconds):
                        session.execute(
                            "insert into messages (conversation_id, sender_id, content) values (%s, %s, %s)",
                            (lab.rooms[0], lab.people[0], "x" * 8000),
                        )
                        if number % rate == 0:
                            peak.append(lab.memory())
                        time.sleep(max(0, begin + number / rate - time.time()))

            def hear(one, frame, now):
                if b'"postgres_changes"' in frame:
                    delays.append(now - committed_at(frame))

            thread = threading.Thread(target=write)
            thread.start()
            listen(sockets, hear, seconds + 30, lambda: len(delays) >= rate * seconds * people)
            thread.join()
            closed = sum(1 for one in asleep if is_closed(one))
            results[name] = (milliseconds(delays), max(peak) - before, closed)
            for one in [*sockets.values(), *asleep]:
                one.raw.close()
            time.sleep(3)
        for name, (times, memory, closed) in results.items():
            print(f"slow: {name}: the others' {times}; {memory:+.0f} MB at most; {closed} were closed")
    finally:
        lab.close()


def is_closed(one):
    """Reads until nothing comes; the server's last word is a close frame or the end of the connection."""
    one.raw.settimeout(1)
    try:
        while True:
            for _ in one.frames():
                pass
    except TimeoutError:
        return False
    except OSError:
        return True


if __name__ == "__main__":
    for name in sys.argv[1:] or ["latency", "changes", "broadcast", "idle", "slow"]:
        globals()[name]()
