"""Small pictures of files: of what, for whom, and what hostile files do."""

import io
import json
import struct
import time
import zlib

import pytest
from PIL import Image
from reportlab.pdfgen import canvas
from signed_files import announce, fetch, put


def picture(kind, size=(1600, 800), **more):
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, kind, **more)
    return file.getvalue()


def pages(size=(595, 842)):
    file = io.BytesIO()
    page = canvas.Canvas(file, pagesize=size)
    page.drawString(72, 700, "Protocol")
    page.showPage()
    page.save()
    return file.getvalue()


def stored(server, token, name, kind, data):
    upload = announce(server, token, name, kind)
    status, row = put(upload, data)
    assert status == 200, row
    return upload["file_id"]


def thumbnail(server, token, file, **headers):
    return fetch(f"{server.url}/api/files/{file}/thumbnail", Authorization=f"Bearer {token}", **headers)


@pytest.mark.parametrize(
    "name, kind, data, size",
    [
        ("gel.png", "image/png", picture("PNG"), (320, 160)),
        ("gel.jpg", "image/jpeg", picture("JPEG"), (320, 160)),
        ("gel.webp", "image/webp", picture("WEBP"), (320, 160)),
        ("gel.tif", "image/tiff", picture("TIFF"), (320, 160)),
        ("dot.png", "image/png", picture("PNG", (20, 10)), (20, 10)),
        ("protocol.pdf", "application/pdf", pages(), (227, 320)),
    ],
)
def test_what_is_drawn(server, name, kind, data, size):
    token = server.token("jonas.weber")
    file = stored(server, token, name, kind, data)
    status, body, headers = thumbnail(server, token, file)
    assert status == 200, body
    assert headers["Content-Type"] == "image/png" and headers["X-Content-Type-Options"] == "nosniff"
    drawn = Image.open(io.BytesIO(body))
    assert abs(drawn.size[0] - size[0]) <= 1 and abs(drawn.size[1] - size[1]) <= 1
    if name.startswith("gel"):
        red, green, blue = drawn.convert("RGB").getpixel((10, 10))
        assert red > 180 and green < 60 and blue < 60
    assert thumbnail(server, token, file)[1] == body
    assert thumbnail(server, token, file, **{"If-None-Match": headers["ETag"]})[0] == 304


def test_a_picture_follows_its_file(server):
    owner, other = server.token("jonas.weber"), server.token("emma.novak")
    file = stored(server, owner, "gel.png", "image/png", picture("PNG"))
    assert thumbnail(server, owner, file)[0] == 200
    hidden, absent = thumbnail(server, other, file), thumbnail(server, other, "00000000-0000-4000-8000-000000000000")
    assert hidden[0] == absent[0] == 404
    strip = lambda body: {key: value for key, value in json.loads(body).items() if key != "request_id"}
    assert strip(hidden[1]) == strip(absent[1])
    assert fetch(f"{server.url}/api/files/{file}/thumbnail")[0] == 401
    status = json.loads(server.call("POST", "/api/status", {"text": "see", "visibility": "public"}, token=owner)[1])
    server.call("PATCH", f"/api/files/{file}", {"status_id": status["id"]}, token=owner)
    assert thumbnail(server, other, file)[0] == 200
    server.call("PATCH", f"/api/files/{file}", {"detach": True}, token=owner)
    assert thumbnail(server, other, file)[0] == 404


def test_a_new_version_has_a_new_picture(server):
    token = server.token("jonas.weber")
    file = stored(server, token, "gel.png", "image/png", picture("PNG"))
    before = thumbnail(server, token, file)[1]
    version = json.loads(server.call("POST", f"/api/files/{file}/versions", {}, token=token)[1])
    assert put(version, picture("PNG", (800, 1600)))[0] == 200
    after = thumbnail(server, token, file)[1]
    assert after != before and Image.open(io.BytesIO(after)).size == (160, 320)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side):
    """A picture of side × side pixels in a few hundred kilobytes."""
    packer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "name, kind, data",
    [
        ("cut.png", "image/png", picture("PNG")[:200]),
        ("cut.jpg", "image/jpeg", picture("JPEG")[:40]),
        ("bomb.png", "image/png", bomb(60_000)),
        ("lies.png", "image/png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1 << 30, 1 << 30, 8, 6, 0, 0, 0))),
        ("endless.pdf", "application/pdf", pages((14_000_000, 14_000_000))),
        ("broken.pdf", "application/pdf", b"%PDF-1.7\n1 0 obj <</Kids [1 0 R]>> endobj trailer <</Root 1 0 R>>"),
        ("notes.txt", "text/plain", b"no picture"),
        ("drawing.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
        ("delegate.mvg", "application/octet-stream", b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/'\n"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_hostile_files_have_no_picture_and_hurt_nobody(server, name, kind, data):
    token = server.token("jonas.weber")
    upload = announce(server, token, name, kind)
    status, row = put(upload, data)
    assert status == 200, row
    before, start = server.memory(), time.time()
    status, body, headers = thumbnail(server, token, upload["file_id"])
    assert status == 404 or len(body) < 1 << 20 and headers["Content-Type"] == "image/png"
    assert time.time() - start < 45
    assert server.memory() - before < 32 << 20
    assert server.call("GET", "/api/files", token=token)[0] == 200
