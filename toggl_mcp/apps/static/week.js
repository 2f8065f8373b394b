// The week: rows are projects and descriptions, columns days. Tools: review_time and list_time_entries.

const MAX_DAYS = 7;
const MAX_ROWS = 200;
const MAX_PAGES = 5;
const MIN_HOURS_SHOWN = 8;
const FILTERS = ["workspace", "client", "project", "task", "tag", "tag_match", "missing", "longer_than", "billable"];
const KINDS = {
  gap: { one: "gap", many: "gaps", fix: "Fill this gap", confirm: "Create entry" },
  overlap: { one: "overlap", many: "overlaps", fix: "Fix this overlap", confirm: "Change times" },
  duplicate: { one: "duplicate", many: "duplicates", fix: "Delete the copies" },
  long: { one: "long entry", many: "long entries", fix: "Set its stop", confirm: "Set stop" },
  overnight: { one: "entry over night", many: "entries over night", fix: "Set its stop", confirm: "Set stop" },
  running: { one: "forgotten timer", many: "forgotten timers", fix: "Set its stop", confirm: "Set stop" },
  no_project: { one: "entry without project", many: "without project", fix: "Set a project", confirm: "Set project" },
  no_description: { one: "entry without description", many: "without description", fix: "Describe" },
  no_tags: { one: "entry without tags", many: "without tags", fix: "Add tags" },
  short_day: { one: "short day", many: "short days" },
  empty_day: { one: "empty day", many: "empty days" },
};
const MARKED_KINDS = ["overlap", "duplicate", "long", "overnight", "running"];

// What is shown: { zone, days, bounds, entries, findings, filters, isOwn }.
let week;
// What a clock changes: each is called with the time, every second.
let liveParts = [];

function readEntries({ entries = [], groups = [] }, zone) {
  const groupsByNumber = new Map(groups.map((group) => [group.group, group]));
  return entries.map((row) => ({
    ...groupsByNumber.get(row.group),
    ...row,
    start: zone.toInstant(row.start),
    stop: row.stop === undefined ? null : zone.toInstant(row.stop),
  }));
}

function readFindings({ findings = [] }, zone) {
  return findings.map((finding) => ({
    ...finding,
    ids: finding.ids ?? [],
    start: finding.start === undefined ? zone.midnightOf(finding.day.slice(0, 10)) : zone.toInstant(finding.start),
    stop: finding.stop === undefined ? undefined : zone.toInstant(finding.stop),
  }));
}

function makeWeek(first, last, zone) {
  const days = Array.from({ length: countDays(first, last) + 1 }, (_, number) => addDays(first, number));
  return { zone, days, bounds: [...days, addDays(last, 1)].map((day) => zone.midnightOf(day)), entries: [], findings: [] };
}

function showResult(data, input) {
  const zone = new Zone(data.timezone);
  const today = zone.dayOf(Date.now());
  const end = data.last_day < today ? data.last_day : today;
  const weeks = Math.max(0, Math.floor(countDays(data.first_day, end) / MAX_DAYS));
  const first = addDays(data.first_day, weeks * MAX_DAYS);
  const last = [addDays(first, MAX_DAYS - 1), data.last_day].sort()[0];
  const isReview = data.findings !== undefined;
  const filters = Object.entries(isReview ? {} : input).filter(([key]) => [...FILTERS, "description", "user"].includes(key));
  const review = Object.entries(isReview ? input : {}).filter(([key]) => ["expected", "work_hours"].includes(key));
  week = {
    ...makeWeek(first, last, zone),
    entries: readEntries(data, zone),
    findings: readFindings(data, zone),
    filters: Object.fromEntries(filters),
    review: Object.fromEntries(review),
    isOwn: isReview || input.user === undefined,
    warning: data.incomplete_reason,
  };
  render();
  return canCallTools() ? loadWeek(first, last) : undefined;
}

// Reads the entries that touch these days, of which those over midnight began the day before, and what to review.
async function loadWeek(first, last) {
  app.setAttribute("aria-busy", "true");
  const { zone, filters, review, isOwn } = week;
  const listing = { ...filters, start: addDays(first, -1), end: last, sort: "oldest", limit: MAX_ROWS };
  const entries = [];
  let page = {};
  for (let number = 0; number === 0 || (page.next_cursor && number < MAX_PAGES); number++) {
    page = await callTool("list_time_entries", { ...listing, ...(number ? { cursor: page.next_cursor } : {}) });
    entries.push(...readEntries(page, zone));
  }
  const findings = isOwn ? await callTool("review_time", { ...review, start: first, end: last, limit: MAX_ROWS }) : {};
  const warning = page.incomplete_reason ?? (page.next_cursor && "There are more entries than a week here can show.");
  week = { ...week, ...makeWeek(first, last, zone), entries, findings: readFindings(findings, zone), warning };
  render();
}

