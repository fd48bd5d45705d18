"""What a reader hands over, and how much of it at most."""

import json
import re

# Bytes of text; more than that is never indexed.
LONGEST = 4 << 20
SECTIONS = 20_000

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Refusal(Exception):
    """The text cannot be had, for a reason that a person understands."""


class Full(Exception):
    """As much was written as may be."""


class Output:
    def __init__(self, file):
        self.file = file
        self.size = 0
        self.sections = 0
        self.latest = None

    def section(self, text, at=None, unit=None, first=1):
        """`text` from the place `at` ("slide 4"); `unit` names its lines, counted from `first`."""
        text = CONTROLS.sub(" ", text).rstrip()
        if not text.strip():
            return
        self.size += len(text.encode())
        self.sections += 1
        if self.size > LONGEST or self.sections > SECTIONS:
            where = f" up to {self.latest}" if self.latest else ""
            self.write(note=f"It is longer than what is searched: only its beginning{where} is.")
            raise Full
        self.latest = at or self.latest
        self.write(text=text, at=at, unit=unit, first=first)

    def finish(self):
        if not self.sections:
            raise Refusal("It holds no text.")

    def refuse(self, reason):
        self.write(refusal=reason)

    def write(self, **line):
        json.dump({name: value for name, value in line.items() if value is not None}, self.file)
        self.file.write("\n")


class Lines:
    """Collects numbered lines into sections; a long gap between them begins a new one."""

    LONGEST_GAP = 50
    LONGEST_SECTION = 1 << 16

    def __init__(self, out, at, unit):
        self.out, self.at, self.unit = out, at, unit
        self.lines, self.first, self.size = [], 1, 0

    def add(self, number, text):
        if not text.strip():
            return
        text = text.replace("\n", " ")
        if self.lines and number - self.first - len(self.lines) > self.LONGEST_GAP or self.size > self.LONGEST_SECTION:
            self.flush()
        if not self.lines:
            self.first = number
        self.lines += [""] * (number - self.first - len(self.lines))
        self.lines.append(text)
        self.size += len(text)

    def flush(self):
        self.out.section("\n".join(self.lines), self.at, self.unit, self.first)
        self.lines, self.size = [], 0
