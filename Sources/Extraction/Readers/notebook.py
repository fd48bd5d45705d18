"""Jupyter notebooks: a section a cell, what was printed below what was run."""

import json

from output import Refusal

LARGEST = 32 << 20
# Characters of one output; more is data.
LONGEST_OUTPUT = 2000
DAMAGED = "It says it is a notebook, but it cannot be read as one."


def read(path, out):
    with open(path, "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Refusal(f"It is larger than the {LARGEST >> 20} MB that are read of a notebook.")
    try:
        notebook = json.loads(data)
        cells = notebook.get("cells") or [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        for number, cell in enumerate(cells, start=1):
            texts = [joined(cell.get("source", cell.get("input")))]
            texts += [printed(output) for output in cell.get("outputs") or []]
            out.section("\n".join(text for text in texts if text.strip()), at=f"cell {number}")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise Refusal(DAMAGED)


def printed(output):
    text = output.get("text") or (output.get("data") or {}).get("text/plain")
    if output.get("output_type") in ("error", "pyerr"):
        text = f"{output.get('ename')}: {output.get('evalue')}"
    return joined(text)[:LONGEST_OUTPUT]


def joined(text):
    """Lines, or a list of them."""
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""
