"""A Slack export, taken in twice."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import uuid
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


class Lab:
    """A data folder, and the program run on it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="labsync-import-")
        os.chmod(self.folder, 0o755)
        self.environment = dict(os.environ, LABSYNC_DATA=f"{self.folder}/data", LABSYNC_TIMEZONE="Europe/Berlin")

    def run(self, *arguments):
        return subprocess.run(
            [PROGRAM, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=240
        )

    def write(self, name, text):
        path = f"{self.folder}/{name}"
        with open(path, "w", newline="") as file:
            file.write(text)
        return path

    def __enter__(self):
        added = self.run("user", "add", "head@lab.example", "--role", "owner", "--name", "Head")
        assert added.returncode == 0, added.stderr
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def calendar(day, summary="Laser course", more=""):
    return "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:course@cal", f"SUMMARY:{summary}",
        f"DTSTART;TZID=Europe/Berlin:{day}T090000", "DURATION:PT2H", more or "RRULE:FREQ=DAILY;COUNT=3", "LOCATION:Aula",
        "END:VEVENT", "BEGIN:VTODO", "UID:t", "END:VTODO", "END:VCALENDAR", ""])


def test_a_calendar_is_taken_in_and_brought_up_to_date():
    with Lab() as lab:
        path = lab.write("lab.ics", calendar("20260310"))
        dry = lab.run("import", path, "--dry-run")
        assert "1 events, which take place 3 times. Nothing was stored." in dry.stdout, dry.stdout + dry.stderr
        assert "3 entries added, 0 changed, 0 removed" in lab.run("import", path).stdout
        assert "0 entries added, 0 changed, 0 removed" in lab.run("import", path).stdout
        lab.write("lab.ics", calendar("20260310", "Laser course for guests", "RRULE:FREQ=DAILY;COUNT=2"))
        again = lab.run("import", path).stdout
        assert "0 entries added, 2 changed, 1 removed" in again and "Skipped: 1 component VTODO." in again
        assert lab.run("reindex").returncode == 0
        found = lab.run("search", "--as", "head@lab.example", "--json", "laser course guests").stdout
        assert found.count("Laser course for guests") >= 2 and "2026-03-12" not in found
        lab.write("lab.ics", calendar("20260310", more="STATUS:CANCELLED"))
        assert "2 removed" in lab.run("import", path).stdout


MAILS = """From a@b Tue Mar  3 10:00:00 2026
From: =?utf-8?q?J=C3=BCrgen?= <juergen@else.example>
To: head@lab.example
Subject: =?utf-8?b?R2VmcmllcnNjaHJhbms=?=
Date: Tue, 3 Mar 2026 10:00:00 +0100
Message-ID: <1@x>
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

The walk-in freezer alarms at -65=B0C.
>From then on somebody must come.

From head@lab.example Tue Mar  3 11:00:00 2026
From: Head <head@lab.example>
To: juergen@else.example
Subject: Re: Gefrierschrank
Date: Tue, 3 Mar 2026 11:00:00 +0100
Message-ID: <2@x>
In-Reply-To: <1@x>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="cut"

--cut
Content-Type: text/html; charset=utf-8

<html><style>p{}</style><p>I will <b>come</b> &amp; look.</p></html>
--cut
Content-Type: text/csv; name="alarms.csv"
Content-Disposition: attachment; filename="alarms.csv"
Content-Transfer-Encoding: base64

ZGF5LGFsYXJtcwpNb25kYXksc2V2ZW50ZWVuCg==
--cut--

From x Tue Mar  3 12:00:00 2026
From: nobody@else.example

a mail without a date
"""


def test_a_mailbox_is_taken_in_for_its_owner():
    with Lab() as lab:
        path = lab.write("inbox.mbox", MAILS)
        first = lab.run("import", path)
        assert first.returncode == 0, first.stderr
        assert "4 added, 0 there already" in first.stdout and "Skipped: 1 mail without a date." in first.stdout
        assert "0 added, 4 there already" in lab.run("import", path, "--format", "mbox").stdout
        assert lab.run("reindex").returncode == 0
        found = lab.run("search", "--as", "head@lab.example", "--json", "walk-in freezer alarms").stdout
        assert "The walk-in freezer alarms at -65°C.\\nFrom then on" in found and "Subject: Gefrierschrank" in found
        assert "From: Jürgen" in found
        assert "I will come & look." in lab.run("search", "--as", "head@lab.example", "--json", "will come look").stdout
        assert "Monday,seventeen" in lab.run("search", "--as", "head@lab.example", "--json", "alarms on Monday").stdout


