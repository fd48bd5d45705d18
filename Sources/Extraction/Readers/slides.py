"""PowerPoint presentations: a section a slide, the speaker's notes with it."""


def read(archive, out):
    for number, part in enumerate(order(archive), start=1):
        if not archive.has(part):
            continue
        texts = [text_of(archive, part)]
        for kind, notes in archive.relations(part).values():
            if kind == "notesSlide" and archive.has(notes):
                texts.append(text_of(archive, notes))
        out.section("\n".join(texts), at=f"slide {number}")


def order(archive):
    relations = archive.relations("ppt/presentation.xml")
    found = []

    def start(tag, attributes):
        # Both `id` and `r:id` are called id here; the one with letters leads to the slide.
        if tag == "sldId":
            found.append(relations.get(attributes.get("id"), ("", ""))[1])

    archive.parse("ppt/presentation.xml", start)
    return found


def text_of(archive, part):
    lines, words = [], []
    state = {"in_text": False, "field": None}

    def start(tag, attributes):
        if tag == "t":
            state["in_text"] = state["field"] != "slidenum"
        elif tag == "fld":
            state["field"] = attributes.get("type")
        elif tag in ("br", "tab", "tc"):
            words.append(" ")

    def end(tag):
        if tag == "t":
            state["in_text"] = False
        elif tag == "fld":
            state["field"] = None
        elif tag == "p":
            lines.append("".join(words).strip())
            words.clear()

    archive.parse(part, start, end, lambda data: state["in_text"] and words.append(data))
    return "\n".join(line for line in lines if line)
