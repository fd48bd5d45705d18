"""A Slack export, taken in twice."""

import json
import os
import shutil
import subprocess
import tempfile
import zipfile

from conftest import PROGRAM, ROOT

EXPORT = {
    "users.json": [
        {"id": "U1", "name": "ana", "profile": {"real_name": "Member One", "email": "one@slack-lab.example"}},
        {"id": "U2", "name": "ben", "profile": {"real_name": "Member Two"}},
    ],
    "channels.json": [{"id": "C1", "name": "buffers", "created": 1700000000, "members": ["U1", "U2"]}],
    "dms.json": [{"id": "D1", "created": 1700000000, "members": ["U1", "U2"]}],
    "buffers/2023-11-14.json": [
        {"type": "message", "user": "U1", "ts": "1700000100.000100", "thread_ts": "1700000100.000100",
         "text": "Which pH has the <https://x.example|borate> buffer, <@U2>? &lt;urgent&gt;"},
        {"type": "message", "user": "U2", "ts": "1700000200.000200", "thread_ts": "1700000100.000100",
         "text": "The borate buffer is at pH 9.1."},
        {"type": "message", "subtype": "channel_join", "user": "U2", "ts": "1700000300.000300", "text": "joined"},
    ],
    "D1/2023-11-14.json": [{"type": "message", "user": "U1", "ts": "1700000400.000400", "text": "just between us"}],
}


def test_a_slack_export_is_taken_in_once():
    folder = tempfile.mkdtemp(prefix="labsync-slack-")
    os.chmod(folder, 0o755)
    archive = f"{folder}/export.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in EXPORT.items():
            file.writestr(name, json.dumps(content))
    environment = dict(os.environ, LABSYNC_DATA=f"{folder}/data")

    def run(*arguments):
        return subprocess.run(
            [PROGRAM, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )

    first = run("import", archive, "--format", "slack")
    assert first.returncode == 0, first.stderr
    assert "Skipped: 1 message of kind channel_join." in first.stdout
    assert " 0 there already" in first.stdout
    again = run("import", archive, "--format", "slack")
    assert again.returncode == 0 and ": 0 added" in again.stdout, again.stdout + again.stderr
    assert run("reindex").returncode == 0
    found = run("search", "--as", "one@slack-lab.example", "--json", "pH of the borate buffer").stdout
    assert "The borate buffer is at pH 9.1." in found
    assert "borate (https://x.example) buffer, @Member Two? <urgent>" in json.dumps(json.loads(found), ensure_ascii=False)
    wrong = run("import", f"{folder}/data", "--format", "slack")
    assert wrong.returncode != 0 and "no Slack export" in wrong.stderr
    shutil.rmtree(folder, ignore_errors=True)
