// Above the grid: when the time of each day was recorded.

const MIN_HOURS_SHOWN = 8;

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
