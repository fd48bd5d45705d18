"""SIGTERM under load: what has begun is finished and told; what was not told was not done."""

import signal
import threading
import time

import audit
import pytest
from client import Client
from lab import Lab


@pytest.fixture
def lab():
    lab = Lab(EMBEDDER="null")
    yield lab
    lab.remove()


def test_no_request_is_cut_off(lab, capsys):
    told, untold, lock = set(), 0, threading.Lock()
    for restart in range(8):
        lab.serve()
        lab.wait_until_ready()
        stop = threading.Event()

        def write(number):
            nonlocal untold
            # Half keep their connection, half make a new one each time.
            client, count = Client(lab.port, lab.tokens["ada"]), 0
            while not stop.is_set():
                count += 1
                text = f"shutdown {restart} {number} {count}"
                status, _, _ = client.try_once("POST", "/api/status", {"text": text, "visibility": "public"})
                with lock:
                    if status == 201:
                        told.add(text)
                    else:
                        untold += 1
                        assert status in (None, 503), status
                if number % 2:
                    client.close()

        threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.8)
        started = time.monotonic()
        code = lab.kill("serve", signal.SIGTERM)
        seconds = time.monotonic() - started
        stop.set()
        for thread in threads:
            thread.join(30)
        assert code == 0 and seconds < 10, (code, seconds, lab.log("serve")[-500:])
    with lab.connect() as session:
        stored = {text for (text,) in session.execute("select text from statuses")}
    with capsys.disabled():
        print(f"\n{len(told)} writes over 8 restarts; {len(stored - told)} done and not told")
    assert stored == told