const reload = () => loadWeek(week.days[0], week.days.at(-1));

function endOf(entry, now) {
  return Math.max(entry.start, entry.stop ?? now);
}

// Returns the seconds of an entry that fall on a day of the week.
function secondsOn(entry, number, now) {
  const start = Math.max(entry.start, week.bounds[number]);
  return Math.max(0, Math.min(endOf(entry, now), week.bounds[number + 1]) - start) / SECOND;
}

function isOn(entry, number, now) {
  const starts = week.bounds[number] <= entry.start && entry.start < week.bounds[number + 1];
  return starts || secondsOn(entry, number, now) > 0;
}

function sumSeconds(entries, number, now) {
  return entries.reduce((sum, entry) => sum + secondsOn(entry, number, now), 0);
}

function sumWeek(entries, now) {
  return week.days.reduce((sum, _, number) => sum + sumSeconds(entries, number, now), 0);
}

const dayFindings = (kind, number) =>
  week.findings.filter(
    (finding) => finding.kind === kind && week.bounds[number] <= finding.start && finding.start < week.bounds[number + 1],
  );

const projectName = (entry) => entry.project ?? "(no project)";

// Returns the rows: the projects with the most time first, and in each the descriptions with the most.
function listRows(now) {
  const rows = new Map();
  const projectSeconds = new Map();
  for (const entry of week.entries.filter((item) => week.days.some((_, number) => isOn(item, number, now)))) {
    const project = `${entry.workspace_id} ${entry.project_id ?? 0}`;
    const key = JSON.stringify([project, entry.description ?? "", entry.user ?? ""]);
    if (!rows.has(key)) rows.set(key, { project, entries: [] });
    rows.get(key).entries.push(entry);
    projectSeconds.set(project, (projectSeconds.get(project) ?? 0) + sumWeek([entry], now));
  }
  const seconds = new Map([...rows.values()].map((row) => [row, sumWeek(row.entries, now)]));
  return [...rows.values()].sort(
    (a, b) =>
      projectSeconds.get(b.project) - projectSeconds.get(a.project) ||
      a.project.localeCompare(b.project) ||
      seconds.get(b) - seconds.get(a),
  );
}

function render() {
  const now = Date.now();
  const rows = listRows(now);
  liveParts = [];
  const position = grid?.position;
  for (const { entries } of rows) hueClass(projectName(entries[0]));
  const panel = element("section", { id: "panel", class: "panel", hidden: true, "aria-label": "Details" });
  app.replaceChildren(renderHead(now), renderGrid(rows, now), renderLegend(), panel, renderProjects());
  app.removeAttribute("aria-busy");
  if (week.warning) announce(week.warning);
  grid = new Grid(app.querySelector("table"), position);
  tick();
}

let grid;

function renderHead(now) {
  const [first, last] = [week.days[0], week.days.at(-1)];
  const move = (count) => guard(() => loadWeek(addDays(first, count), addDays(first, count + MAX_DAYS - 1)));
  const total = element("span");
  keepLive(week.entries, (moment) => (total.textContent = formatDuration(sumWeek(week.entries, moment))), now);
  const chips = Object.keys(KINDS).flatMap((kind) => renderChip(kind));
  return element(
    "header",
    {},
    element(
      "div",
      { class: "head" },
      element(
        "div",
        {},
        element("h1", {}, formatRange(first, last)),
        element("p", { class: "figure" }, total, element("small", {}, ` hours · ${week.zone.name}`)),
      ),
      canCallTools() &&
        element(
          "div",
          { class: "buttons" },
          button("‹", () => move(-MAX_DAYS), { "aria-label": "Week before" }),
          button("›", () => move(MAX_DAYS), { "aria-label": "Week after" }),
        ),
    ),
    chips.length > 0 && element("div", { class: "chips", role: "group", "aria-label": "To look at again" }, chips),
  );
}

