// The week: rows are projects and descriptions, columns days. Tools: review_time and list_time_entries.

const MAX_DAYS = 7;
const MAX_ROWS = 200;
const MAX_PAGES = 5;
// The last load alone is shown, whichever comes last.
let lastLoad = 0;
// What a clock changes: each is called with the time, every second.
let liveParts = [];

function showResult(data, input) {
  const zone = new Zone(data.timezone);
  const today = zone.dayOf(Date.now());
  const end = data.last_day < today ? data.last_day : today;
  const weeks = Math.max(0, Math.floor(countDays(data.first_day, end) / MAX_DAYS));
  const first = addDays(data.first_day, weeks * MAX_DAYS);
  const last = [addDays(first, MAX_DAYS - 1), data.last_day].sort()[0];
  const isReview = data.findings !== undefined;
  week = {
    ...makeWeek(first, last, zone),
    entries: readEntries(data, zone),
    findings: readFindings(data, zone),
    filters: isReview ? {} : pickArguments(input, ENTRY_FILTERS),
    review: isReview ? pickArguments(input, ["expected", "work_hours", "kinds"]) : {},
    isOwn: isReview || input.user === undefined,
    warning: data.incomplete_reason,
  };
  render();
  return loadWeek(first, last);
}

async function loadWeek(first, last) {
  if (!canCall("list_time_entries")) return;
  const load = ++lastLoad;
  app.setAttribute("aria-busy", "true");
  try {
    const loaded = await readWeek(first, last);
    if (load !== lastLoad) return;
    week = loaded;
    render();
  } catch (error) {
    if (load === lastLoad) throw error;
  } finally {
    if (load === lastLoad) app.removeAttribute("aria-busy");
  }
}

// Reads the entries that touch these days, of which those over midnight began the day before, and what to review.
async function readWeek(first, last) {
  const { zone, filters, review, isOwn } = week;
  const listing = { ...filters, start: addDays(first, -1), end: last, sort: "oldest", limit: MAX_ROWS };
  const entries = [];
  let page = {};
  for (let number = 0; number === 0 || (page.next_cursor && number < MAX_PAGES); number++) {
    page = await callTool("list_time_entries", { ...listing, ...(number ? { cursor: page.next_cursor } : {}) });
    entries.push(...readEntries(page, zone));
  }
  const findings = isOwn && canCall("review_time") ? await callTool("review_time", { ...review, start: first, end: last, limit: MAX_ROWS }) : {};
  const warning = page.incomplete_reason ?? (page.next_cursor && "There are more entries than a week here can show.");
  return { ...week, ...makeWeek(first, last, zone), entries, findings: readFindings(findings, zone), warning };
}

const reload = () => loadWeek(week.days[0], week.days.at(-1));

function render() {
  const now = Date.now();
  const rows = listRows(now);
  liveParts = [];
  const position = grid?.position;
  for (const { entries } of rows) hueClass(projectName(entries[0]));
  const panel = element("section", { id: "panel", class: "panel", hidden: true, "aria-label": "Details" });
  const isFocusLost = draw(renderHead(now), renderGrid(rows, now), renderLegend(), panel, renderProjects());
  // What was said of another week goes; the button that takes a change back stays.
  if (week.warning || status.querySelector("button") === null) announce(week.warning);
  grid = new Grid(app.querySelector("table"), position);
  if (isFocusLost) grid.focus();
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
        element("p", { class: "figure" }, total, element("small", {}, ` hours · ${formatZone(week.zone.name)}`)),
      ),
      canCall("list_time_entries") &&
        element(
          "div",
          { class: "buttons" },
          button(element("i", { class: "chevron before" }), () => move(-MAX_DAYS), { "aria-label": "Week before" }),
          button(element("i", { class: "chevron after" }), () => move(MAX_DAYS), { "aria-label": "Week after" }),
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
      writtenTexts([project, entries[0].client, user], { class: "project quiet" }),
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
    const box = element("span", { class: "box" }, seconds ? durationParts(seconds) : "0:00");
    if (isRunning) box.append(element("span", { class: "dot pulse" }), hiddenText("running"));
    cell.replaceChildren(box, ...marks.map((kind) => hiddenText(`, ${KINDS[kind].one}`)));
  };
  keepLive(cellEntries, fill, now);
  return cell;
}

function renderGaps(gaps) {
  const sum = (findings) => findings.reduce((seconds, finding) => seconds + finding.seconds, 0);
  const cells = gaps.map((findings, number) => {
    if (!findings.length) return gridCell({ class: "empty" });
    const open = (cell) => showPanel(`Gaps on ${longDay(week.days[number])}`, findings.map(describeFinding), cell);
    return gridCell({ class: "gap" }, open, element("span", { class: "box hatched" }, durationParts(sum(findings))));
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

function tick() {
  const now = Date.now();
  for (const update of liveParts) update(now);
}

setInterval(tick, SECOND);
connect("week", showResult);
