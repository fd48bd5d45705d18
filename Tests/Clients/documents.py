"""Documents as the programs make them that people use, each with one sentence that can be asked for."""

import datetime
import io
import json
from email.message import EmailMessage

import docx
import openpyxl
import pptx
from odf.opendocument import OpenDocumentPresentation, OpenDocumentSpreadsheet, OpenDocumentText
from odf.draw import Frame, Page, TextBox
from odf.style import MasterPage, PageLayout
from odf.table import Table, TableCell, TableRow
from odf.text import P
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

FILLER = "The quick brown fox jumps over the lazy dog while the centrifuge hums along."


def pdf(pages, encrypt=None, picture=None):
    data = io.BytesIO()
    page = canvas.Canvas(data, pagesize=A4, encrypt=encrypt)
    for lines in pages:
        for number, line in enumerate(lines):
            page.drawString(72, 780 - 16 * number, line)
        if picture:
            page.drawInlineImage(picture, 0, 0, *A4)
        page.showPage()
    page.save()
    return data.getvalue()


WORDS = """the of and to in sample buffer was were with cells protein at for after temperature laser signal measured between
before antibody gel column each value shown figure method result membrane incubated washed minutes control""".split()


def paper(chance, fact, page, pages=20):
    """A PDF of 1 MB: pages of 250 words, a figure on every fifth, and a fact on one page."""
    text = [[" ".join(chance.choices(WORDS, k=10)) + "." for _ in range(25)] for _ in range(pages)]
    text[page - 1][12] = fact
    side = 256
    data = io.BytesIO()
    document = canvas.Canvas(data, pagesize=A4, pageCompression=1)
    for number, lines in enumerate(text):
        for row, line in enumerate(lines):
            document.drawString(60, 790 - 14 * row, line)
        if number % 5 == 0:
            noise = Image.frombytes("RGB", (side, side), chance.randbytes(side * side * 3))
            document.drawImage(ImageReader(noise), 100, 60, 300, 300)
        document.showPage()
    document.save()
    return data.getvalue()


def picture_of(lines):
    picture = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((100, 120 + 60 * number), line, fill=0, font=ImageFont.load_default(30))
    return picture


def png(lines):
    data = io.BytesIO()
    picture_of(lines).save(data, "PNG")
    return data.getvalue()


def saved(document):
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def word(paragraphs):
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)


def excel(rows, sheet="Stocks"):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    return saved(book)


def powerpoint(slides):
    deck = pptx.Presentation()
    for title, body in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, body
    return saved(deck)


def odt(paragraphs):
    document = OpenDocumentText()
    for paragraph in paragraphs:
        document.text.addElement(P(text=paragraph))
    return saved(document)


def ods(rows, sheet="Plates"):
    document = OpenDocumentSpreadsheet()
    table = Table(name=sheet)
    for row in rows:
        line = TableRow()
        for value in row:
            cell = TableCell()
            cell.addElement(P(text=value))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    return saved(document)


def odp(slides):
    document = OpenDocumentPresentation()
    layout = PageLayout(name="layout")
    document.automaticstyles.addElement(layout)
    master = MasterPage(name="master", pagelayoutname=layout)
    document.masterstyles.addElement(master)
    for text in slides:
        page, frame, box = Page(masterpagename=master), Frame(width="10cm", height="5cm"), TextBox()
        box.addElement(P(text=text))
        frame.addElement(box)
        page.addElement(frame)
        document.presentation.addElement(page)
    return saved(document)


def mail(subject, text, attachment):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@lab.example", "b@lab.example"
    message["Date"] = datetime.datetime(2026, 3, 4, tzinfo=datetime.timezone.utc)
    message.set_content(text)
    message.add_attachment(attachment, filename="table.csv", subtype="csv")
    return message.as_bytes()


def notebook(cells):
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
            {"cell_type": "code", "source": source, "metadata": {}, "execution_count": 1, "outputs": [
                {"output_type": "stream", "name": "stdout", "text": [printed]}]}
            for source, printed in cells]}
    ).encode()


# By name: the bytes, what is asked, and the place that the answer is cited with.
DOCUMENTS = {
    "manual.pdf": (pdf([[FILLER] * 30, [FILLER] * 10 + ["The argon laser needs 40 minutes to warm up."]]),
                   "How long does the argon laser need to warm up?", "page 2"),
    "protocol.docx": (word([FILLER] * 40 + ["Krypton vials are thawed at 19 degrees."]),
                      "At how many degrees are krypton vials thawed?", "paragraph"),
    "stocks.xlsx": (excel([["Reagent", "Shelf"]] + [[f"buffer {n}", n] for n in range(5)] + [["xylazine", "shelf B7"]]),
                    "On which shelf is the xylazine?", "sheet Stocks, row"),
    "talk.pptx": (powerpoint([("Welcome", "to all"), ("Zebrafish", "The zebrafish tank holds 90 litres.")]),
                  "How many litres does the zebrafish tank hold?", "slide 2"),
    "letter.odt": (odt(["Dear all,", "The obsidian microtome is serviced in Vienna."]),
                   "Where is the obsidian microtome serviced?", "paragraph"),
    "plates.ods": (ods([["plate", "holder"], ["quartz plate", "belongs to Henrike"]]),
                   "Whom does the quartz plate belong to?", "sheet Plates, row"),
    "deck.odp": (odp(["Hello", "The turbine room is locked after sunset."]),
                 "When is the turbine room locked?", "slide 2"),
    "note.rtf": (rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 First.\par The gl\'f6ve box uses helium on Thursdays.\par}",
                 "On which days does the box use helium?", "paragraph"),
    "page.html": (b"<!doctype html><title>Rules</title><style>p{}</style>\n<p>The <b>fume</b> cupboard&nbsp;"
                  b"nineteen is reserved for Magdalena.</p><script>var x = 'no';</script>",
                  "For whom is fume cupboard nineteen reserved?", "line"),
    "order.eml": (mail("Order", "The pipette tips arrive on the eleventh.", "tip,price\nlong,4\n"),
                  "When do the pipette tips arrive?", "line"),
    "analysis.ipynb": (notebook([("import math", "ok\n"), ("print(fit)", "the halflife of the probe is 77 minutes\n")]),
                       "What is the halflife of the probe?", "cell 2"),
    "table.csv": ("sample,value\nα-tocopherol,12 µM\nbeta carotene,held by Ruprecht\n".encode("utf-8"),
                  "Who holds beta carotene?", "line"),
    "script.py": (b"# Calibrates the spectrometer with neon lines at 640 nanometres.\nprint(1)\n",
                  "At how many nanometres are the neon lines that calibrate the spectrometer?", "line 1"),
    "label.png": (png(["Warning label", "The autoclave in the basement runs until midnight."]),
                  "Until when does the autoclave in the basement run?", None),
    "scan.pdf": (pdf([[]], picture=picture_of(["Lab rules", "Visitors wear orange badges in the cleanroom."])),
                 "What do visitors wear in the cleanroom?", "page 1"),
}