function renderChip(kind) {
  const findings = week.findings.filter((finding) => finding.kind === kind);
  if (!findings.length) return [];
  const isOfEntries = kind.startsWith("no_");
  const count = isOfEntries ? findings.reduce((sum, { ids }) => sum + ids.length, 0) : findings.length;
  const seconds = kind === "gap" || kind === "overlap" ? findings.reduce((sum, item) => sum + item.seconds, 0) : 0;
  const name = count === 1 ? KINDS[kind].one : KINDS[kind].many;
  const label = [`${count} ${name}`, seconds ? ` · ${formatDuration(seconds)}` : ""];
  return [
    button(label, (event) => showPanel(`${count} ${name}`, findings.map(describeFinding), event.currentTarget), {
      class: "chip",
    }),
  ];
}

function renderGrid(rows, now) {
  const first = element("tr", { role: "row" }, columnHeader("Project and description", "corner"));
  week.days.forEach((day, number) => first.append(renderDayHeader(day, number, now)));
  first.append(columnHeader("Total", "sum"));
  const gaps = week.days.map((_, number) => dayFindings("gap", number));
  return element(
    "table",
    { role: "grid", class: "week", "--days": week.days.length },
    element("caption", { class: "hidden" }, `Hours by project and day, ${formatRange(week.days[0], week.days.at(-1))}`),
    element("thead", { role: "rowgroup" }, first),
    element(
      "tbody",
      { role: "rowgroup" },
      renderTimeline(now),
      rows.map((row) => renderRow(row, now)),
      gaps.some((list) => list.length) && renderGaps(gaps),
    ),
    element("tfoot", { role: "rowgroup" }, renderTotals(now)),
  );
}

function columnHeader(text, className) {
  return element("th", { role: "columnheader", scope: "col", class: className }, text);
}

function renderDayHeader(day, number, now) {
  const hours = (week.bounds[number + 1] - week.bounds[number]) / HOUR;
  const isToday = week.zone.dayOf(now) === day;
  return element(
    "th",
    { role: "columnheader", scope: "col", class: isToday ? "day today" : "day", "aria-current": isToday ? "date" : undefined },
    element("abbr", { title: longDay(day) }, formatDay(day, { weekday: "short" })),
    element("span", { class: "date" }, formatDay(day, { day: "numeric" })),
    hours !== 24 && element("span", { class: "change", title: "The clocks change on this day" }, `${hours} h`),
  );
}

function gridCell(attributes, onOpen, ...children) {
  const cell = element("td", { role: "gridcell", tabindex: "-1", ...attributes }, ...children);
  if (onOpen) {
    cell.classList.add("open");
    cell.addEventListener("click", () => onOpen(cell));
    cell.onOpen = () => onOpen(cell);
  }
  return cell;
}

function durationParts(seconds) {
  return seconds > 0 ? [element("span", { "aria-hidden": "true" }, formatDuration(seconds)), hiddenText(speakDuration(seconds))] : [];
}

// Calls `update` now, and every second if a timer runs among the entries.
function keepLive(entries, update, now) {
  update(now);
  if (entries.some((entry) => entry.running)) liveParts.push(update);
}

function renderRow({ entries }, now) {
  const [{ description, user }] = entries;
  const project = projectName(entries[0]);
  const header = element(
    "th",
    { role: "rowheader", scope: "row" },
    element("span", { class: "dot" }),
    element(
      "span",
      { class: "names" },
      description === undefined ? element("span", { class: "quiet" }, "(no description)") : writtenText(description, { class: "description" }),
      writtenText([project, entries[0].client, user].filter(Boolean).join(" · "), { class: "project quiet" }),
    ),
  );
  const cells = week.days.map((_, number) => renderCell(entries, number, now));
  const total = gridCell({ class: "sum" });
  keepLive(entries, (moment) => total.replaceChildren(...durationParts(sumWeek(entries, moment))), now);
  return element("tr", { role: "row", class: hueClass(project) }, header, cells, total);
}

