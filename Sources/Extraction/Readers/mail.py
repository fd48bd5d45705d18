"""E-mail messages (RFC 5322): who wrote what to whom, and the text that hangs on it."""

import email
import email.policy

from output import Refusal
from web import Page

LARGEST = 32 << 20
PARTS = 200
HEADERS = ["Subject", "From", "To", "Cc", "Date"]


def read(path, out):
    with open(path, "rb") as file:
        data = file.read(LARGEST)
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not any(message.get(name) for name in HEADERS):
        raise Refusal("It says it is an e-mail, but it has none of an e-mail's headers.")
    out.section("\n".join(body(message)), unit="line")
    for part in attachments(message):
        name = part.get_filename() or "attachment"
        if part.get_content_maintype() == "text":
            out.section(content(part), at=f"attachment {name[:200]}", unit="line")
        else:
            out.section(f"Attachment: {name[:200]}", at="attachments")


def body(message):
    lines = []
    for name in HEADERS:
        try:
            value = message.get(name)
        except Exception:  # Of headers that are no headers the library raises whatever it stumbles over.
            continue
        if value:
            lines.append(f"{name}: " + " ".join(str(value).split()))
    part = message.get_body(("plain", "html"))
    if part is not None:
        lines += ["", content(part)]
    return lines


def attachments(message):
    main = message.get_body(("plain", "html"))
    seen = 0
    for part in message.walk():
        if part.is_multipart() or part is main:
            continue
        seen += 1
        if seen > PARTS:
            return
        if part.get_filename() or part.get_content_disposition() == "attachment":
            yield part


def content(part):
    data = part.get_payload(decode=True) or b""
    charset = part.get_content_charset() or "utf-8"
    try:
        text = data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        text = data.decode("cp1252", "replace")
    return Page.text_of(text) if part.get_content_subtype() == "html" else text
