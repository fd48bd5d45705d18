"""Word documents. A page is known where Word has noted the page breaks that it last showed, else the paragraph."""

from output import Lines

NOTES = [("word/footnotes.xml", "footnotes"), ("word/endnotes.xml", "endnotes"), ("word/comments.xml", "comments")]


def read(archive, out):
    pages = has_pages(archive)
    Paragraphs(archive, out, pages).read("word/document.xml")
    for part, name in NOTES:
        if archive.has(part):
            Paragraphs(archive, out, pages=False, at=name).read(part)


def has_pages(archive):
    found = False

    def start(tag, _):
        nonlocal found
        found = found or tag == "lastRenderedPageBreak"

    archive.parse("word/document.xml", start)
    return found


class Paragraphs:
    def __init__(self, archive, out, pages, at=None):
        self.archive, self.out, self.pages = archive, out, pages
        self.page = 1
        self.number = 0
        self.words = []
        self.fallback = 0
        self.in_text = False
        self.lines = Lines(out, at or ("page 1" if pages else None), None if pages or at else "paragraph")

    def read(self, part):
        self.archive.parse(part, self.start, self.end, self.text)
        self.close()
        self.lines.flush()

    def start(self, tag, attributes):
        if tag == "Fallback":
            # The same once more, for programs that cannot show what stands before.
            self.fallback += 1
        elif tag == "t":
            self.in_text = not self.fallback
        elif tag in ("tab", "tc"):
            self.words.append("\t")
        elif tag == "cr" or tag == "br" and attributes.get("type") != "page":
            self.words.append(" ")
        elif tag == "lastRenderedPageBreak" and self.pages:
            self.turn()

    def end(self, tag):
        if tag == "Fallback":
            self.fallback -= 1
        elif tag == "t":
            self.in_text = False
        elif tag == "p":
            self.close()

    def text(self, data):
        if self.in_text:
            self.words.append(data)

    def close(self):
        text = "".join(self.words).strip()
        self.words = []
        if text:
            self.number += 1
            self.lines.add(self.number, text)

    def turn(self):
        """A paragraph that runs over the page is told on the page where it begins."""
        if "".join(self.words).strip():
            self.close()
        self.lines.flush()
        self.page += 1
        self.number = 0
        self.lines = Lines(self.out, f"page {self.page}", None)
