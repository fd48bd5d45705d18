"""/openapi.json against the running server, by schemathesis."""

import os
import pathlib
import subprocess
import sys

import pytest

FOLDER = pathlib.Path(__file__).parent
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Of each operation; more are worth the time when much has changed.
EXAMPLES = os.environ.get("LABSYNC_EXAMPLES", "5")
# These may end the sign-in that the run itself lives on, so they come last and by somebody else.
ENDING = ["/api/auth/sign-out", "/api/auth/password"]
# Who has no token is answered as Supabase's own storage does it: with 400.
STORAGE = ["/storage/v1/bucket"]


@pytest.mark.parametrize(
    ("member", "option", "paths", "checks"),
    [
        ("adaeze.okafor", "--exclude-path", ENDING + STORAGE, f"{CHECKS},ignored_auth"),
        ("adaeze.okafor", "--include-path", STORAGE, CHECKS),
        ("emma.novak", "--include-path", ENDING, f"{CHECKS},ignored_auth"),
    ],
    ids=["most", "storage", "ending"],
)
def test_the_server_does_what_its_description_says(server, member, option, paths, checks):
    program = pathlib.Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [
            program, "run", f"{server.url}/openapi.json", "--header", f"Authorization: Bearer {server.token(member)}",
            "--checks", checks, "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1",
            "--workers", "1", "--request-timeout", "20", "--continue-on-failure", "--suppress-health-check", "all", "--no-color",
            *(word for path in paths for word in (option, path)),
        ],
        env=os.environ | {"SCHEMATHESIS_HOOKS": "contract_hooks", "PYTHONPATH": str(FOLDER)},
        cwd=server.data, capture_output=True, text=True, timeout=60 * int(EXAMPLES),
    )
    # What went wrong comes before the long list of warnings.
    told = done.stdout[:12000]
    print(told)
    assert done.returncode == 0, done.stderr[-2000:]
