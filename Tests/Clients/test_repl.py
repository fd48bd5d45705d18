"""`labsync repl` as people use it: at a terminal, through a pipe, and against a server."""

import os
import signal
import subprocess
import time

import pexpect
import pytest
from conftest import PROGRAM, ROOT, serving
from scripted_model import Model, hold, say

QUESTION = "Which journal do we submit the manuscript to?"
ASKER = "jonas.weber@okafor-lab.example"
PROMPT = r"\? "


@pytest.fixture(scope="module")
def model():
    model = Model()
    yield model
    model.close()


@pytest.fixture(scope="module")
def server(model):
    with serving("fixtures/tiny-lab", **model.settings, HOME=str(ROOT / ".build")) as server:
        yield server


@pytest.fixture(params=["data folder", "server"])
def arguments(request, server):
    """The two ways to begin."""
    if request.param == "server":
        return ["--server", server.url, "--token", server.token("jonas.weber")]
    return ["--as", ASKER]


def quoting(server):
    """Settings without a model."""
    return server.environment | {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "LABSYNC_MODEL": ""}


def pipe(server, arguments, *lines, environment=None):
    done = subprocess.run(
        [PROGRAM, "repl", *arguments], input="".join(f"{line}\n" for line in lines),
        cwd=ROOT, env=environment or server.environment, capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def terminal(server, arguments, **environment):
    child = pexpect.spawn(
        str(PROGRAM), ["repl", *arguments], cwd=str(ROOT), encoding="utf-8", timeout=30, dimensions=(40, 200),
        env=server.environment | {"TERM": "xterm-256color"} | environment,
    )
    child.expect("/help lists the commands")
    child.expect(PROMPT)
    return child


def end(child):
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, (child.exitstatus, child.signalstatus)


def cite_first(body):
    quoted = body["messages"][0]["content"].split("<<<\n")[1].split("\n>>>")[0]
    return quoted.split(": ", 1)[1].split(". ")[0].rstrip(".") + " [1]."


def test_every_command_through_a_pipe(server, model, arguments, tmp_path):
    model.always = say(cite_first)
    out = str(tmp_path / "notes.md")
    text = pipe(
        server, arguments, QUESTION, "/open 1", "/open 99", "/explain", "/retry", "/sources message", "/retry",
        "/sources nonsense", "/sources", "/since 1h", "/since 2031-01-01", "/retry", "/since whenever", "/since",
        "/in No such conversation", "/in", "/new", f"/export {out}", "/export", "/help", "/nonsense", "", "/quit", "never asked",
    )
    assert "[1]" in text and "\x1b" not in text
    assert "no such citation" in text and ("Searched for" in text or "candidates" in text) and "Kinds are message" in text
    assert "Say a date such as" in text and "in no conversation of the name" in text and "Say where to" in text
    assert "There is no such command" in text and "/open N" in text and "3 answers written" in text or "4 answers" in text
    notes = open(out).read()
    assert notes.count(f"## {QUESTION}") >= 3 and "[1]" in notes
    # A year that has not come has nothing in it.
    assert "found nothing" in text


def test_in_a_conversation(server, model):
    environment = quoting(server)
    lines = ["/in general", QUESTION, "/new", "/in", QUESTION]
    for arguments in [["--as", ASKER], ["--server", server.url, "--token", server.token("jonas.weber")]]:
        text = pipe(server, arguments, *lines, environment=environment)
        assert "of the name" not in text
        assert "Molecular Cell" in text.rsplit("see.", 1)[-1] and "found nothing" in text


def test_as_somebody_else(server, model):
    environment = quoting(server)
    text = pipe(
        server, ["--as", ASKER], QUESTION, "/as emma.novak@okafor-lab.example", QUESTION, "/as nobody@x.example",
        "/as", environment=environment,
    )
    assert "Molecular Cell" in text and "found nothing" in text and "Say who" in text
    remote = ["--server", server.url, "--token", server.token("jonas.weber")]
    assert "another --token" in pipe(server, remote, f"/as {ASKER}", environment=environment)


def test_one_question_through_a_pipe(server, model, arguments):
    model.always = say(cite_first)
    text = pipe(server, arguments, QUESTION)
    assert text.count("[1]") == 2 and "? " not in text.replace(QUESTION, "") and "\x1b" not in text


def test_mistakes(server):
    def run(*arguments):
        done = subprocess.run(
            [PROGRAM, "repl", *arguments], input="", cwd=ROOT, env=server.environment, capture_output=True, text=True,
            timeout=60,
        )
        assert done.returncode != 0
        return done.stderr

    assert "--token goes with --server" in run("--token", "x")
    assert "Give a token" in run("--server", server.url)
    assert "--as" in run("--server", server.url, "--token", "x", "--as", ASKER)
    text = pipe(server, ["--server", server.url, "--token", "not.a.token"], QUESTION)
    assert "token" in text
    assert "reach" in pipe(server, ["--server", "http://127.0.0.1:9", "--token", "x"], QUESTION).lower()


def test_a_terminal(server, model, arguments):
    model.always = say(cite_first)
    child = terminal(server, arguments)
    child.sendline(QUESTION)
    child.expect(r"\[1\]")
    # Where it comes from is faint.
    child.expect("\x1b\\[2m\\[1\\]")
    child.expect(PROMPT)
    child.sendline("/open 1")
    child.expect("\x1b\\[1m")
    child.expect(PROMPT)
    # Tab completes, and the arrow up brings back what was asked.
    child.send("/he\t")
    child.expect("lp")
    child.sendline("")
    child.expect("/export FILE")
    child.expect(PROMPT)
    child.send("\x1b[A\x1b[A\x1b[A")
    child.expect("journal")
    child.sendline("")
    child.expect("\x1b\\[2m\\[1\\]")
    child.expect(PROMPT)
    end(child)


def test_no_colour(server, model, arguments):
    model.always = say(cite_first)
    child = terminal(server, arguments, NO_COLOR="1")
    child.sendline(QUESTION)
    child.expect(r"\[1\].*\[1\]")
    child.expect(PROMPT)
    assert "\x1b[2m" not in child.before
    end(child)


def test_interrupts_stop_the_answer_and_not_the_program(server, model, arguments):
    model.free.clear()
    model.left.clear()
    model.always = hold("Let me think about")
    child = terminal(server, arguments)
    child.sendline(QUESTION)
    # What is said word by word is shown word by word.
    child.expect("think")
    child.kill(signal.SIGINT)
    child.expect("stopped")
    child.expect(PROMPT)
    assert model.left.wait(10), "the model still speaks"
    model.always = say(cite_first)
    child.sendline("/retry")
    child.expect("\x1b\\[2m\\[1\\]")
    child.expect(PROMPT)
    child.send("half a quest")
    time.sleep(0.2)
    child.sendintr()
    child.expect("Ctrl-D ends")
    child.expect(PROMPT)
    child.sendline("/help")
    child.expect("/export FILE")
    child.expect(PROMPT)
    end(child)


def test_history_is_kept(server, model):
    model.always = say("NOT FOUND")
    child = terminal(server, ["--as", ASKER])
    child.sendline("a question to be remembered")
    child.expect("found nothing")
    child.expect(PROMPT)
    end(child)
    again = terminal(server, ["--as", ASKER])
    again.send("\x1b[A")
    again.expect("a question to be remembered")
    again.sendline("")
    again.expect(PROMPT)
    end(again)
    assert oct(os.stat(f"{server.data}/repl-history").st_mode)[-2:] == "00"
