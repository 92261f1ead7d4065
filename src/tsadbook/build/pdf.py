"""make pdf: the whole book as one PDF, printed page by page from Chromium and joined."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

from tsadbook.build.execute import BuildFailed
from tsadbook.build.paths import BOOK, BUILD, HTML

TARGET = BUILD / "book.pdf"
SCALE = 0.72  # a line of code of 100 characters fits
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """What CHROMIUM names, else the first Chromium or Google Chrome that is installed."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def page_names() -> list[str]:
    """The pages in the order of the table of contents."""
    contents = yaml.safe_load((BOOK / "_toc.yml").read_text())
    return [contents["root"], *(c["file"] for part in contents["parts"] for c in part["chapters"])]


def print_book() -> Path:
    """Print the built site; return the PDF.

    Raises
    ------
    BuildFailed : there is no site, or no Chromium.
    """
    from playwright.sync_api import sync_playwright
    from pypdf import PdfWriter

    chromium = find_chromium()
    if chromium is None:
        raise BuildFailed("no Chromium was found; install it, or name one in CHROMIUM")
    if not (HTML / "index.html").exists():
        raise BuildFailed("there is no site yet; run `make book`")
    joined = PdfWriter()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for name in page_names():
            page.goto((HTML / f"{name}.html").as_uri(), wait_until="load")
            part = Path(folder) / f"{name.replace('/', '-')}.pdf"
            page.pdf(
                path=part,
                format="A4",
                scale=SCALE,
                print_background=True,
                margin=dict.fromkeys(("top", "bottom", "left", "right"), "18mm"),
            )
            joined.append(part, outline_item=page.title().split(" — ")[0])
        browser.close()
    partial = TARGET.with_suffix(".partial")
    joined.write(partial)
    partial.replace(TARGET)
    return TARGET


if __name__ == "__main__":
    try:
        print(print_book())
    except BuildFailed as error:
        sys.exit(f"failed: {error}")