function renderCell(entries, number, now) {
  const cellEntries = entries.filter((entry) => isOn(entry, number, now));
  if (!cellEntries.length) return gridCell({ class: "empty" });
  const ids = new Set(cellEntries.map((entry) => entry.id));
  const marks = MARKED_KINDS.filter((kind) => dayFindings(kind, number).some((finding) => finding.ids.some((id) => ids.has(id))));
  const isRunning = cellEntries.some((entry) => entry.running);
  const cell = gridCell({ class: marks.length ? "time marked" : "time" }, () => openEntries(cellEntries, number, cell));
  const fill = (moment) => {
    const seconds = sumSeconds(cellEntries, number, moment);
    cell.style.setProperty("--share", Math.min(1, seconds / (8 * 3600)));
    cell.replaceChildren(
      ...(seconds ? durationParts(seconds) : ["0:00"]),
      ...(isRunning ? [element("span", { class: "dot pulse" }), hiddenText("running")] : []),
      ...marks.map((kind) => hiddenText(`, ${KINDS[kind].one}`)),
    );
  };
  keepLive(cellEntries, fill, now);
  return cell;
}

function renderGaps(gaps) {
  const sum = (findings) => findings.reduce((seconds, finding) => seconds + finding.seconds, 0);
  const cells = gaps.map((findings, number) => {
    if (!findings.length) return gridCell({ class: "empty" });
    const open = (cell) => showPanel(`Gaps on ${longDay(week.days[number])}`, findings.map(describeFinding), cell);
    return gridCell({ class: "gap" }, open, durationParts(sum(findings)));
  });
  return element(
    "tr",
    { role: "row", class: "gaps" },
    element("th", { role: "rowheader", scope: "row" }, element("span", { class: "names quiet" }, "Gaps between entries")),
    cells,
    gridCell({ class: "sum" }, null, durationParts(sum(gaps.flat()))),
  );
}

function renderTotals(now) {
  const cells = [...week.days.keys()].map((number) => {
    const cell = gridCell({});
    keepLive(week.entries, (moment) => cell.replaceChildren(...durationParts(sumSeconds(week.entries, number, moment))), now);
    return cell;
  });
  const total = gridCell({ class: "sum" });
  keepLive(week.entries, (moment) => total.replaceChildren(...durationParts(sumWeek(week.entries, moment))), now);
  return element("tr", { role: "row" }, element("th", { role: "rowheader", scope: "row" }, "Total"), cells, total);
}

// The hours of the clock between which anything lies, at least eight.
function hoursShown(now) {
  let [first, last] = [24, 0];
  const spans = [...week.entries.map((entry) => [entry.start, endOf(entry, now)]), ...week.findings.filter((item) => item.stop).map((item) => [item.start, item.stop])];
  for (const [start, stop] of spans) {
    week.days.forEach((day, number) => {
      const [from, to] = [Math.max(start, week.bounds[number]), Math.min(stop, week.bounds[number + 1])];
      if (from >= to) return;
      const end = week.zone.clockOf(to);
      first = Math.min(first, Number(week.zone.clockOf(from).slice(0, 2)));
      last = Math.max(last, to === week.bounds[number + 1] ? 24 : Math.ceil(Number(end.slice(0, 2)) + Number(end.slice(3)) / 60));
    });
  }
  if (first > last) return [8, 18];
  const end = Math.min(24, Math.max(last, first + MIN_HOURS_SHOWN));
  return [Math.min(first, end - MIN_HOURS_SHOWN), end];
}

function clockHour(day, hour) {
  return hour === 24 ? week.zone.midnightOf(addDays(day, 1)) : week.zone.toInstant(`${day}T${String(hour).padStart(2, "0")}:00:00`);
}

// Each day from the same hour of its clock on; a day on which the clocks change then is an hour longer or shorter.
function renderTimeline(now) {
  const [firstHour, lastHour] = hoursShown(now);
  const starts = week.days.map((day) => clockHour(day, firstHour));
  const span = Math.max(...week.days.map((day, number) => clockHour(day, lastHour) - starts[number]));
  const hours = span / HOUR;
  const step = hours > 12 ? 4 : 2;
  const labels = [];
  for (let hour = firstHour; hour < lastHour; hour += step) {
    labels.push(element("span", { "--at": (hour - firstHour) / hours }, `${String(hour).padStart(2, "0")}:00`));
  }
  const cells = week.days.map((day, number) => {
    const entries = week.entries.filter((entry) => isOn(entry, number, now));
    const isRunning = entries.some((entry) => entry.running);
    const lane = element("div", { class: "lane", "--lines": hours / step, "aria-hidden": "true" });
    const fill = (moment) => lane.replaceChildren(...renderBlocks(entries, number, { start: starts[number], span }, moment));
    keepLive(entries, fill, now);
    const gaps = dayFindings("gap", number).length;
    const text = `${entries.length} ${entries.length === 1 ? "entry" : "entries"}${gaps ? `, ${gaps} ${gaps === 1 ? "gap" : "gaps"}` : ""}${isRunning ? ", timer running" : ""}`;
    return gridCell({ class: "day-line" }, (cell) => openDay(number, cell), lane, hiddenText(text));
  });
  return element(
    "tr",
    { role: "row", class: "timeline" },
    element("th", { role: "rowheader", scope: "row" }, hiddenText("Day"), element("div", { class: "hours", "aria-hidden": "true" }, labels)),
    cells,
    gridCell({ class: "sum" }),
  );
}

