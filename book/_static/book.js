// What scrolls sideways can be reached, and scrolled, by keyboard; what does not is no stop on the way.
const mark = () => {
  for (const box of document.querySelectorAll(".book-figure > div, .cell_output, div.math")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("load", mark);
addEventListener("resize", mark);
