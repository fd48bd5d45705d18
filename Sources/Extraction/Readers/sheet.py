"""Excel workbooks: a line a row, with what a cell shows rather than what it computes."""

import datetime
import re

from output import Lines, Refusal

# Characters of all the strings that cells share.
LONGEST_STRINGS = 32 << 20
COLUMNS = 1000
# Formats of dates and times that have no code in the file (ECMA-376, 18.8.30).
DATES = set(range(14, 23)) | {45, 46, 47}


def read(archive, out):
    strings = shared_strings(archive)
    dates = date_styles(archive)
    for name, part, is_1904 in sheets(archive):
        if archive.has(part):
            Rows(out, name, strings, dates, is_1904).read(archive, part)


def sheets(archive):
    relations = archive.relations("xl/workbook.xml")
    found = []
    epoch = [False]

    def start(tag, attributes):
        if tag == "workbookPr":
            epoch[0] = attributes.get("date1904") in ("1", "true")
        elif tag == "sheet":
            _, part = relations.get(attributes.get("id"), ("", ""))
            found.append((attributes.get("name", f"{len(found) + 1}"), part))

    archive.parse("xl/workbook.xml", start)
    return [(name, part, epoch[0]) for name, part in found]


def shared_strings(archive):
    strings, words, size = [], [], 0
    state = {"in_text": False, "phonetic": False}

    def start(tag, _):
        if tag == "rPh":
            state["phonetic"] = True
        state["in_text"] = tag == "t" and not state["phonetic"]

    def end(tag):
        nonlocal size
        if tag == "rPh":
            state["phonetic"] = False
        state["in_text"] = False
        if tag == "si":
            text = "".join(words)
            words.clear()
            size += len(text)
            if size > LONGEST_STRINGS:
                raise Refusal("Its texts are longer than in any workbook.")
            strings.append(text)

    if archive.has("xl/sharedStrings.xml"):
        archive.parse("xl/sharedStrings.xml", start, end, lambda data: state["in_text"] and words.append(data))
    return strings


def date_styles(archive):
    """The styles, by number, that show a number as a date."""
    formats, styles = set(DATES), set()
    state = {"in_cells": False, "count": 0}

    def start(tag, attributes):
        if tag == "numFmt":
            code = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", attributes.get("formatCode", ""))
            if re.search("[ymdhs]", code, re.IGNORECASE):
                formats.add(int(attributes.get("numFmtId", -1)))
        elif tag == "cellXfs":
            state["in_cells"] = True
        elif tag == "xf" and state["in_cells"]:
            if int(attributes.get("numFmtId", 0)) in formats:
                styles.add(state["count"])
            state["count"] += 1

    def end(tag):
        if tag == "cellXfs":
            state["in_cells"] = False

    if archive.has("xl/styles.xml"):
        try:
            archive.parse("xl/styles.xml", start, end)
        except ValueError:
            pass  # Numbers are then shown as they are.
    return styles


class Rows:
    def __init__(self, out, name, strings, dates, is_1904):
        self.lines = Lines(out, f"sheet {name}", "row")
        self.strings, self.dates = strings, dates
        self.epoch = datetime.datetime(1904, 1, 1) if is_1904 else datetime.datetime(1899, 12, 30)
        self.row, self.cells = 0, []
        self.kind, self.style, self.value, self.in_value = None, None, [], False

    def read(self, archive, part):
        archive.parse(part, self.start, self.end, self.text)
        self.lines.flush()

    def start(self, tag, attributes):
        if tag == "row":
            number = attributes.get("r", "")
            self.row = int(number) if number.isdigit() and len(number) < 8 else self.row + 1
            self.cells = []
        elif tag == "c":
            self.kind, self.style, self.value = attributes.get("t", "n"), attributes.get("s"), []
        elif tag in ("v", "t"):
            self.in_value = True

    def end(self, tag):
        if tag in ("v", "t"):
            self.in_value = False
        elif tag == "c" and len(self.cells) < COLUMNS:
            text = self.shown("".join(self.value)).strip()
            if text:
                self.cells.append(text)
        elif tag == "row":
            self.lines.add(self.row, " | ".join(self.cells))

    def text(self, data):
        if self.in_value:
            self.value.append(data)

    def shown(self, value):
        if self.kind == "s":
            return self.strings[int(value)] if value.isdigit() and int(value) < len(self.strings) else ""
        if self.kind == "b":
            return "yes" if value == "1" else "no"
        if self.kind != "n" or not value:
            return value
        if self.style and self.style.isdigit() and int(self.style) in self.dates:
            return self.date(value)
        return number(value)

    def date(self, value):
        try:
            days = float(value)
            moment = self.epoch + datetime.timedelta(days=days)
        except (ValueError, OverflowError):
            return value
        moment = (moment + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
        if 0 <= days < 1:
            return moment.strftime("%H:%M")
        return moment.strftime("%Y-%m-%d" if moment.time() == datetime.time() else "%Y-%m-%d %H:%M")


def number(value):
    """0.30000000000000004 as people wrote it: 0.3."""
    try:
        return f"{float(value):.12g}" if "." in value or "E" in value.upper() else value
    except ValueError:
        return value
