"""What readers and machines find: addresses, cards, a site map, llms.txt, a 404 page, results.

The public address follows from the repository's, which stands in pyproject.toml alone. Cards, site
map and 404 page are made by sphinxext.opengraph, sphinx_sitemap and notfound.extension; here they
are told that address, and what to say.
"""

from __future__ import annotations

import html
import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
from docutils import nodes
from markdown_it import MarkdownIt
from sphinx.util.osutil import ensuredir

from tsadbook.build import compare, sync, template
from tsadbook.build.paths import RESULTS

ABOUT = (
    "Four public walkthroughs of anomaly detection in time series with neural networks, run again: "
    "each published figure is reproduced, explained or contradicted, and each detector is mended "
    "and scored beside simple rules."
)
PICTURE = "cover.png"
QUESTION = "Question. "  # how a chapter's opening paragraph begins


def address() -> str:
    """Where GitHub serves the site of the repository, with a slash at the end."""
    owner, name = sync.repository().removeprefix("https://github.com/").split("/")
    return f"https://{owner}.github.io/{name}/"


def set_addresses(app, config) -> None:
    """Tell each extension the public address."""
    config.html_baseurl = config.ogp_site_url = address()
    config.sitemap_url_scheme = "{link}"
    config.sitemap_excludes = ["404.html", "genindex.html", "search.html"]
    config.ogp_site_name = config.html_title
    config.ogp_type = "article"
    config.ogp_social_cards = {"enable": False}  # the cover is the picture of every card
    if (Path(app.srcdir) / PICTURE).exists():  # not on stand-in data
        config.ogp_image = f"{address()}_images/{PICTURE}"
        config.ogp_custom_meta_tags = ['<meta name="twitter:card" content="summary_large_image">']
    # GitHub shows the 404 page at any address, so its own links begin at the root of the site.
    root = config.notfound_urls_prefix = urlsplit(address()).path
    body = MarkdownIt().render(template.fill("404.md.jinja", root=root))
    config.notfound_context = {"title": "There is no such page", "body": body}


def describe(app, pagename, templatename, context, doctree) -> None:
    """Say what a page is about where somebody shares or finds it: a chapter's own question."""
    if doctree is None:
        return
    openings = (paragraph.astext() for paragraph in doctree.findall(nodes.paragraph))
    asked = (text.removeprefix(QUESTION) for text in openings if text.startswith(QUESTION))
    about = " ".join(next(asked, ABOUT).split())
    context["meta"] = (context["meta"] or {}) | {"og:description": about}
    context["metatags"] += f'<meta name="description" content="{html.escape(about)}">\n'


def write_llms(app, exception) -> None:
    """llms.txt: the pages in the order of the table of contents."""
    if exception:
        return
    pages = [
        {"title": app.env.titles[name].astext(), "address": f"{address()}{name}.html"}
        for name in _in_order(app.env)
        if name in app.env.all_docs
    ]
    text = template.fill("llms.txt.jinja", title=app.config.html_title, about=ABOUT, pages=pages)
    (Path(app.outdir) / "llms.txt").write_text(text)


def bring_results(app, exception) -> None:
    """The results as they lie in book/_build/results, and as CSV, below results/."""
    if exception:
        return
    target = Path(app.outdir) / "results"
    ensuredir(target)
    for name, key in compare.FILES.items():
        source = RESULTS / f"{name}.json"
        if source.exists():
            shutil.copy(source, target)
            found = json.loads(source.read_text())
            rows = pd.json_normalize(found if key is None else found[key])
            rows.to_csv(target / f"{name}.csv", index=False)


def _in_order(env) -> list[str]:
    """The pages in the order of the table of contents."""
    found, waiting = [], [env.config.root_doc]
    while waiting:
        name = waiting.pop(0)
        found.append(name)
        waiting = [*env.toctree_includes.get(name, []), *waiting]
    return found


def setup(app):
    app.connect("config-inited", set_addresses)
    app.connect("html-page-context", describe, priority=400)  # before the card is made
    app.connect("build-finished", write_llms)
    app.connect("build-finished", bring_results)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
