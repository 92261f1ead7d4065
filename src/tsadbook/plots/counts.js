// What explorers count, by the definitions of tsadbook.thresholds and tsadbook.evaluation.
// Nothing here touches the page. A test holds each of these to the package.
var counts = {  // not const: a page may hold two explorers
  // Rows in order of time; steps are [seconds, how many].
  unpack(packed) {
    const times = [packed.start];
    for (const [step, count] of packed.steps)
      for (let i = 0; i < count; i++) times.push(times.at(-1) + step);
    const labelled = times.map((t) => packed.windows.some(([a, b]) => a <= t && t <= b));
    const known = packed.scores.filter((s) => s !== null);
    const [low, high] = known.reduce(([a, b], s) => [Math.min(a, s), Math.max(b, s)], [0, 0]);
    return {...packed, times, labelled, low, high};
  },

  // One threshold for each row, NaN where there is none.
  limits: {
    fixed: (rows, {threshold}) => rows.scores.map(() => threshold),

    rolling: (rows, {window, k, own}) => rows.scores.map((_, i) => {
      const end = own ? i + 1 : i;
      const seen = rows.scores.slice(Math.max(0, end - window), end).filter((s) => s !== null);
      if (seen.length < 2) return NaN;  // one score has no deviation
      const mean = seen.reduce((sum, s) => sum + s, 0) / seen.length;
      const squares = seen.reduce((sum, s) => sum + (s - mean) ** 2, 0);
      return mean + k * Math.sqrt(squares / (seen.length - 1));
    }),
  },

  // How many deviations above the mean of n rows one of them can lie.
  bound: (n) => (n - 1) / Math.sqrt(n),

  flags: (rows, limits) => rows.scores.map((s, i) => s !== null && s > limits[i]),

  // Windows found, alerts, and false ones; `silence` in seconds.
  events(rows, flags, silence) {
    const flagged = rows.times.flatMap((_, i) => (flags[i] ? [i] : []));
    const alerts = [];
    for (const i of flagged) {
      if (!alerts.length || rows.times[i] > rows.times[alerts.at(-1)[0]] + silence) alerts.push([]);
      alerts.at(-1).push(i);
    }
    const within = ([a, b]) => flagged.some((i) => a <= rows.times[i] && rows.times[i] <= b);
    return {
      flagged: flagged.length,
      found: rows.windows.filter(within).length,
      alerts: alerts.map(([first]) => first),
      wrong: alerts.filter((alert) => !alert.some((i) => rows.labelled[i])).length,
    };
  },

  // Where a list of booleans is true without a gap: [first, the one after the last].
  runs(rows) {
    const found = [];
    rows.forEach((on, i) => {
      if (on && !rows[i - 1]) found.push([i, i]);
      if (on) found.at(-1)[1] = i + 1;
    });
    return found;
  },

  // Precision and recall of rows; precision is NaN where nothing is flagged.
  rows(labelled, flags) {
    const sum = (list) => list.reduce((n, on) => n + on, 0);
    const hits = sum(flags.map((on, i) => on && labelled[i]));
    return {precision: hits / sum(flags), recall: hits / sum(labelled)};
  },

  f1: ({precision: p, recall: r}) => (p > 0 && r > 0 ? (2 * p * r) / (p + r) : 0),

  mean: (list) => list.reduce((sum, x) => sum + x, 0) / list.length,

  share: (of, among) => counts.mean(counts.runs(of).map(([a, b]) => counts.mean(among.slice(a, b).map(Number)))),

  // What chapter 5 explains, each between 0 and 1 but for NAB's score, which has no lower bound.
  metrics(rows, flags) {
    const {labelled} = rows;
    const adjusted = [...flags];
    for (const [a, b] of counts.runs(labelled)) if (flags.slice(a, b).some(Boolean)) adjusted.fill(true, a, b);
    return {
      "F1 of rows": counts.f1(counts.rows(labelled, flags)),
      "F1, point-adjusted": counts.f1(counts.rows(labelled, adjusted)),
      "F1 of ranges": counts.f1({precision: counts.share(flags, labelled), recall: counts.share(labelled, flags)}),
      "F1 of affiliation": counts.f1(counts.affiliation(labelled, flags)),
      "NAB score / 100": counts.nab(rows, flags),
    };
  },

  // Row i is the time from i to i + 1, looked at in the middle of each of its quarters.
  affiliation(labelled, flags) {
    const events = counts.runs(labelled), n = labelled.length, precision = [], recall = [];
    const quarters = (from, to) => Array.from({length: 4 * (to - from)}, (_, j) => from + (j + 0.5) / 4);
    const flagged = counts.runs(flags).flatMap(([a, b]) => quarters(a, b));
    events.forEach(([start, stop], e) => {
      const left = e ? (events[e - 1][1] + start) / 2 : 0;
      const right = e + 1 < events.length ? (stop + events[e + 1][0]) / 2 : n;
      const near = flagged.filter((t) => left < t && t < right);
      if (!near.length) return recall.push(0);
      precision.push(counts.mean(near.map((t) => {
        const off = Math.max(start - t, t - stop, 0);
        const closer = Math.min(off, start - left) + Math.min(off, right - stop) + stop - start;
        return off > 0 ? 1 - closer / (right - left) : 1;
      })));
      let next = 0;  // the first flagged time that is not before the one looked at
      recall.push(counts.mean(quarters(start, stop).map((t) => {
        while (next < near.length && near[next] < t) next++;
        const after = next < near.length ? near[next] - t : Infinity;
        const before = next ? t - near[next - 1] : Infinity;
        const off = Math.max(Math.min(after, before) - 1 / 8, 0);  // to the edge of a quarter
        return 1 - (Math.min(off, t - left) + Math.min(off, right - t)) / (right - left);
      })));
    });
    return {precision: precision.length ? counts.mean(precision) : NaN, recall: counts.mean(recall)};
  },

  // Standard profile, one series; the rows are those after probation.
  nab(rows, flags) {
    const sigmoid = (y) => 2 / (1 + Math.exp(5 * y)) - 1, windows = counts.runs(rows.labelled);
    let sum = 0, last = null, ahead = 0;
    for (const [start, stop] of windows) {
      const first = flags.indexOf(true, start);
      sum += 0 <= first && first < stop ? sigmoid(-(stop - first) / (stop - start)) / sigmoid(-1) : -1;
    }
    flags.forEach((on, i) => {
      while (ahead < windows.length && windows[ahead][1] <= i) last = windows[ahead++];
      if (!on || rows.labelled[i]) return;
      const distance = last ? (i - last[1] + 1) / Math.max(last[1] - last[0] - 1, 1e-12) : Infinity;
      sum += 0.11 * (distance > 3 ? -1 : sigmoid(distance));
    });
    return (sum + windows.length) / (2 * windows.length);
  },
};
