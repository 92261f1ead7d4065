// A threshold that the reader moves. What is counted is what tsadbook.evaluation counts.
function explore(figure) {
  const find = (part) => figure.querySelector(part);
  const data = JSON.parse(find('script[type="application/json"]').textContent);
  const [choice, slider, number] = ["case", "slider", "number"].map((n) => find(`#${figure.id}-${n}`));
  const drawing = find(".drawing");
  let rows, now;

  // Rows in order of time; steps are [seconds, how many].
  function unpack(packed) {
    const times = [packed.start];
    for (const [step, count] of packed.steps)
      for (let i = 0; i < count; i++) times.push(times.at(-1) + step);
    const inside = (t) => packed.windows.some(([a, b]) => a <= t && t <= b);
    const known = packed.scores.filter((s) => s !== null);
    const [low, high] = known.reduce(([a, b], s) => [Math.min(a, s), Math.max(b, s)], [0, 0]);
    return {...packed, times, labelled: times.map(inside), low, high};
  }

  function count(k) {
    const flagged = rows.times.flatMap((_, i) => (rows.scores[i] !== null && rows.scores[i] > k ? [i] : []));
    const hits = flagged.filter((i) => rows.labelled[i]).length;
    const alerts = [];
    for (const i of flagged) {
      if (!alerts.length || rows.times[i] > rows.times[alerts.at(-1)[0]] + data.silence) alerts.push([]);
      alerts.at(-1).push(i);
    }
    const found = rows.windows.filter(([a, b]) => flagged.some((i) => a <= rows.times[i] && rows.times[i] <= b));
    const wrong = alerts.filter((alert) => !alert.some((i) => rows.labelled[i])).length;
    const periods = (rows.times.at(-1) - rows.times[0]) / {week: 604800, year: 31557600}[data.period];
    return {
      flagged: flagged.length,
      precision: flagged.length ? hits / flagged.length : NaN,
      recall: hits / rows.labelled.filter(Boolean).length,
      found: found.length,
      alerts: alerts.map(([first]) => first),
      wrong,
      periods,
    };
  }

  // The highest and lowest row of each part, in their order: as many as can be told apart.
  function thinned(parts = 1200) {
    const size = Math.max(1, Math.floor(rows.times.length / parts)), kept = [];
    for (let start = 0; start < rows.times.length; start += size) {
      let low = start, high = start;
      for (let i = start; i < Math.min(start + size, rows.times.length); i++) {
        if (rows.scores[i] < rows.scores[low]) low = i;
        if (rows.scores[i] > rows.scores[high]) high = i;
      }
      kept.push(...(low < high ? [low, high] : low > high ? [high, low] : [low]));
    }
    return kept;
  }

  const stamp = (seconds) => new Date(1000 * seconds).toISOString().slice(0, 19);  // the series' own clock
  const date = (i) => stamp(rows.times[i]);
  const share = (x) => (Number.isNaN(x) ? "–" : x.toFixed(2));

  function draw() {
    const color = getComputedStyle(figure).color, shown = thinned();
    const grid = "rgba(128, 128, 128, 0.25)";
    const axis = {gridcolor: grid, linecolor: color, zeroline: false};
    const layout = {
      height: 330, margin: {l: 55, r: 15, t: 10, b: 35}, font: {color, family: "sans-serif"},
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest",
      xaxis: axis, yaxis: {...axis, title: {text: `score (${data.unit})`}},
      legend: {orientation: "h", y: -0.2, yanchor: "top"}, dragmode: false,
      shapes: [
        ...rows.windows.map(([a, b]) => ({
          type: "rect", yref: "paper", y0: 0, y1: 1, x0: stamp(a), x1: stamp(b),
          fillcolor: data.colors.label, opacity: 0.25, line: {color: data.colors.label, width: 1},
        })),
      ],
    };
    Plotly.newPlot(drawing, [
      {x: shown.map(date), y: shown.map((i) => rows.scores[i]), name: "score", mode: "lines",
        line: {color: lighter(data.colors.series, color), width: 1}},
      {x: [], y: [], name: "first row of an alert", mode: "markers", hoverinfo: "x+y",
        marker: {symbol: "circle-open", size: 11, color: lighter(data.colors.flag, color), line: {width: 2}}},
      {x: [], y: [], name: "threshold", mode: "lines", hoverinfo: "skip",
        line: {color: lighter(data.colors.threshold, color), dash: "dash", width: 1.5}},
      {x: [null], y: [null], name: data.events, mode: "markers",
        marker: {symbol: "square", size: 12, color: data.colors.label, opacity: 0.4}},
    ], layout, {displayModeBar: false, responsive: true, scrollZoom: false});
    show();
  }

  // On a dark page the colours of the book are mixed with white.
  function lighter(hex, text) {
    const bright = text.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) > 384;
    const mixed = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).map((c) => (bright ? Math.round(c + 0.5 * (255 - c)) : c));
    return `rgb(${mixed})`;
  }

  function show() {
    const c = count(now);
    Plotly.restyle(drawing, {
      x: [c.alerts.map(date), [date(0), date(rows.times.length - 1)]],
      y: [c.alerts.map((i) => rows.scores[i]), [now, now]],
    }, [1, 2]);
    const cells = [
      ["flagged rows", `${c.flagged} of ${rows.times.length}`],
      [`${data.events}s found`, `${c.found} of ${rows.windows.length}`],
      ["false alerts", `${c.wrong}`],
      [`a ${data.period}`, (c.wrong / c.periods).toFixed(2)],
      ...(data.labelled ? [["precision of rows", share(c.precision)], ["recall of rows", share(c.recall)]] : []),
    ];
    find(".counts").innerHTML = cells.map(([what, value]) => `<div><dt>${what}</dt><dd>${value}</dd></div>`).join("");
  }

  function set(k) {
    if (!Number.isFinite(k)) return;
    now = k;
    for (const input of [slider, number]) if (Number(input.value) !== k) input.value = k;
    requestAnimationFrame(show);
  }

  function choose() {
    rows = unpack(data.cases[choice.selectedIndex]);
    now = rows.threshold;
    const step = 10 ** Math.floor(Math.log10((rows.high - rows.low) / 200));
    const steps = Math.ceil((rows.high - rows.low) / step);  // so that the highest score is reached
    Object.assign(slider, {min: rows.low, max: rows.low + steps * step, step});
    number.step = "any";
    slider.value = number.value = now;
    draw();
  }

  function start() {
    choice.replaceChildren(...data.cases.map((packed) => new Option(packed.name)));
    choice.parentElement.hidden = data.cases.length < 2;
    choice.addEventListener("change", choose);
    slider.addEventListener("input", () => set(Number(slider.value)));
    number.addEventListener("input", () => set(number.value === "" ? NaN : Number(number.value)));
    find(".live").hidden = false;
    find(".still").classList.add("printed");
    if (!document.documentElement.hasAttribute("data-theme")) find(".still").hidden = true;
    choose();
    new MutationObserver(draw).observe(document.documentElement, {attributeFilter: ["data-theme"]});
  }

  if (window.Plotly) start();
  else if (document.documentElement.hasAttribute("data-theme")) addEventListener("load", () => window.Plotly && start());
  else {
    const script = document.createElement("script");
    script.src = "https://cdn.plot.ly/plotly-3.1.0.min.js";
    script.onload = start;
    document.head.append(script);
  }
}
