"""Reads the text of one file: read.py KIND FILE. Only the standard library, since what it reads is not to be trusted.

Writes one JSON object a line: {"text": ..., "at": ..., "unit": ..., "first": ...} for each section, then perhaps
{"note": ...} about what was left out, or {"refusal": ...} when there is nothing to be had.
"""

import os
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import mail
import notebook
import opendocument
import rtf
import sheet
import slides
import web
import word
from archive import Archive
from output import Full, Output, Refusal


def office(path, out):
    """The four kinds of zip file that offices write, told apart by what is in them."""
    with Archive(path) as archive:
        if archive.has("mimetype"):
            opendocument.read(archive, out)
        elif archive.has("word/document.xml"):
            word.read(archive, out)
        elif archive.has("xl/workbook.xml"):
            sheet.read(archive, out)
        elif archive.has("ppt/presentation.xml"):
            slides.read(archive, out)
        else:
            raise Refusal("It is an archive; archives are not unpacked. Upload what is in it.")


READERS = {"office": office, "rtf": rtf.read, "html": web.read, "mail": mail.read, "notebook": notebook.read}


def main(kind, path):
    out = Output(sys.stdout)
    try:
        READERS[kind](path, out)
        out.finish()
    except Full:
        pass  # The output has said so.
    except Refusal as refusal:
        out.refuse(str(refusal))
    except MemoryError:
        out.refuse("Reading it takes more memory than a file may take.")
    except RecursionError:
        out.refuse("It is nested deeper than any document.")
    except Exception:
        traceback.print_exc()  # For the log: what else a stranger's file made the reader stumble over.
        out.refuse("It is damaged: it cannot be read as what it says it is.")


main(*sys.argv[1:])
