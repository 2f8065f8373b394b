// Totals: a bar for each group, with the days before beside it. Tool: summarize_time.

const GROUPINGS = ["day", "project", "client", "tag", "task"];
const DATE_FORMATS = {
  day: (name) => formatDay(name, { weekday: "short", day: "numeric", month: "short" }),
  week: (name) => `Week of ${shortDay(name)}`,
  month: (name) => formatDay(`${name}-01`, { month: "long", year: "numeric" }),
};

// The arguments that hold for every grouping.
let subject;
// The last choice alone is shown, whichever comes last.
let lastChoice = 0;

function showResult(data, input) {
  subject = pickArguments(input, [...ENTRY_FILTERS, "rounding", "amounts"]);
  render(data);
}

async function regroup(data, changes) {
  const choice = ++lastChoice;
  app.setAttribute("aria-busy", "true");
  const groupBy = Object.keys(data.groups?.[0]?.by ?? {});
  const args = { ...subject, start: data.first_day, end: data.last_day, ...(groupBy.length ? { group_by: groupBy } : {}) };
  if (data.previous) args.compare = "previous";
  const totals = await callTool("summarize_time", { ...args, ...changes });
  if (choice !== lastChoice) return;
  render(totals);
  announce("Totals changed.");
}

const labelOf = (kind, name) => (name.startsWith("(") ? name : (DATE_FORMATS[kind]?.(name) ?? name));

function groupNames({ by }) {
  return Object.entries(by).map(([kind, name]) => labelOf(kind, name));
}

// A group's colour is that of its project or other name; days have one for all.
function groupClass({ by }) {
  const [kind, name] = Object.entries(by)[0];
  return kind in DATE_FORMATS || kind === "weekday" ? "hue-0" : hueClass(name);
}

function render(data) {
  hues.clear();
  const groups = data.groups ?? [];
  draw(
    renderHead(data),
    canCall("summarize_time") ? renderChoices(data) : "",
    groups.length ? renderBars(data, groups) : element("p", { class: "quiet" }, "No groups: choose one above, or ask for one."),
  );
  if (data.incomplete_reason) announce(data.incomplete_reason);
}

function renderHead({ first_day: first, last_day: last, timezone, total, previous, average }) {
  const facts = [["Entries", String(total.entries)]];
  if (total.billable_seconds) facts.push(["Billable", formatDuration(total.billable_seconds)]);
  if (average) facts.push([`Average of ${average.days} days with time`, formatDuration(average.seconds)]);
  if (total.rounded_seconds !== undefined) facts.push(["Rounded", formatDuration(total.rounded_seconds)]);
  for (const [currency, amount] of Object.entries(total.amounts ?? {})) {
    facts.push(["Amount", `${amount.toLocaleString("en-GB", { minimumFractionDigits: 2 })} ${currency}`]);
  }
  if (previous) facts.push([formatRange(previous.first_day, previous.last_day), formatDuration(previous.seconds)]);
  return element(
    "header",
    {},
    element("h1", {}, formatRange(first, last)),
    element(
      "p",
      { class: "figure" },
      formatDuration(total.seconds),
      element("small", {}, ` hours · ${formatZone(timezone)}`),
      previous && renderChange(previous.change_seconds),
    ),
    element("dl", { class: "facts" }, facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))),
  );
}

function renderChange(seconds) {
  if (seconds === 0) return element("span", { class: "change" }, "as before");
  const direction = seconds < 0 ? "less" : "more";
  return element("span", { class: `change ${direction}` }, `${formatDuration(Math.abs(seconds))} ${direction}`);
}

function renderChoices(data) {
  const kinds = Object.keys(data.groups?.[0]?.by ?? {});
  const choose = (changes) => () => guard(() => regroup(data, changes));
  const choices = GROUPINGS.map((kind) =>
    button(kind[0].toUpperCase() + kind.slice(1), choose({ group_by: [kind] }), {
      "aria-pressed": String(kinds.length === 1 && kinds[0] === kind),
    }),
  );
  const compare = data.previous ? { compare: undefined } : { compare: "previous" };
  return element(
    "div",
    { class: "choices" },
    element("div", { class: "chips", role: "group", "aria-label": "Group by" }, choices),
    button("Compare", choose(compare), { "aria-pressed": String(data.previous !== undefined) }),
  );
}