function renderBlocks(entries, number, axis, now) {
  const place = (start, stop) => {
    const [from, to] = [start, stop].map((instant) => Math.min(1, Math.max(0, (instant - axis.start) / axis.span)));
    return { "--at": from, "--size": to - from };
  };
  const segments = entries
    .map((entry) => ({ entry, start: Math.max(entry.start, week.bounds[number]), stop: Math.min(endOf(entry, now), week.bounds[number + 1]) }))
    .filter(({ start, stop }) => stop > start)
    .sort((a, b) => a.start - b.start);
  const blocks = dayFindings("gap", number).map((gap) => element("i", { class: "blank hatched", ...place(gap.start, gap.stop) }));
  for (const { segment, column, columns } of placeSideBySide(segments)) {
    const { entry, start, stop } = segment;
    const className = `block ${hueClass(projectName(entry))}${entry.running ? " pulse" : ""}`;
    blocks.push(element("i", { class: className, ...place(start, stop), "--column": column, "--columns": columns }));
  }
  return [...blocks, ...dayFindings("overlap", number).map((item) => element("i", { class: "clash", ...place(item.start, item.stop) }))];
}

// Gives each of the segments that overlap a column of its own.
function placeSideBySide(segments) {
  const placed = [];
  let cluster = [];
  let ends = [];
  const close = () => {
    placed.push(...cluster.map((item) => ({ ...item, columns: ends.length })));
    [cluster, ends] = [[], []];
  };
  for (const segment of segments) {
    if (ends.every((end) => end <= segment.start)) close();
    const free = ends.findIndex((end) => end <= segment.start);
    const column = free === -1 ? ends.length : free;
    ends[column] = segment.stop;
    cluster.push({ segment, column });
  }
  close();
  return placed;
}

function renderLegend() {
  const has = (kind) => week.findings.some((finding) => finding.kind === kind);
  const keys = [
    has("gap") && element("li", {}, element("i", { class: "key hatched" }), "gap"),
    has("overlap") && element("li", {}, element("i", { class: "key clash" }), "overlap"),
    week.entries.some((entry) => entry.running) && element("li", {}, element("i", { class: "dot pulse" }), "timer running"),
  ];
  return element("ul", { class: "legend small quiet", "aria-label": "Key" }, keys);
}

function renderProjects() {
  const names = new Set(week.entries.map((entry) => entry.project).filter(Boolean));
  return element("datalist", { id: PROJECT_LIST }, [...names].sort().map((name) => element("option", { value: name })));
}

function openDay(number, cell) {
  const now = Date.now();
  const gaps = dayFindings("gap", number);
  const items = [...week.entries.filter((entry) => isOn(entry, number, now)).map((entry) => describeEntry(entry, now)), ...gaps.map(describeFinding)];
  showPanel(longDay(week.days[number]), items.sort((a, b) => a.start - b.start), cell);
}

function openEntries(entries, number, cell) {
  const now = Date.now();
  const items = entries.map((entry) => describeEntry(entry, now));
  if (week.isOwn && entries.length > 1) {
    const ids = entries.map((entry) => entry.id);
    const label = `Move all ${ids.length} to a project`;
    items.push({ start: Infinity, actions: [{ label, confirm: "Move", tool: "edit_time_entries", arguments: { ids }, add: ["project"] }] });
  }
  const [{ description }] = entries;
  showPanel([longDay(week.days[number]), ": ", description === undefined ? projectName(entries[0]) : writtenText(description)], items, cell);
}

function formatSpan(start, stop) {
  return `${week.zone.clockOf(start)} – ${stop === null ? "running" : week.zone.clockOf(stop)}`;
}

