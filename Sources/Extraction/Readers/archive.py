"""Zip files from strangers: what is in them is counted as it is unpacked, whatever their headers say."""

import zipfile
import zlib
from xml.parsers import expat

from output import Refusal

# Of all that is unpacked from one file, in bytes.
LARGEST = 256 << 20
MEMBERS = 20_000
DAMAGED = "It is damaged: it cannot be unpacked."


class Archive:
    def __init__(self, path):
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, IndexError):
            raise Refusal(DAMAGED)
        self.names = {name.lower(): name for name in self.zip.namelist()}
        if len(self.names) > MEMBERS:
            raise Refusal("It holds more parts than any document.")
        self.left = LARGEST

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.zip.close()

    def has(self, name):
        return name.lower() in self.names

    def pieces(self, name):
        try:
            with self.zip.open(self.names[name.lower()]) as member:
                while piece := member.read(1 << 16):
                    self.left -= len(piece)
                    if self.left < 0:
                        raise Refusal(f"It unpacks to more than {LARGEST >> 20} MB.")
                    yield piece
        except KeyError:
            raise Refusal("It is damaged: a part of it is missing.")
        except RuntimeError:
            raise Refusal("It is protected by a password.")
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, IndexError):
            raise Refusal(DAMAGED)

    def bytes(self, name, limit):
        data = b""
        for piece in self.pieces(name):
            data += piece
            if len(data) > limit:
                raise Refusal("A part of it is larger than in any document.")
        return data

    def parse(self, name, start=None, end=None, text=None):
        """Hands over a part's XML as it is read: `start(tag, attributes)`, `end(tag)`, `text(data)`, without namespaces."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = refuse_doctype
        depth = 0

        def opened(tag, attributes):
            nonlocal depth
            depth += 1
            if depth > 500:
                raise Refusal("It is nested deeper than any document.")
            if start:
                start(local(tag), {local(key): value for key, value in attributes.items()})

        def closed(tag):
            nonlocal depth
            depth -= 1
            if end:
                end(local(tag))

        parser.StartElementHandler, parser.EndElementHandler = opened, closed
        if text:
            parser.CharacterDataHandler = text
        try:
            for piece in self.pieces(name):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except expat.ExpatError:
            raise Refusal("It is damaged: a part of it cannot be read.")

    def relations(self, part):
        """Where a part's relations lead: id to (kind, part)."""
        folder, _, name = part.rpartition("/")
        found = {}

        def start(tag, attributes):
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else resolved(folder, target)
                found[attributes.get("Id")] = (attributes.get("Type", "").rpartition("/")[2], path)

        relations = f"{folder}/_rels/{name}.rels"
        if self.has(relations):
            self.parse(relations, start)
        return found


def refuse_doctype(*_):
    # Where entities come from: those that grow without end, and those that name files.
    raise Refusal("It declares a document type, as no office program does; it is not read.")


def local(name):
    return name.rpartition(" ")[2]


def resolved(folder, target):
    parts = folder.split("/")
    for step in target.split("/"):
        if step == "..":
            parts = parts[:-1]
        elif step not in ("", "."):
            parts.append(step)
    return "/".join(part for part in parts if part)
