"""A backup of a lab whose files are in a bucket says so, and a restore names what the bucket lacks."""

import json
import os
import shutil
import subprocess
import tempfile

import pytest
from conftest import PROGRAM, ROOT, serving
from moto_bucket import moto_bucket
from signed_files import announce, put


@pytest.fixture
def folder():
    folder = tempfile.mkdtemp(prefix="labsync-backups-")
    # As root, the program runs PostgreSQL as a user of its own, who must get in.
    os.chmod(folder, 0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def labsync(environment, *arguments):
    done = subprocess.run(
        [PROGRAM, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stdout + done.stderr


def test_what_stays_in_the_bucket_is_looked_for(folder):
    with moto_bucket() as bucket, serving(**bucket.settings) as server:
        token = server.token("jonas.weber")
        upload = announce(server, token, "kept.txt")
        assert put(upload, b"first")[0] == 200
        version = json.loads(server.call("POST", f"/api/files/{upload['file_id']}/versions", {}, token=token)[1])
        assert put(version, b"second")[0] == 200
        server.run("files", "sweep", "--grace", "0")
        code, said = labsync(server.environment, "backup", f"{folder}/backup")
        place = f"{bucket.gate.url}/lab-files/lab one/"
        assert code == 0 and f"NOT in it: they stay in {place}" in said
        assert not os.path.exists(f"{folder}/backup/objects")
        assert json.load(open(f"{folder}/backup/manifest.json"))["bucket"] == place

        def restore(name, **changed):
            environment = server.environment | {"LABSYNC_DATA": f"{folder}/{name}"} | changed
            return labsync(environment, "restore", f"{folder}/backup")

        code, said = restore("one")
        assert code == 0 and said.startswith("Restored ") and "missing" not in said
        lost = sorted(bucket.keys(), key=lambda key: bucket.client.head_object(Bucket="lab-files", Key=key)["LastModified"])
        for key in lost[-2:]:  # What was just sent: the content and the version before.
            bucket.client.delete_object(Bucket="lab-files", Key=key)
        code, said = restore("two")
        assert code != 0 and "Restored" in said and f"2 objects that the lab's files name are missing from {place}" in said
        assert all(key.removeprefix("lab one/") in said.splitlines() for key in lost[-2:])
        code, said = restore("three", LABSYNC_S3_BUCKET="")
        assert code != 0 and f"are in {place}, not in the backup" in said and not os.path.exists(f"{folder}/three")
        # The lab itself lacks them by now, and its next backup says so.
        code, said = labsync(server.environment, "backup", f"{folder}/later")
        assert code != 0 and "lacks 2 objects" in said


def test_a_backup_with_its_objects_is_not_put_beside_a_bucket(folder):
    with moto_bucket() as bucket, serving() as server:
        assert put(announce(server, server.token("jonas.weber"), "a.txt"), b"words")[0] == 200
        assert labsync(server.environment, "backup", f"{folder}/backup")[0] == 0
        environment = server.environment | bucket.settings | {"LABSYNC_DATA": f"{folder}/other"}
        code, said = labsync(environment, "restore", f"{folder}/backup")
        assert code != 0 and "Restore without it" in said and not os.path.exists(f"{folder}/other")