def test_the_format_is_told_from_the_path_or_asked_for():
    with Lab() as lab:
        unknown = lab.run("import", lab.write("data.bin", "no format that anybody knows"))
        assert unknown.returncode != 0 and "--format jsonl, slack, ics, mbox" in unknown.stderr
        assert "There is no" in lab.run("import", f"{lab.folder}/nothing").stderr
        assert "all well formed" in lab.run("import", lab.write("no ending", '{"type": "role", "name": "guest"}'), "--dry-run").stdout


def test_bots_guests_edits_and_cards_of_slack():
    with Lab() as lab:
        folder = f"{lab.folder}/export"
        messages = [
            {"type": "message", "subtype": "bot_message", "bot_id": "B1", "username": "freezer bot", "ts": "1700000500.0",
             "text": "", "attachments": [{"title": "Alarm", "text": "The nitrogen tank is at nine percent."}]},
            {"type": "message", "user": "U9", "user_profile": {"real_name": "Guest"}, "ts": "1700000600.0",
             "text": "I refill the nitrogen.", "edited": {"user": "U9", "ts": "1700000700.0"},
             "files": [{"name": "receipt.pdf"}, {"id": "F2", "mode": "tombstone"}]},
            {"type": "message", "user": "U1", "ts": "1700000800.0", "thread_ts": "1600000000.0", "text": "late answer"},
        ]
        export = dict(EXPORT, **{
            "groups.json": [{"id": "G1", "name": "secret", "members": ["U1"]}],
            "mpims.json": [{"id": "M1", "name": "mpdm-a--b-1", "members": ["U1", "U2"]}],
            "secret/2023-11-15.json": messages,
            "mpdm-a--b-1/2023-11-15.json": [{"user": "U2", "ts": "1700000900.0", "text": "among the three of us"}],
        })
        for name, content in export.items():
            os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
            with open(f"{folder}/{name}", "w") as file:
                json.dump(content, file)
        first = lab.run("import", folder)
        assert first.returncode == 0, first.stderr
        assert "Skipped: 1 file that Slack did not export." in first.stdout
        assert "Skipped: 1 link from a reply to its thread's beginning" in first.stdout
        assert ": 0 added" in lab.run("import", folder).stdout
        assert lab.run("reindex").returncode == 0
        found = lab.run("search", "--as", "one@slack-lab.example", "--json", "nitrogen tank refill").stdout
        assert "The nitrogen tank is at nine percent." in found and "freezer bot" in found and "[file: receipt.pdf]" in found
        assert "among the three" in lab.run("search", "--as", "one@slack-lab.example", "--json", "among the three of us").stdout


def test_an_import_that_was_killed_goes_on_where_it_was():
    with Lab() as lab:
        room, head = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
        lines = [
            {"type": "user", "id": head, "email": "writer@lab.example", "full_name": "Writer"},
            {"type": "conversation", "id": room, "is_group": True, "member_ids": [head]},
        ] + [
            {"type": "message", "id": str(uuid.UUID(int=number + 10)), "conversation_id": room, "sender_id": head,
             "content": f"message {number} of an export that takes a while", "created_at": "2026-01-31T14:05:00Z"}
            for number in range(300_000)
        ]
        path = lab.write("long.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        for pause in (2.0, 3.0):
            process = subprocess.Popen([PROGRAM, "import", path], cwd=ROOT, env=lab.environment, stdout=subprocess.PIPE, text=True)
            time.sleep(pause)
            if process.poll() is None:
                process.kill()
            process.wait(30)
        done = lab.run("import", path)
        assert done.returncode == 0, done.stderr
        kept = re.search(r"went on after line (\d+)", done.stdout)
        added, known = map(int, re.search(r"(\d+) added, (\d+) there already", done.stdout).groups())
        # What was stored before the kill is not even read as rows again, and nothing is missing.
        assert kept and int(kept[1]) > 0 and known == 0 and added == len(lines) - int(kept[1]), done.stdout
        again = lab.run("import", path)
        assert f": 0 added, {len(lines)} there already" in again.stdout and "went on" not in again.stdout, again.stdout


def test_a_file_that_changed_before_its_position_is_taken_in_from_its_beginning():
    with Lab() as lab:
        people = [
            {"type": "user", "id": str(uuid.UUID(int=number + 1)), "email": f"member{number}@lab.example", "full_name": "Member"}
            for number in range(600)
        ]
        wrong = [{"type": "user", "id": "no id", "email": "x@lab.example"}]
        path = lab.write("people.jsonl", "".join(json.dumps(line) + "\n" for line in people + wrong))
        assert "line 601" in lab.run("import", path).stderr
        people[0]["full_name"] = "Somebody Else"
        lab.write("people.jsonl", "".join(json.dumps(line) + "\n" for line in people))
        changed = lab.run("import", path)
        assert ": 100 added, 500 there already" in changed.stdout and "went on" not in changed.stdout, changed.stdout
