"""The way of a file in and out by signed addresses, for the suites that try it."""

import json
import urllib.error
import urllib.request


def announce(server, token, name, kind="text/plain", **more):
    status, body = server.call("POST", "/api/files/upload", {"name": name, "content_type": kind, **more}, token=token)
    assert status == 201, body
    return json.loads(body)


def put(upload, data, path=None):
    request = urllib.request.Request(path or upload["url"], data=data, method="PUT", headers=upload["headers"])
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def fetch(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as reply:
            return reply.status, reply.read(), reply.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def link(server, token, file):
    status, body = server.call("GET", f"/api/files/download?id={file}", token=token)
    return json.loads(body)["url"] if status == 200 else status
