"""OpenDocument texts, spreadsheets and presentations (ISO/IEC 26300), as LibreOffice writes them."""

from output import Lines, Refusal

# Repeated rows and cells are for layout; what repeats more often than this is no data.
REPEATS = 100
COLUMNS = 1000
SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"
PRESENTATION = "application/vnd.oasis.opendocument.presentation"


def read(archive, out):
    kind = archive.bytes("mimetype", 200).decode("ascii", "replace").strip()
    if "opendocument" not in kind:
        raise Refusal("It is an archive; archives are not unpacked. Upload what is in it.")
    refuse_encrypted(archive)
    reader = {SPREADSHEET: Sheets, PRESENTATION: Slides}.get(kind.removesuffix("-template"), Paragraphs)(out)
    archive.parse("content.xml", reader.start, reader.end, reader.text)
    reader.finish()


def refuse_encrypted(archive):
    def start(tag, _):
        if tag == "encryption-data":
            raise Refusal("It is protected by a password.")

    if archive.has("META-INF/manifest.xml"):
        archive.parse("META-INF/manifest.xml", start)


def count(attributes, name):
    value = attributes.get(name, "1")
    return int(value) if value.isdigit() and len(value) < 9 else 1


class Paragraphs:
    """What all three kinds share: paragraphs of text, without what was deleted from them."""

    def __init__(self, out):
        self.out = out
        self.lines = Lines(out, None, "paragraph")
        self.number = 0
        self.words = []
        self.paragraphs = 0
        self.deleted = 0

    def start(self, tag, attributes):
        if tag == "tracked-changes":
            self.deleted += 1
        elif tag in ("p", "h"):
            self.paragraphs += 1
        elif tag == "s":
            self.words.append(" " * min(count(attributes, "c"), REPEATS))
        elif tag in ("tab", "line-break"):
            self.words.append("\t" if tag == "tab" else " ")

    def end(self, tag):
        if tag == "tracked-changes":
            self.deleted -= 1
        elif tag in ("p", "h"):
            self.paragraphs -= 1
            if self.paragraphs == 0:
                text = "".join(self.words).strip()
                self.words = []
                self.paragraph(text)

    def text(self, data):
        if self.paragraphs and not self.deleted:
            self.words.append(data)

    def paragraph(self, text):
        if text:
            self.number += 1
            self.lines.add(self.number, text)

    def finish(self):
        self.lines.flush()


class Slides(Paragraphs):
    def __init__(self, out):
        super().__init__(out)
        self.slide = 0
        self.said = []

    def start(self, tag, attributes):
        super().start(tag, attributes)
        if tag == "page":
            self.slide += 1
            self.said = []

    def end(self, tag):
        super().end(tag)
        if tag == "page":
            self.out.section("\n".join(self.said), at=f"slide {self.slide}")

    def paragraph(self, text):
        if text:
            self.said.append(text)


class Sheets(Paragraphs):
    def __init__(self, out):
        super().__init__(out)
        self.row = 0
        self.repeats = 1
        self.cells, self.said, self.cell_repeats = [], [], 1

    def start(self, tag, attributes):
        super().start(tag, attributes)
        if tag == "table":
            self.lines.flush()
            self.lines = Lines(self.out, f"sheet {attributes.get('name', '')}".strip(), "row")
            self.row = 0
        elif tag == "table-row":
            self.row += 1
            self.repeats = count(attributes, "number-rows-repeated")
            self.cells = []
        elif tag in ("table-cell", "covered-table-cell"):
            self.said = []
            self.cell_repeats = count(attributes, "number-columns-repeated")

    def end(self, tag):
        super().end(tag)
        if tag in ("table-cell", "covered-table-cell"):
            text = " ".join(self.said)
            if text and len(self.cells) < COLUMNS:
                self.cells += [text] * min(self.cell_repeats, REPEATS)
        elif tag == "table-row":
            for number in range(self.row, self.row + min(self.repeats, REPEATS)):
                self.lines.add(number, " | ".join(self.cells))
            self.row += self.repeats - 1

    def paragraph(self, text):
        if text:
            self.said.append(text)
