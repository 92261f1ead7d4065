"""The docstrings of the package, written for readers of the code, as a page of the book.

Two things differ from what sphinx.ext.napoleon expects. An entry of a section goes on in a sentence
after its colon ("values : float, shape (n,). The series."), where napoleon looks for a type alone.
And the prose has no markup but `code`; in reStructuredText |x|, a trailing_ and a * would have a
meaning that is not meant. Hence sections become fields here.
"""

from __future__ import annotations

import re

CODE = re.compile(r"(`+)(.+?)\1")
ENTRIES = ("Parameters", "Attributes", "Raises", "Yields")  # each "name : sentence"


def fields(lines: list[str]) -> list[str]:
    """A docstring in reStructuredText.

    >>> lines = ["Say |x|.", "", "Parameters", "----------", "x_ : float, as", "    `y`."]
    >>> print("\\n".join(fields(lines)))
    Say \\|x\\|.
    <BLANKLINE>
    :Parameters:
        * **x\\_** – float, as
          ``y``.
    """
    made, section, example = [], "", False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        if line.startswith(">>>"):  # an example without a heading ends the section before it
            section = ""
        if line and set(line) == {"-"}:
            continue
        if after and set(after) == {"-"}:
            section = line
            made += [f":{line}:"] if line in (*ENTRIES, "Returns") else [f".. rubric:: {line}", ""]
        elif section in ENTRIES and line and not line.startswith(" "):
            name, _, text = line.partition(" : ")
            made.append(
                f"    * **{escape(name)}** – {escape(text)}" if text else f"    {escape(line)}"
            )
        elif section in (*ENTRIES, "Returns"):
            indent = "      " if section in ENTRIES else "    "
            made.append(indent + escape(line.strip()) if line else "")
        else:
            made.append(line if example else escape(line))
    return made


def escape(line: str) -> str:
    """A line of prose, its code in double backticks and all else as it stands.

    >>> escape("score = |x - m| / scale_, as `fit` found it")
    'score = \\\\|x - m\\\\| / scale\\\\_, as ``fit`` found it'
    """
    made, end = "", 0
    for code in CODE.finditer(line):
        made += _plain(line[end : code.start()]) + f"``{code[2]}``"
        end = code.end()
    return made + _plain(line[end:])


def _plain(text: str) -> str:
    return re.sub(r"([\\|*`]|_(?!\w))", r"\\\1", text)


def as_fields(app, what, name, obj, options, lines) -> None:
    lines[:] = fields(lines)


def skip(app, what, name, obj, skipped, options) -> bool | None:
    """Leave out what scikit-learn adds to each estimator."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def setup(app):
    app.connect("autodoc-process-docstring", as_fields)
    app.connect("autodoc-skip-member", skip)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
