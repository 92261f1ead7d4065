"""The docstrings of the package, written for readers of the code, as pages of the book.

Their prose has no markup but `code`; in reStructuredText |x|, a trailing_ and a * would have a
meaning that is not meant. numpydoc's sections and examples stay as they are.
"""

from __future__ import annotations

import re

CODE = re.compile(r"(`+)(.+?)\1")
NAMED = re.compile(r"^(\s*[\w*, ]+ : )?(.*)$", re.S)  # "values : array", which napoleon reads


def escape(line: str) -> str:
    """A line of prose, its code in double backticks and all else as it stands.

    >>> escape("score = |x - m| / scale_, as `fit` found it")
    'score = \\\\|x - m\\\\| / scale\\\\_, as ``fit`` found it'
    >>> escape("scale_ : float, in ``unit``")
    'scale_ : float, in ``unit``'
    """
    opening, prose = NAMED.match(line).groups()
    made, end = opening or "", 0
    for code in CODE.finditer(prose):
        made += _plain(prose[end : code.start()]) + f"``{code[2]}``"
        end = code.end()
    return made + _plain(prose[end:])


def _plain(text: str) -> str:
    return re.sub(r"([\\|*`]|_(?!\w))", r"\\\1", text)


def as_written(app, what, name, obj, options, lines) -> None:
    """Escape a docstring's prose, outside its examples."""
    example = False
    for i, line in enumerate(lines):
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        if not example and set(line.strip()) != {"-"}:
            lines[i] = escape(line)


def skip(app, what, name, obj, skipped, options) -> bool | None:
    """Leave out what scikit-learn adds to each estimator."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def setup(app):
    app.connect("autodoc-process-docstring", as_written, priority=400)  # before napoleon reads it
    app.connect("autodoc-skip-member", skip)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
