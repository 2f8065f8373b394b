// The entries and findings of a week, and their seconds by day.

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
