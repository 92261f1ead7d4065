"""The built site in a real Chromium, at the sizes and in the themes that readers have.

Chromium is Debian's `chromium`, Google Chrome, or what CHROMIUM names. Without one these tests are
skipped and say so; with TSADBOOK_BROWSER=required, as on GitHub, they fail instead.
"""

import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tsadbook.build import pdf, sync
from tsadbook.build.paths import HTML

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Setting(NamedTuple):
    """What a reader looks through."""

    name: str
    width: int
    height: int
    theme: str


SETTINGS = (
    Setting("desktop", 1440, 900, "light"),
    Setting("dark", 1440, 900, "dark"),
    Setting("phone", 390, 844, "light"),
)


class Visit(NamedTuple):
    """What was seen when a page was opened."""

    messages: list[str]  # on the console, above info
    failed: list[str]  # requests without an answer, or with one that says no
    foreign: list[str]  # requests to another host
    weight: int  # bytes of the document and its images
    too_wide: int  # pixels by which the page scrolls sideways
    without_words: list[str]  # figures that say nothing to a reader who cannot see them
    violations: list[str]  # of WCAG 2.2 AA, by axe


def page_names() -> list[str]:
    """Every page that the table of contents has, and two that it has not."""
    return [*pdf.page_names(), "search", "404"]


def pytest_generate_tests(metafunc):
    """A test that takes a `name` runs on every page, one that takes a `setting` in each."""
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", page_names())
    if "setting" in metafunc.fixturenames:
        metafunc.parametrize("setting", SETTINGS, ids=[setting.name for setting in SETTINGS])


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The address of a server of the built site."""
    if not (HTML / "index.html").exists():
        pytest.fail("the book is not built: run `make book` first (`make test` does both)")

    root = f"/{sync.repository().rpartition('/')[2]}"

    class AsOnGitHub(SimpleHTTPRequestHandler):
        """Below the repository's name, and the 404 page in place of what is missing."""

        def translate_path(self, path):
            below = path.startswith(f"{root}/")
            return super().translate_path(path.removeprefix(root) if below else "/nothing")

        def send_error(self, code, message=None, explain=None):
            body = (HTML / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(AsOnGitHub, directory=HTML))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{root}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    path = pdf.find_chromium()
    if path is None:
        missing = pytest.fail if os.environ.get("TSADBOOK_BROWSER") == "required" else pytest.skip
        missing("NO CHROMIUM: nothing was looked at in a browser; install chromium, or name one "
                "in CHROMIUM")  # fmt: skip
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root, as in a container, Chromium has no sandbox; it only sees our own pages.
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def opened(browser, site):
    """Open a page of the site in a setting: a function of (path, setting)."""
    contexts = {}

    def open_page(path: str, setting: Setting = SETTINGS[0]):
        if setting not in contexts:
            size = {"width": setting.width, "height": setting.height}
            contexts[setting] = browser.new_context(viewport=size, color_scheme=setting.theme)
            contexts[setting].add_init_script(f"localStorage.setItem('mode', '{setting.theme}')")
        page = contexts[setting].new_page()
        page.seen = seen = {"messages": [], "failed": [], "foreign": [], "weight": 0}
        page.on("console", lambda m: _loud(m) and seen["messages"].append(m.text))
        page.on("pageerror", lambda error: seen["messages"].append(str(error)))
        page.on("requestfailed", lambda request: seen["failed"].append(request.url))
        page.on("request", lambda r: _is_foreign(r.url, site) and seen["foreign"].append(r.url))
        page.on("response", partial(_weigh, seen))
        page.goto(f"{site}/{path}", wait_until="load")
        page.wait_for_load_state("networkidle")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        return page

    yield open_page
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="session")
def visit(opened):
    """What is seen when a page is opened in a setting; each is opened once."""
    from axe_playwright_python.sync_playwright import Axe

    axe, visits = Axe(), {}

    def look(name: str, setting: Setting = SETTINGS[0]) -> Visit:
        if (name, setting) not in visits:
            page = opened(f"{name}.html", setting)
            rules = {"type": "tag", "values": WCAG}
            # Its preloading asks for imported style sheets at addresses that are not theirs.
            found = axe.run(page, options={"runOnly": rules, "preload": False}).response
            visits[name, setting] = Visit(
                **page.seen,
                too_wide=page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                ),
                without_words=page.eval_on_selector_all(
                    "article img, article svg[role=img]",
                    """(all) => all.filter((image) => (
                        image.getAttribute('alt') ?? image.getAttribute('aria-label') ?? ''
                    ).length < 20).map((image) => image.outerHTML.slice(0, 200))""",
                ),
                violations=[
                    f"{rule['id']}: {node['html'][:200]}"
                    for rule in found["violations"]
                    for node in rule["nodes"]
                ],
            )
            page.close()
        return visits[name, setting]

    return look


def _loud(message) -> bool:
    return message.type not in ("log", "debug", "info")


def _is_foreign(url: str, site: str) -> bool:
    return urlsplit(url).scheme not in ("data", "blob") and not url.startswith(site)


def _weigh(seen: dict, response) -> None:
    if response.status >= 400:
        seen["failed"].append(f"{response.status} {response.url}")
    elif response.request.resource_type in ("document", "image"):
        seen["weight"] += int(response.headers.get("content-length", 0))
