"""Fill the templates of generated pages; their prose stands in templates/, one file a page."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def fill(name: str, **values) -> str:
    """A page in Markdown.

    Parameters
    ----------
    name : of the template, such as "errata.md.jinja".
    values : what it names; a name that is missing is an error.
    """
    environment = Environment(
        loader=PackageLoader("tsadbook.build", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown
    )
    environment.filters["cell"] = lambda text: text.replace("|", "\\|")  # in a Markdown table
    return environment.get_template(name).render(**values)
