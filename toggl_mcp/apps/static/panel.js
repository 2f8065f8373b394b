// Below the grid: the entries of a cell, or what was found, each with what a person may do.

function openDay(number, cell) {
  const now = Date.now();
  const gaps = dayFindings("gap", number);
  const items = [...week.entries.filter((entry) => isOn(entry, number, now)).map((entry) => describeEntry(entry, now)), ...gaps.map(describeFinding)];
  showPanel(longDay(week.days[number]), items.sort((a, b) => a.start - b.start), cell);
}

function openEntries(entries, number, cell) {
  const now = Date.now();
  const items = entries.map((entry) => describeEntry(entry, now));
  if (week.isOwn && entries.length > 1 && canCall("edit_time_entries")) {
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
    about: [entry.description, entry.project, ...(entry.tags ?? []).map((tag) => `#${tag}`)],
    notes: MARKED_KINDS.map((kind) => countKind(kind, findings)).filter(Boolean),
    actions: week.isOwn ? [move, ...(entry.running ? [] : [split]), ...actions] : [],
  };
}

function countKind(kind, findings) {
  const count = findings.filter((finding) => finding.kind === kind).length;
  return count > 1 ? `${count} ${KINDS[kind].many}` : count && KINDS[kind].one;
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
    seconds: finding.expected_seconds === undefined ? finding.seconds : finding.expected_seconds - (finding.seconds ?? 0),
    about: [finding.about],
    notes: [],
    actions: finding.fix ? [fixAction(finding)] : [],
  };
}

function showPanel(title, items, opener) {
  const panel = document.getElementById("panel");
  const close = () => {
    panel.hidden = true;
    opener.classList.remove("opener");
    opener.focus();
  };
  app.querySelector(".opener")?.classList.remove("opener");
  opener.classList.add("opener");
  panel.hidden = false;
  panel.onkeydown = (event) => event.key === "Escape" && close();
  panel.replaceChildren(
    element("div", { class: "head" }, element("h2", { tabindex: "-1" }, title), button("Close", close)),
    element("ul", {}, items.map(renderItem)),
  );
  panel.querySelector("h2").focus();
}

function renderItem({ when, seconds, about, notes, actions: allActions }) {
  const actions = allActions.filter(({ tool }) => canCall(tool));
  return element(
    "li",
    {},
    when && element("div", {}, element("strong", {}, when), notes.map((note) => element("span", { class: "note" }, note)), element("div", { class: "quiet" }, writtenTexts(about))),
    seconds !== undefined && element("div", { class: "number" }, formatDuration(seconds)),
    actions.length > 0 && element("div", { class: "buttons" }, actions.map((action) => actionButton(action, reload))),
  );
}
