#!/usr/bin/env python3
"""The core sections of the Autobahn websocket suite on our connection. Not part of CI: the suite needs Python 2.7.

    python2.7 -m virtualenv DIR && DIR/bin/pip install autobahntestsuite==25.10.1
    Tests/Clients/autobahn.py DIR/bin/wstest
"""

import collections
import json
import pathlib
import signal
import subprocess
import sys
import tempfile

from realtime_lab import echo_server

# 9 is about speed and 12 and 13 about compression, which is declined.
SECTIONS = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]


def main(wstest):
    server = echo_server()
    address = server.stdout.readline().split()[-1]
    with tempfile.TemporaryDirectory() as folder:
        spec = {"outdir": f"{folder}/reports", "servers": [{"agent": "labsync", "url": address}], "cases": SECTIONS}
        path = pathlib.Path(folder) / "spec.json"
        path.write_text(json.dumps(spec))
        subprocess.run([wstest, "-m", "fuzzingclient", "-s", path], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        cases = json.loads((pathlib.Path(folder) / "reports/index.json").read_text())["labsync"]
    server.send_signal(signal.SIGTERM)
    server.wait(20)
    for kind in ("behavior", "behaviorClose"):
        print(kind, dict(collections.Counter(case[kind] for case in cases.values())))
    # "FAILED BY CLIENT", of a close, is that it was left to the suite to hang up.
    failed = sorted(name for name, case in cases.items()
                    if any("FAILED" in case[kind] for kind in ("behavior", "behaviorClose")))
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed", *failed)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
