"""HTML: what a reader of the page would see, on the lines where it stands in the file."""

import re
from html.parser import HTMLParser

HIDDEN = {"script", "style", "noscript", "template", "svg", "math", "object", "iframe"}
VOID = {"br", "hr", "img", "input", "meta", "link", "wbr", "source", "area", "base", "col", "embed", "track"}
BLOCKS = {
    "p", "div", "br", "li", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header",
    "footer", "table", "ul", "ol", "dl", "dt", "dd", "pre", "blockquote", "title", "hr", "option", "figcaption",
}
LARGEST = 32 << 20


def read(path, out):
    with open(path, "rb") as file:
        data = file.read(LARGEST)
    out.section(Page.text_of(decoded(data)), unit="line")


def decoded(data):
    declared = re.search(rb"charset\s*=\s*[\"']?([\w-]{1,40})", data[:2048], re.IGNORECASE)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig"] + ([declared[1].decode("ascii", "ignore")] if declared else [])
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", "replace")


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.words = []
        self.line = 1
        self.hidden = []

    @classmethod
    def text_of(cls, source):
        page = cls()
        page.feed(source)
        page.close()
        lines = "".join(page.words).split("\n")
        return "\n".join(" ".join(line.split()) for line in lines)

    def handle_starttag(self, tag, attributes):
        if tag in HIDDEN:
            if len(self.hidden) < 1000:
                self.hidden.append(tag)
        elif tag in BLOCKS:
            self.words.append(" ")
        if tag == "img" and not self.hidden:
            self.words.append(dict(attributes).get("alt") or "")

    def handle_endtag(self, tag):
        if tag in self.hidden:
            while self.hidden.pop() != tag:
                pass
        elif tag in BLOCKS:
            self.words.append(" ")

    def handle_data(self, data):
        if self.hidden or not data.strip():
            return
        line = self.getpos()[0]
        self.words.append("\n" * (line - self.line))
        self.words.append(data)
        self.line = line + data.count("\n")
