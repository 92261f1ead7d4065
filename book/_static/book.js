/* What scrolls sideways can be reached, and scrolled, by keyboard; what does not is no stop on the way. */
const mark = () => {
  for (const box of document.querySelectorAll(".book-figure > div, .cell_output, div.math")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("load", mark);
addEventListener("resize", mark);

/* Long tables can be sorted by any column, filtered, and saved. */
const LONG = 12; /* rows; a shorter table is read at a glance */

const number = (text) => {
  const found = text.replaceAll("−", "-").replaceAll(",", "").match(/^\s*-?\d+(\.\d+)?/);
  return found ? Number(found[0]) : NaN;
};

const compare = (column, down) => (a, b) => {
  const [x, y] = [a, b].map((row) => row.cells[column].textContent.trim());
  const [m, n] = [number(x), number(y)];
  if (Number.isNaN(m) !== Number.isNaN(n)) return Number.isNaN(m) ? 1 : -1; /* what has no number comes last */
  const order = Number.isNaN(m) ? (x > y) - (x < y) : m - n;
  return down ? -order : order;
};

const sortBy = (table, column, head) => {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare(column, down)));
};

const csv = (table) =>
  [...table.rows]
    .filter((row) => !row.hidden)
    .map((row) => [...row.cells].map((cell) => `"${cell.textContent.trim().replaceAll('"', '""')}"`).join(","))
    .join("\n");

const equip = (table, place) => {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (!head.textContent.trim()) return;
    const button = document.createElement("button");
    button.className = "sort";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(table, column, head));
    head.append(button);
  });
  const tools = document.createElement("p"), filter = document.createElement("input"), save = document.createElement("a");
  tools.className = "table-tools";
  filter.type = "search";
  filter.placeholder = "filter rows";
  filter.setAttribute("aria-label", `filter the rows of table ${place + 1}`);
  filter.addEventListener("input", () => {
    for (const row of table.tBodies[0].rows)
      row.hidden = !row.textContent.toLowerCase().includes(filter.value.toLowerCase());
  });
  save.textContent = "CSV";
  save.href = "#";
  save.download = `${(table.closest("figure, section")?.id || "table")}.csv`;
  save.addEventListener("click", () => {
    save.href = URL.createObjectURL(new Blob([csv(table)], {type: "text/csv"}));
  });
  tools.append(filter, save);
  (table.closest(".book-figure > div, .pst-scrollable-table-container") || table).before(tools);
};

addEventListener("DOMContentLoaded", () => {
  [...document.querySelectorAll("article table")]
    .filter((table) => table.tHead && table.tBodies[0]?.rows.length >= LONG)
    .filter((table) => !table.querySelector("tbody td:first-child strong")) /* sums are no rows */
    .forEach(equip);
});

/* The theme takes the focus away from a button that is pressed: a reader without a mouse gets it back. */
document.addEventListener("click", ({target, detail}) => {
  const button = target.closest("button"), byKeyboard = detail === 0;
  if (button && byKeyboard)
    setTimeout(() => document.activeElement === document.body && button.focus());
});

/* Addresses that moved lead on: an erratum's box to the list of errata, the rest to the chapter's repair. */
const leadOn = async () => {
  const id = decodeURIComponent(location.hash.slice(1)), here = location.pathname.split("/").at(-1);
  if (!id || document.getElementById(id) || document.getElementsByName(id).length) return;
  const [page, anchor] = id.startsWith("erratum-")
    ? ["errata.html", id.replace("erratum-", "")]
    : [here.replace(/\.html$/, "_repaired.html"), id];
  const link = [...document.links].find((link) => link.pathname.endsWith(`/${page}`));
  if (!link) return;
  const there = await fetch(link.pathname).then((answer) => answer.text());
  if (new DOMParser().parseFromString(there, "text/html").getElementById(anchor))
    location.replace(`${link.pathname}#${anchor}`);
};
addEventListener("DOMContentLoaded", leadOn);
addEventListener("hashchange", leadOn);