function describeEntry(entry, now) {
  const findings = week.findings.filter((finding) => finding.ids.includes(entry.id));
  const actions = findings.filter((finding) => finding.fix && !["no_tags"].includes(finding.kind)).map(fixAction);
  const move = { label: "Move to a project", confirm: "Move", tool: "edit_time_entries", arguments: { ids: [entry.id] }, add: ["project"] };
  const split = { label: "Split", tool: "split_time_entry", arguments: { entry: String(entry.id) }, add: ["at"] };
  return {
    start: entry.start,
    when: formatSpan(entry.start, entry.stop),
    seconds: (endOf(entry, now) - entry.start) / SECOND,
    about: [entry.description, entry.project, ...(entry.tags ?? []).map((tag) => `#${tag}`)].filter(Boolean).join(" · "),
    notes: findings.filter(({ kind }) => MARKED_KINDS.includes(kind)).map(({ kind }) => KINDS[kind].one),
    actions: week.isOwn ? [move, ...(entry.running ? [] : [split]), ...actions] : [],
  };
}

function fixAction({ kind, fix }) {
  const { fix: label, confirm } = KINDS[kind];
  return { label, confirm, tool: fix.tool, arguments: fix.arguments, add: fix.add };
}

function describeFinding(finding) {
  const hasSpan = finding.start !== undefined && finding.stop !== undefined;
  const day = week.zone.dayOf(finding.start);
  return {
    start: finding.start,
    when: hasSpan ? `${formatDay(day, { weekday: "short", day: "numeric" })}, ${formatSpan(finding.start, finding.stop)}` : longDay(day),
    seconds: finding.seconds,
    about: finding.about ?? "",
    notes: [],
    actions: finding.fix ? [fixAction(finding)] : [],
  };
}

function showPanel(title, items, opener) {
  const panel = document.getElementById("panel");
  const close = () => {
    panel.hidden = true;
    opener.focus();
  };
  panel.hidden = false;
  panel.onkeydown = (event) => event.key === "Escape" && close();
  panel.replaceChildren(
    element("div", { class: "head" }, element("h2", { tabindex: "-1" }, title), button("Close", close)),
    element("ul", {}, items.map(renderItem)),
  );
  panel.querySelector("h2").focus();
}

function renderItem({ when, seconds, about, notes, actions }) {
  return element(
    "li",
    {},
    when && element("div", {}, element("strong", {}, when), notes.map((note) => element("span", { class: "note" }, note)), element("div", { class: "quiet" }, writtenText(about))),
    seconds !== undefined && element("div", { class: "number" }, formatDuration(seconds)),
    canCallTools() && actions.length > 0 && element("div", { class: "buttons" }, actions.map((action) => actionButton(action, reload))),
  );
}

// One cell can be reached by Tab; arrows, Home and End move among them, Enter and Space open one.
class Grid {
  constructor(table, [row, column] = [0, 0]) {
    this.rows = [...table.rows].slice(1).map((item) => [...item.querySelectorAll("[role=gridcell]")]);
    this.table = table;
    table.addEventListener("keydown", (event) => this.handleKey(event));
    table.addEventListener("focusin", (event) => this.select(this.find(event.target)));
    this.select([Math.min(row, this.rows.length - 1), Math.min(column, this.rows[0].length - 1)]);
  }

  find(cell) {
    const row = this.rows.findIndex((cells) => cells.includes(cell));
    return row === -1 ? this.position : [row, this.rows[row].indexOf(cell)];
  }

  select([row, column]) {
    if (this.position) this.rows[this.position[0]][this.position[1]].tabIndex = -1;
    this.position = [row, column];
    this.rows[row][column].tabIndex = 0;
  }

  handleKey(event) {
    const [row, column] = this.position;
    const isReversed = getComputedStyle(this.table).direction === "rtl";
    const [lastRow, lastColumn] = [this.rows.length - 1, this.rows[0].length - 1];
    const targets = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column + (isReversed ? 1 : -1)],
      ArrowRight: [row, column + (isReversed ? -1 : 1)],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? lastRow : row, lastColumn],
    };
    const target = targets[event.key];
    if (target) {
      const clamp = (value, last) => Math.min(last, Math.max(0, value));
      this.rows[clamp(target[0], lastRow)][clamp(target[1], lastColumn)].focus();
    } else if (event.key === "Enter" || event.key === " ") this.rows[row][column].onOpen?.();
    else return;
    event.preventDefault();
  }
}

function tick() {
  const now = Date.now();
  for (const update of liveParts) update(now);
}

setInterval(tick, SECOND);
connect("week", showResult);
