"""What the book's pages need beyond Jupyter Book: boxes, mathematics, no foreign host, one address.

Boxes: a quotation that begins with a bold **Note.**, **Warning.** or **Source.** becomes a box
with that title. In Colab it stays a readable quotation.

Links: `page.md#target` leads to a named target of another page, such as an erratum.

Mathematics: MathML, made here, so that a page needs no script to show a formula.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from tsadbook.build.paths import RESULTS, ROOT

BOX = re.compile(r"(Note|Warning|Source)\.")

PLOTLY = "plotly.min.js"

logger = logging.getLogger(__name__)


class Boxes(SphinxTransform):
    """Turn marked quotations into admonitions, in prose and in what cells display."""

    default_priority = 500

    def apply(self, **kwargs) -> None:
        for quote in list(self.document.findall(nodes.block_quote)):
            mark = _take_mark(quote)
            if not mark:
                continue
            box = nodes.admonition("", nodes.title("", mark[1]), *quote.children)
            box["classes"] = [mark[1].lower()]
            quote.replace_self(box)


def _take_mark(quote) -> re.Match | None:
    """Take the mark out of a marked quotation and return it."""
    opening = quote[0] if len(quote) else None
    if not isinstance(opening, nodes.paragraph):
        return None
    # Markdown leaves an empty text before the mark.
    parts = [part for part in opening if part.astext() or not isinstance(part, nodes.Text)]
    if not parts or not isinstance(parts[0], nodes.strong):
        return None
    mark = BOX.fullmatch(parts.pop(0).astext())
    if not mark:
        return None
    if parts and isinstance(parts[0], nodes.Text):
        parts[0] = parts[0].lstrip()
    opening.children = []
    opening.extend(parts)
    if not parts:
        quote.remove(opening)
    return mark


class Addresses(SphinxTransform):
    """MyST escapes a link's address for HTML, and Sphinx does so again: undo the first."""

    default_priority = 500

    def apply(self, **kwargs) -> None:
        for link in self.document.findall(nodes.reference):
            if "refuri" in link:
                link["refuri"] = html.unescape(link["refuri"])


class Targets(SphinxTransform):
    """MyST finds `page.md#target` among the page's headings alone: name it the other targets."""

    default_priority = 900  # when every target has its id

    def apply(self, **kwargs) -> None:
        explicit = [name for name, so in self.document.nametypes.items() if so]
        ids = {name: self.document.nameids[name] for name in explicit}
        for node in self.document.findall(nodes.raw):
            ids |= {id: id for id in re.findall(r'<a id="([^"]+)"', node.astext())}
        known = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        for name, id in ids.items():
            known.setdefault(name, (0, id or name, name))


def mathml(node, display: str) -> str:
    """A formula as MathML; what the converter does not know is a warning, hence an error."""
    tex = node.astext().replace("{aligned}", "{split}")  # the name that the converter knows
    if r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    made = convert(tex, display=display)
    if "\\" in made or "<mi>&</mi>" in made:
        logger.warning("this formula cannot be shown as MathML: %s", tex, location=node)
    return made


def visit_inline(writer, node) -> None:
    writer.body.append(mathml(node, "inline"))
    raise nodes.SkipNode


def visit_display(writer, node) -> None:
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    writer.body.append(mathml(node, "block"))
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def keep_own_assets(app, pagename, templatename, context, doctree) -> None:
    """Drop every script and style sheet that names another host."""
    for kind in ("script_files", "css_files"):
        context[kind] = [asset for asset in context[kind] if not _is_foreign(asset)]


def name_roles_of_today(app, pagename, templatename, context, doctree) -> None:
    """Give the bibliography roles that WAI-ARIA still has; docutils writes a deprecated one."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def _is_foreign(asset) -> bool:
    address, body = asset.filename or "", asset.attributes.get("body") or ""
    return bool(re.match("(https?:)?//", str(address)) or re.search("https?://", body))


def bring_plotly(app) -> None:
    """Copy plotly's script out of the installed package; explorers draw with it."""
    target = Path(app.outdir) / "_static"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(files("plotly") / "package_data" / PLOTLY, target)


def load_plotly(app, pagename, templatename, context, doctree) -> None:
    """Load it on the pages that need it, for it is large."""
    if 'class="book-figure explorer"' in context.get("body", ""):
        app.add_js_file(PLOTLY)


def set_repository(app, config) -> None:
    """Give the theme the address that stands in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    config.html_theme_options["repository_url"] = project["urls"]["Repository"]


def announce_stand_ins(app, config) -> None:
    """Say on every page that the book was built on stand-in data, if it was."""
    comparison = RESULTS / "reproduction.json"
    if comparison.exists() and json.loads(comparison.read_text())["stand_in"]:
        config.html_theme_options["announcement"] = (
            "Built on generated stand-in data, since some of the real data could not be had. "
            "Chapters with a warning say nothing about the sources."
        )


def setup(app):
    app.add_transform(Boxes)
    app.add_transform(Addresses)
    app.add_transform(Targets)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.connect("config-inited", set_repository)
    app.connect("config-inited", announce_stand_ins)
    app.connect("builder-inited", bring_plotly)
    app.connect("html-page-context", load_plotly)
    app.connect("html-page-context", name_roles_of_today)
    app.connect("html-page-context", keep_own_assets, priority=900)  # after all that add assets
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
