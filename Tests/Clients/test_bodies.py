"""Bodies that are not quite JSON, or too much of it: refused with words, never a crash."""

import json

import pytest

DEEP = 100_000
BAD = {
    "empty": b"",
    "space": b" ",
    "open object": b'{"query": "x"',
    "open text": b'{"query": "x',
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "closed deep lists": b'{"query":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "trailing comma": b'{"query": "x",}',
    "two values": b'{"query": "x"}{"query": "y"}',
    "single quotes": b"{'query': 'x'}",
    "no quotes": b'{query: "x"}',
    "comment": b'{"query": "x" /* no */}',
    "not a number": b'{"query": "x", "limit": NaN}',
    "infinity": b'{"query": "x", "limit": Infinity}',
    "leading zero": b'{"query": "x", "limit": 012}',
    "plus": b'{"query": "x", "limit": +1}',
    "hexadecimal": b'{"query": "x", "limit": 0x1}',
    "huge exponent": b'{"query": "x", "limit": 1e999999}',
    "long number": b'{"query": "x", "limit": ' + b"9" * 5000 + b"}",
    "bad UTF-8": b'{"query": "\xff\xfe"}',
    "overlong UTF-8": b'{"query": "\xc0\xaf"}',
    "surrogate in UTF-8": b'{"query": "\xed\xa0\x80"}',
    "truncated UTF-8": b'{"query": "\xe2\x82"}',
    "bad escape": b'{"query": "\\x41"}',
    "short escape": b'{"query": "\\u00"}',
    "raw newline": b'{"query": "a\nb"}',
    "raw NUL": b'{"query": "a\x00b"}',
    "escaped NUL": b'{"query": "a\\u0000b"}',
    "list": b"[1, 2]",
    "text": b'"query"',
    "number": b"1",
    "null": b"null",
    "binary": bytes(range(256)),
    "UTF-16": '{"query": "x"}'.encode("utf-16"),
    "wrong kind": b'{"query": {"a": 1}}',
    "unknown field": b'{"query": "x", "nonsense": 1}',
    "true for a number": b'{"query": "x", "limit": true}',
}
GOOD = {
    "spaces": b' \n\t{ "query" : "borate" } \r\n',
    "escapes": b'{"query": "\\u0062orate \\ud83d\\ude00 \\/ \\\\ \\""}',
    "long text": json.dumps({"query": "borate " * 200}).encode(),
    "every script": '{"query": "Ω≈ç √ 表 ポ あ é 😀 ‮ ﷽"}'.encode(),
    "exponent": b'{"query": "borate", "limit": 1e1}',
}


@pytest.fixture(scope="module")
def token(server):
    return server.token()


@pytest.mark.parametrize("path", ["/api/search", "/api/chatbot", "/api/status", "/v1/chat/completions", "/mcp"])
def test_what_is_no_json_is_refused(server, token, path):
    for name, body in BAD.items():
        status, reply = server.call("POST", path, body, token=token)
        assert 400 <= status < 500 or path == "/mcp" and '"error"' in reply, f"{path} {name}: {status} {reply[:200]}"
    assert server.call("GET", "/healthz")[0] == 200


def test_what_is_json_is_taken(server, token):
    for name, body in GOOD.items():
        status, reply = server.call("POST", "/api/search", body, token=token)
        assert status == 200, f"{name}: {status} {reply[:200]}"


def test_text_comes_back_as_it_was_written(server, token):
    for text in ["Ω≈ç√∫", "表ポあA鷗", "٠١٢٣", "👩‍🔬🏳️‍🌈", "‮left‬", "ﷺ", "' or 1=1 --", "<script>alert(1)</script>", "%00 \\0 $1", "​"]:
        status, reply = server.call("POST", "/api/status", {"text": f"a{text}b", "visibility": "private"}, token=token)
        assert status == 201 and json.loads(reply)["text"] == f"a{text}b", (text, reply[:200])