function renderBars(data, groups) {
  const rest = data.remaining;
  const longest = Math.max(1, ...groups.flatMap((group) => [group.seconds, group.previous_seconds ?? 0]));
  const hasPrevious = groups.some((group) => group.previous_seconds !== undefined);
  const kind = Object.keys(groups[0].by).join(" and ");
  const header = [kind[0].toUpperCase() + kind.slice(1), "Bar", "Hours", "Share", hasPrevious && "Before"].filter(Boolean);
  const parts = data.columns && makeParts(data.columns);
  const table = element(
    "table",
    { class: "totals" },
    element("caption", { class: "hidden" }, `Hours by ${kind}`),
    element("thead", {}, element("tr", {}, header.map((text) => element("th", { scope: "col", class: text.toLowerCase() }, text)))),
    element(
      "tbody",
      {},
      groups.map((group) => renderGroup(group, longest, parts, hasPrevious)),
      rest && renderRest(rest, data.total.seconds, hasPrevious),
    ),
  );
  const range = hasPrevious && formatRange(data.previous.first_day, data.previous.last_day);
  return element(
    "div",
    {},
    table,
    parts && renderKey(parts),
    range && element("p", { class: "legend small quiet" }, element("i", { class: "key" }), `before: ${range}`),
  );
}

// The columns of a table are the parts of each bar: names have colours, days have the one of their bar.
function makeParts(columns) {
  const areDays = columns.every((column) => /^\d{4}-\d\d-\d\d$/.test(column));
  return columns.map((column) => ({
    name: areDays ? formatDay(column, { weekday: "short", day: "numeric", month: "short" }) : column,
    className: areDays ? "" : hueClass(column),
  }));
}

function renderKey(parts) {
  if (!parts[0].className) {
    return element("p", { class: "legend small quiet" }, `The parts of a bar are days, from ${parts[0].name} to ${parts.at(-1).name}.`);
  }
  const keys = parts.map(({ name, className }) => element("li", { class: className }, element("span", { class: "dot" }), writtenText(name)));
  return element("ul", { class: "legend small quiet", "aria-label": "Parts of a bar" }, keys);
}

function renderGroup(group, longest, parts, hasPrevious) {
  const before = group.previous_seconds ?? 0;
  const bar = element("div", { class: "bar", "--size": group.seconds / longest, "aria-hidden": "true" });
  const cells = (parts ?? []).map((part, number) => ({ ...part, seconds: group.cells[number] })).filter(({ seconds }) => seconds > 0);
  if (cells.length) {
    bar.classList.add("parts");
    bar.append(...cells.map(({ seconds, className }) => element("i", { class: className, "--part": seconds / group.seconds })));
  }
  const spokenParts = cells.map(({ name, seconds }) => `${name}: ${formatDuration(seconds)}`).join(", ");
  const mark = hasPrevious && element("div", { class: "before", "--size": before / longest, "aria-hidden": "true" });
  return element(
    "tr",
    { class: groupClass(group) },
    element("th", { scope: "row" }, writtenTexts(groupNames(group))),
    element("td", {}, element("div", { class: "track" }, bar, mark), hiddenText(spokenParts)),
    element("td", { class: "hours" }, formatDuration(group.seconds)),
    element("td", { class: "share quiet" }, `${group.share.toFixed(1)} %`),
    hasPrevious && element("td", { class: "before quiet" }, formatDuration(before)),
  );
}

function renderRest(rest, total, hasPrevious) {
  const share = total ? (100 * rest.seconds) / total : 0;
  return element(
    "tr",
    { class: "quiet" },
    element("th", { scope: "row" }, `${rest.groups} more`),
    element("td"),
    element("td", { class: "hours" }, formatDuration(rest.seconds)),
    element("td", { class: "share" }, `${share.toFixed(1)} %`),
    hasPrevious && element("td"),
  );
}

connect("totals", showResult);
