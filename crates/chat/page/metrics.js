// The golden signals, from what the server counts in Prometheus' text form.

/** Each sample with its labels. */
export function samples(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] || "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    found.push({ name: match[1], labels, value: match[3] === "+Inf" ? Infinity : Number(match[3]) });
  }
  return found;
}

const named = (all, name) => all.filter((sample) => sample.name === name);
const sum = (all) => all.reduce((total, sample) => total + sample.value, 0);

/** Below which value this share of what was measured lies; none when nothing was. */
export function quantile(all, name, share) {
  const buckets = new Map();
  for (const { labels, value } of named(all, `${name}_bucket`)) {
    const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
    buckets.set(bound, (buckets.get(bound) || 0) + value);
  }
  const sorted = [...buckets].sort((a, b) => a[0] - b[0]);
  const total = sorted.length ? sorted.at(-1)[1] : 0;
  if (!total) return null;
  let [below, seen] = [0, 0];
  for (const [bound, count] of sorted) {
    if (count >= share * total) {
      if (bound === Infinity) return below;
      return below + (bound - below) * ((share * total - seen) / (count - seen || 1));
    }
    [below, seen] = [bound, count];
  }
  return below;
}

/** Traffic, errors, latency and saturation, as far as the server tells them. */
export function signals(all) {
  // What probes, this page and its files ask is no traffic.
  const asked = named(all, "siren_http_requests_total").filter(({ labels }) => /^\/(v1|api|mcp)(\/|$)/.test(labels.route) && !labels.route.startsWith("/api/admin"));
  const failed = asked.filter(({ labels }) => labels.status.startsWith("5"));
  return {
    requests: sum(asked),
    errors: sum(failed),
    half: quantile(all, "siren_first_word_seconds", 0.5),
    most: quantile(all, "siren_first_word_seconds", 0.95),
    taken: sum(named(all, "siren_answer_slots_used")),
    places: sum(named(all, "siren_answer_slots")),
  };
}
