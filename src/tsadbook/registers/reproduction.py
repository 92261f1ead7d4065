"""Published beside reproduced: the ledger's entries of one chapter as a table.

`show` makes it in the notebook, from the notebook's own names; the build makes it from the results
of the executed notebook. Nothing that a notebook computes may rest on what is published.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

from IPython.display import Markdown

from tsadbook.registers import ledger, probes, sweeps

COLUMNS = ("Entry", "Status", "Kind", "Published", "Reproduced", "Among the seeds")
OUTCOME_COLUMNS = ("Entry", "Status", "Published", "Reproduced", "Among the seeds")
CLAIM_COLUMNS = ("Entry", "Status", "Published", "Decided by")


def published(chapter: str) -> dict[str, object]:
    """What the sources of a chapter publish, by id, for a notebook to mention.

    >>> published("sp500")["sp-timesteps"]
    30
    """
    return {entry.id: entry.value for entry in ledger.entries() if entry.chapter == chapter}


def show(notebook: str, names: Mapping[str, object]) -> Markdown:
    """The table of one notebook's run: published, this run, interval and place among the seeds.

    Parameters
    ----------
    notebook : such as "01_sp500".
    names : its names, `globals()`.

    Returns
    -------
    The table to display. What this run does not define stands there as missing: who changes a
    notebook is told so, and goes on.
    """
    chapter = probes.short(notebook)
    seeds, numbers = sweeps.measurements(notebook).get("seeds", {}), ledger.count_numbers()
    stand_in = "stand-in" in probes.hashes(names.values()).values()
    rows = []
    for entry in ledger.entries():
        if entry.chapter == chapter and entry.kind != "plot" and not entry.speed:
            try:
                found = probes.findings(notebook, names, [entry.id])
            except probes.ProbeFailed:
                found = {}
            if entry.verdict:  # decided by a test, from a number that the build records
                found[entry.verdict["number"]] = None
            own = str(names.get("SEED", ""))
            rows.append(ledger.compare(entry, found, set(), seeds, numbers, own))
    return Markdown(section(rows, notebook, stand_in=stand_in))


def section(rows: list[dict], notebook: str, stand_in: bool = False, link: str = "") -> str:
    """The comparison of one chapter, in Markdown.

    Parameters
    ----------
    rows : as `ledger.compare` gives them.
    notebook : whose seeds the intervals come from.
    stand_in : whether it ran on generated data, so that nothing is compared.
    link : address of the page on which each entry has an anchor; none where there is no page.
    """
    if stand_in:
        return "Run on generated stand-in data: nothing is compared."
    lines = []
    for words, kinds, good in (
        ("Figures that follow from data and code", ("data", "structure"), "equal"),
        ("Settings", ("hyperparameter",), "used"),
        ("Plots and tables", ("plot",), "shown"),
    ):
        mine = [r for r in rows if r["kind"] in kinds]
        if mine:
            other = [f"`{r['id']}` {r['status']}" for r in mine if r["status"] != good]
            count = f"{len(mine) - len(other)} of {len(mine)} {good}"
            lines.append(f"- {words}: {'; '.join([count, *other])}.")
    lines.append(
        "\nOutcomes of training, each compared by one statistic, with the band that another seed's "
        f"would fall into. {sweeps.provenance(notebook)}\n"
    )
    lines.append(table([r for r in rows if r["kind"] == "outcome"], OUTCOME_COLUMNS, link))
    lines.append("Claims:\n")
    lines.append(table([r for r in rows if r["kind"] == "claim"], CLAIM_COLUMNS, link))
    return "\n".join(lines)


def table(rows: list[dict], columns: Iterable[str] = COLUMNS, link: str = "") -> str:
    """Entries as a Markdown table.

    Parameters
    ----------
    rows : as `ledger.compare` gives them.
    link : address that each entry's name leads to, `#entry-` and its id after it; "#" makes each
        entry its own anchor; "" is no link.
    """
    lines = [line(columns), line(["---"] * len(list(columns)))]
    for row in rows:
        anchor, name = f"entry-{row['id']}", f"<code>{row['id']}</code>"
        if link == "#":
            name = f'<a id="{anchor}" href="#{anchor}">{name}</a>'
        elif link:
            name = f'<a href="{link}#{anchor}">{name}</a>'
        slug = row["status"].replace(" ", "-")
        digits = 4 if row["kind"] == "outcome" else 7  # what is equal should look equal
        number, _, _ = (row["decided_by"] or "").partition(", ")
        cells = {
            "Entry": name,
            "Kind": {"hyperparameter": "setting"}.get(row["kind"], row["kind"]),
            "Published": cell(brief(row["published"], digits)),
            "Reproduced": cell(_reproduced(row, digits)),
            "Among the seeds": cell(among_the_seeds(row)),
            "Status": f'<span class="status status-{slug}">{row["status"]}</span>',
            "Decided by": f"`{number}`" if number else "–",
        }
        lines.append(line([cells[column] for column in columns]))
    return "\n".join(lines) + "\n"


def brief(value, digits: int = 4) -> str:
    """A value in a table cell: numbers to so many digits, long lists by their ends."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, dict):
        return "; ".join(f"{k}: {brief(v, digits)}" for k, v in value.items()) or "none"
    if isinstance(value, list):
        parts = [f"({b})" if isinstance(v, list) else b for v in value for b in [brief(v, digits)]]
        if len(value) > 6 and not isinstance(value[0], list):
            return f"{parts[0]}, {parts[1]} … {parts[-1]} ({len(parts)})"
        return ", ".join(parts) or "none"
    return str(value)


MEANING = {"mean log": "mean ", "mean log of each": "mean ", "range": "", "rows": "rows unlike: "}


def among_the_seeds(row: dict) -> str:
    """The published value's statistic, the band of the seeds and its place, in a table cell."""
    if not row["compared"]:
        return "–"
    parts = [
        f"{key} {MEANING[row['statistic']]}{brief(value)} ({_ends(*row['interval'][key])})".strip()
        for key, value in row["compared"].items()
    ]
    return "; ".join([*parts, brief_place(row)])


def brief_place(row: dict) -> str:
    """How many seeds have a smaller statistic, or list each published row, in a table cell.

    >>> brief_place({"below": {"": 7}, "flagged_by": None, "seeds": 12})
    '7 of 12 below'
    >>> brief_place({"below": {"": 7}, "flagged_by": {"3": 0, "9": 12}, "seeds": 12})
    'a row is in 0 to 12 of 12'
    """
    if not row["below"]:
        return "–"
    listed = row["flagged_by"]
    counts = (listed or row["below"]).values()
    span = " to ".join(map(str, sorted({min(counts), max(counts)})))
    return f"a row is in {span} of {row['seeds']}" if listed else f"{span} of {row['seeds']} below"


def _ends(low: float | None, high: float | None) -> str:
    if low is None:
        return "–" if high is None else f"seeds at most {high:.4g}"
    return f"seeds {low:.4g} to {'–' if high is None else f'{high:.4g}'}"


def _reproduced(row: dict, digits: int) -> str:
    if row["kind"] == "plot":
        return "shown" if row["reproduced"] else "–"
    return brief(row["reproduced"], digits)


def cell(text: str) -> str:
    return (
        html.escape(text, quote=False).replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
    )


def line(cells) -> str:
    return f"| {' | '.join(cells)} |"
