"""What readers and machines find: addresses, cards, a site map, llms.txt, a 404 page, results.

The public address follows from the repository's, which stands in pyproject.toml alone.
"""

from __future__ import annotations

import html
import json
import shutil
from pathlib import Path

import pandas as pd
from sphinx.util.osutil import ensuredir

from tsadbook.build import sync
from tsadbook.build.paths import RESULTS

ABOUT = (
    "Four public walkthroughs of anomaly detection in time series with neural networks, run again: "
    "each published figure is reproduced, explained or contradicted, and each detector is mended "
    "and scored beside simple rules."
)
PICTURE = "cover.png"
# The files of results, and where in each the list stands.
LISTS = {
    "reproduction": "entries",
    "errata": "errata",
    "scoreboard": "entries",
    "leaderboard": None,
}
LOST = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Not here · {title}</title>
    <link rel="icon" href="data:,">
    <style>
      :root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
      body {{ background: light-dark(#fff, #121212); color: light-dark(#222, #eee); }}
      a {{ color: light-dark(#0b5788, #8cc8f2); }}
      body {{ max-width: 36rem; margin: 4rem auto; padding: 0 1rem; line-height: 1.6; }}
    </style>
  </head>
  <body>
    <main>
      <h1>There is no such page</h1>
      <p>Pages keep their addresses, and so do errata and entries of the ledger. Perhaps the link
      was cut short: <a href="{address}intro.html">start</a>,
      <a href="{address}search.html">search</a>, or look at the
      <a href="{address}errata.html">errata</a> and the
      <a href="{address}reproduction.html">scorecard</a>.</p>
    </main>
  </body>
</html>
"""


def address() -> str:
    """Where GitHub serves the site of the repository, with a slash at the end."""
    owner, name = sync.repository().removeprefix("https://github.com/").split("/")
    return f"https://{owner}.github.io/{name}/"


def set_address(app, config) -> None:
    config.html_baseurl = address()


def add_card(app, pagename, templatename, context, doctree) -> None:
    """What is shown where somebody shares a link."""
    title = context.get("title") or context["docstitle"]
    card = {
        "og:title": title,
        "og:type": "article",
        "og:site_name": app.config.html_title,
        "og:url": f"{address()}{pagename}.html",
        "og:description": ABOUT,
    }
    tags = [f'<meta name="description" content="{html.escape(ABOUT)}">']
    if (Path(app.srcdir) / PICTURE).exists():  # not on stand-in data
        card["og:image"] = f"{address()}_images/{PICTURE}"
        tags.append('<meta name="twitter:card" content="summary_large_image">')
    tags += [f'<meta property="{k}" content="{html.escape(v)}">' for k, v in card.items()]
    context["metatags"] = context.get("metatags", "") + "\n".join(tags)


def write_lists(app, exception) -> None:
    """sitemap.xml, llms.txt and 404.html."""
    if exception:
        return
    pages = [name for name in _in_order(app.env) if name in app.env.all_docs]
    urls = "".join(f"<url><loc>{address()}{name}.html</loc></url>\n" for name in pages)
    titles = {name: app.env.titles[name].astext() for name in pages}
    links = "".join(f"- [{title}]({address()}{name}.html)\n" for name, title in titles.items())
    files = {
        "sitemap.xml": '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n',
        "llms.txt": f"# {app.config.html_title}\n\n> {ABOUT}\n\n"
        "Every number on the pages was computed when the site was built. Published figures and "
        "what came out stand on the page Published beside reproduced, what is wrong in a source "
        f"on the page Errata.\n\n## Pages\n\n{links}",
        "404.html": LOST.format(address=address(), title=app.config.html_title),
    }
    ensuredir(app.outdir)
    for name, text in files.items():
        (Path(app.outdir) / name).write_text(text)


def bring_results(app, exception) -> None:
    """The results as they lie in book/_build/results, and as CSV, below results/."""
    if exception:
        return
    target = Path(app.outdir) / "results"
    ensuredir(target)
    for name, key in LISTS.items():
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
    app.connect("config-inited", set_address)
    app.connect("html-page-context", add_card)
    app.connect("build-finished", write_lists)
    app.connect("build-finished", bring_results)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
