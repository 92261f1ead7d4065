"""A picture or a table with its id, its caption and words for who cannot see it."""

from __future__ import annotations

import base64
import html
import io

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML
from PIL import Image


class Shown(HTML):
    """HTML that a notebook displays.

    Parameters
    ----------
    data : str, the HTML.
    figure : the matplotlib Figure, closed; None for a table.
    alt : str, its alternative text; "" for a table.

    Examples
    --------
    >>> Shown("<p>3 rows</p>", alt="A table.").alt
    'A table.'
    """

    def __init__(self, data: str, figure=None, alt: str = ""):
        super().__init__(data)
        self.figure, self.alt = figure, alt


def show(figure, *, id: str, caption: str, alt: str) -> Shown:
    """Display a figure of one's own with its id, caption and alternative text, and close it.

    Parameters
    ----------
    figure : a matplotlib Figure.
    id : its id in the ledger, and its anchor on the page.
    caption : what the reader should see in it, as plain text.
    alt : what it shows, for a reader who cannot see it.
    """
    alt = " ".join(alt.split())  # labels may have been broken into lines
    return Shown(_figure(id, caption, image(figure, alt)), figure, alt)


def image(figure, alt: str) -> str:
    """A figure as an HTML image that carries its own data; the figure is closed."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    width, height = (round(100 * inches) for inches in figure.get_size_inches())
    small = io.BytesIO()  # lines and areas have few colours: a palette makes pages half as heavy
    Image.open(buffer).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        small, format="png", optimize=True
    )
    data = base64.b64encode(small.getvalue()).decode()
    return (
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" '
        f'width="{width}" height="{height}" style="max-width: 100%; height: auto">'
    )


def table(frame, *, id: str, caption: str, digits: int | dict | None = None) -> Shown:
    """Display a table with its id and caption; a named index becomes the first column.

    Parameters
    ----------
    frame : DataFrame, or a Series for a table of one column.
    id, caption : as for `show`.
    digits : decimals of the floats, for all columns or by column; None leaves them as they are.

    Examples
    --------
    >>> frame = pd.DataFrame({"loss": [0.123456]}, pd.Index(["network"], name="detector"))
    >>> "<td>0.12</td>" in table(frame, id="t", caption="The loss.", digits=2).data
    True
    """
    frame = frame.to_frame() if isinstance(frame, pd.Series) else frame
    if digits is not None:
        frame = frame.round(digits)
    named = frame.index.name is not None
    text = (frame.reset_index() if named else frame).to_html(border=0, index=not named)
    return Shown(_figure(id, caption, text if len(frame) else "<p>No rows.</p>"))


def _figure(id: str, caption: str, body: str) -> str:
    """What is too wide scrolls in itself; the site's book.js makes that work by keyboard."""
    name = html.escape(id)
    return (
        f'<figure class="book-figure" id="{name}" style="margin: 1em 0">'
        f'<div role="group" aria-labelledby="{name}-caption" style="overflow-x: auto">{body}</div>'
        f'<figcaption id="{name}-caption">{html.escape(caption)}</figcaption></figure>'
    )
