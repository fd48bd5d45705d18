"""Rich Text Format (version 1.9.1): the words, without what describes how they look."""

import re

from output import Lines, Refusal

TOKEN = re.compile(rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")
# Groups that hold no words of the document.
HIDDEN = {
    "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "listtable", "listoverridetable", "revtbl", "rsidtbl",
    "themedata", "colorschememapping", "datastore", "latentstyles", "generator", "xmlnstbl", "fldinst", "filetbl",
}
BREAKS = {"par", "sect", "page", "row", "line"}
SIGNS = {
    "tab": "\t", "cell": " | ", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”",
}
DEEPEST = 1000


def read(path, out):
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(b"{\\rtf"):
        raise Refusal("It is damaged: it does not begin as RTF does.")
    lines, words, number = Lines(out, None, "paragraph"), [], 0
    encoding, place = "cp1252", 0
    # Of each open group: whether it is hidden, and how many characters stand for one of Unicode's.
    groups, hidden, fallback, skip = [], False, 1, 0

    def close():
        nonlocal number
        text = "".join(words).strip(" |\t")
        words.clear()
        if text:
            number += 1
            lines.add(number, text)

    while place < len(data):
        token = TOKEN.match(data, place)
        if not token:
            place += 1
            continue
        place = token.end()
        word, value, byte, sign, brace, text = token.groups()
        if brace == b"{":
            groups.append((hidden, fallback))
            if len(groups) > DEEPEST:
                raise Refusal("It is nested deeper than any document.")
        elif brace == b"}":
            hidden, fallback = groups.pop() if groups else (False, 1)
            skip = 0
        elif word:
            name = word.decode()
            if name == "bin":
                place += max(0, int(value or 0))
            elif name in HIDDEN:
                hidden = True
            elif name == "ansicpg":
                encoding = known(f"cp{int(value or 1252)}")
            elif name == "uc":
                fallback = min(abs(int(value or 1)), 8)
            elif hidden:
                continue
            elif name == "u":
                words.append(chr(int(value or 0) & 0xFFFF))
                skip = fallback
            elif name in BREAKS:
                close()
            elif name in SIGNS:
                words.append(SIGNS[name])
        elif sign == b"*":
            hidden = True
        elif hidden:
            continue
        elif byte:
            if skip:
                skip -= 1
            else:
                words.append(bytes([int(byte, 16)]).decode(encoding, "replace"))
        elif sign:
            words.append({b"~": " ", b"_": "-"}.get(sign, sign.decode("latin-1") if sign in b"\\{}" else ""))
        elif text:
            words.append(text[skip:].decode(encoding, "replace"))
            skip = max(0, skip - len(text))
        if len(words) > 100_000:
            close()
    close()
    lines.flush()


def known(encoding):
    try:
        b"".decode(encoding)
        return encoding
    except LookupError:
        return "cp1252"
