// A figure in which the reader moves a threshold; counts.js does the counting.
function explore(figure) {
  const find = (part) => figure.querySelector(part);
  const data = JSON.parse(find('script[type="application/json"]').textContent);
  const choice = find("select"), drawing = find(".drawing"), beside = find(".beside");
  const inputs = {};  // by the name of the setting
  const now = {};  // what they are set to
  let rows;

  const stamp = (seconds) => new Date(1000 * seconds).toISOString().slice(0, 19);  // the series' own clock
  const share = (x) => (Number.isNaN(x) ? "–" : x.toFixed(2));

  // ---- Controls: for each setting a slider and a number, or a box to tick.

  function addControl({name, label, tick}) {
    const id = `${figure.id}-${name}`, control = document.createElement("span");
    control.className = "control";
    control.innerHTML = tick
      ? `<input type="checkbox" id="${id}"> <label for="${id}">${label}</label>`
      : `<label for="${id}">${label}</label> <input type="range" id="${id}" style="width: 13em">
         <input type="number" id="${id}-number" aria-label="${label}, as a number" style="width: 6em">`;
    find(".controls").append(control);
    const [slider, number] = control.querySelectorAll("input");
    inputs[name] = {slider, number};
    if (tick) slider.addEventListener("change", () => set(name, slider.checked));
    else for (const input of [slider, number]) input.addEventListener("input", () => set(name, input.valueAsNumber, input));
  }

  // A value from outside the slider's range can be typed; one that cannot be is left aside.
  function set(name, value, by) {
    if (Number.isNaN(value) || (by && !by.checkValidity())) return;
    now[name] = value;
    const {slider, number} = inputs[name];
    if (slider.type === "checkbox") slider.checked = value;
    else for (const input of [slider, number]) if (input !== by) input.value = value;
    requestAnimationFrame(show);
  }

  function range(name, {min, max, step, least, whole}) {
    const {slider, number} = inputs[name];
    Object.assign(slider, {min, max, step});
    Object.assign(number, {min: least ?? "", step: whole ? step : "any"});
  }

  // ---- Drawings

  // On a dark page the colours of the book are mixed with white.
  function ink(hex) {
    const bright = getComputedStyle(figure).color.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) > 384;
    const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `rgb(${parts.map((part) => (bright ? Math.round(part + 0.5 * (255 - part)) : part))})`;
  }

  function plot(element, traces, layout) {
    const {color} = getComputedStyle(figure);
    const look = {template: data.template, font: {color}, height: 330, ...layout};
    Plotly.newPlot(element, traces, look, {displayModeBar: false, responsive: true, scrollZoom: false});
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

  function drawScores() {
    const {series, flag, threshold, label} = data.colors;
    rows.shown = thinned();
    const dates = rows.shown.map((i) => stamp(rows.times[i])), space = (rows.high - rows.low) / 15;
    const small = rows.scores.filter((s) => s > 0).sort((a, b) => a - b)[Math.floor(rows.scores.length / 5)];
    const reach = data.log ? [Math.log10(small), Math.log10(2 * rows.high)] : [rows.low - space, rows.high + space];
    plot(drawing, [
      {x: dates, y: rows.shown.map((i) => rows.scores[i]), name: "score", mode: "lines", line: {color: ink(series), width: 1}},
      {x: [], y: [], name: "first row of an alert", mode: "markers", hoverinfo: "x+y",
        marker: {symbol: "circle-open", size: 11, color: ink(flag), line: {width: 2}}},
      {x: dates, y: [], name: "threshold", mode: "lines", hoverinfo: "skip", line: {color: ink(threshold), dash: "dash", width: 1.5}},
      {x: [null], y: [null], name: data.events, mode: "markers", marker: {symbol: "square", size: 12, color: label, opacity: 0.4}},
    ], {
      yaxis: {title: {text: `score (${data.unit})`}, range: reach, ...(data.log ? {type: "log", dtick: 1} : {})},
      shapes: rows.windows.map(([a, b]) => ({
        type: "rect", yref: "paper", y0: 0, y1: 1, x0: stamp(a), x1: stamp(b),
        fillcolor: label, opacity: 0.25, line: {color: label, width: 1},
      })),
    });
  }

  const besides = {
    // What a row in its own window can reach.
    bound: {
      draw() {
        const {slider: {max: longest}} = inputs.window, {slider: {max: top}} = inputs.k;
        const lengths = Array.from({length: longest - 1}, (_, i) => i + 2);
        plot(beside, [
          {x: lengths, y: lengths.map(counts.bound), name: "(n − 1) / √n", mode: "lines", line: {color: ink(data.colors.series)}},
          {x: lengths, y: lengths.map(() => Number(top)), name: "impossible", mode: "none", fill: "tonexty",
            fillcolor: "rgba(128, 128, 128, 0.35)", hoverinfo: "skip"},
          {x: [], y: [], name: "your choice", mode: "markers",
            marker: {symbol: "circle-open", size: 12, color: ink(data.colors.flag), line: {width: 2}}},
        ], {
          height: 260, xaxis: {title: {text: "window length n (rows)"}},
          yaxis: {title: {text: "coefficient k"}, range: [0, Number(top)]},
        });
      },
      show() {
        Plotly.restyle(beside, {x: [[now.window]], y: [[now.k]]}, [2]);
        Plotly.restyle(beside, {visible: now.own}, [0, 1]);
      },
      cells: () => [["highest multiple that a row can reach", now.own ? counts.bound(now.window).toFixed(2) : "any"]],
    },

    // Each metric over the threshold, with its highest point.
    metrics: {
      draw() {
        const steps = 100, at = Array.from({length: steps}, (_, i) => rows.low + (i * (rows.high - rows.low)) / steps);
        const all = at.map((threshold) => counts.metrics(rows, counts.flags(rows, counts.limits.fixed(rows, {threshold}))));
        const dashes = ["solid", "dash", "dot", "dashdot", "longdash"];
        plot(beside, Object.keys(all[0]).map((name, n) => {
          const y = all.map((values) => values[name]), best = y.indexOf(Math.max(...y));
          return {x: at, y, name, mode: "lines+markers", line: {dash: dashes[n], width: 1.8, color: ink(data.template.layout.colorway[n])},
            marker: {symbol: "diamond", size: y.map((_, i) => (i === best ? 10 : 0))}};
        }), {
          xaxis: {title: {text: `threshold (${data.unit})`}}, yaxis: {title: {text: "metric"}, range: [0, 1.05]},
        });
      },
      show() {
        const line = {color: ink(data.colors.threshold), dash: "dash", width: 1.5};
        Plotly.relayout(beside, {shapes: [{type: "line", yref: "paper", y0: 0, y1: 1, x0: now.threshold, x1: now.threshold, line}]});
      },
      cells: (flags) => Object.entries(counts.metrics(rows, flags)).map(([name, value]) => [name, value.toFixed(2)]),
    },
  };

  // ---- What the settings lead to

  function show() {
    const limits = counts.limits[data.rule](rows, now), flags = counts.flags(rows, limits);
    const found = counts.events(rows, flags, data.silence), {precision, recall} = counts.rows(rows.labelled, flags);
    const periods = (rows.times.at(-1) - rows.times[0]) / {week: 604800, year: 31557600}[data.period];
    Plotly.restyle(drawing, {
      x: [found.alerts.map((i) => stamp(rows.times[i])), rows.shown.map((i) => stamp(rows.times[i]))],
      y: [found.alerts.map((i) => rows.scores[i]), rows.shown.map((i) => limits[i])],
    }, [1, 2]);
    const cells = [
      ["flagged rows", `${found.flagged} of ${rows.times.length}`],
      [`${data.events}s found`, `${found.found} of ${rows.windows.length}`],
      ["false alerts", `${found.wrong}`],
      [`a ${data.period}`, (found.wrong / periods).toFixed(2)],
      ...(data.events === "label window" ? [["precision of rows", share(precision)], ["recall of rows", share(recall)]] : []),
    ];
    if (data.beside) {
      besides[data.beside].show();
      cells.push(...besides[data.beside].cells(flags));
    }
    find(".counts").innerHTML = cells.map(([what, value]) => `<div><dt>${what}</dt><dd>${value}</dd></div>`).join("");
  }

  function choose() {
    rows = counts.unpack(data.cases[choice.selectedIndex]);
    if (data.rule === "fixed") {
      const step = 10 ** Math.floor(Math.log10((rows.high - rows.low) / 200));
      const steps = Math.ceil((rows.high - rows.low) / step);  // so that the highest score is reached
      range("threshold", {min: rows.low, max: rows.low + steps * step, step});
      set("threshold", rows.threshold);
    }
    draw();
  }

  function draw() {
    drawScores();
    if (data.beside) besides[data.beside].draw();
    show();
  }

  function start() {
    choice.replaceChildren(...data.cases.map((packed) => new Option(packed.name)));
    choice.parentElement.hidden = data.cases.length < 2;
    choice.addEventListener("change", choose);
    data.controls.forEach(addControl);
    for (const {name, value, ...limits} of data.controls) {
      if (limits.max) range(name, limits);
      if (value !== undefined) set(name, value);
    }
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
    script.src = data.plotly;
    script.onload = start;
    document.head.append(script);
  }
}
