// Times in the zone of the result: never in that of the browser.

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

// Reads the clock of a time zone. An instant is in milliseconds, a day is YYYY-MM-DD.
class Zone {
  constructor(name) {
    this.name = name;
    this.format = new Intl.DateTimeFormat("en-GB", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  }

  localText(instant) {
    const part = Object.fromEntries(this.format.formatToParts(instant).map(({ type, value }) => [type, value]));
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
  }

  offsetAt(instant) {
    return Date.parse(`${this.localText(instant)}Z`) - Math.floor(instant / SECOND) * SECOND;
  }

  // A local time that is repeated is read as the first one, one that is skipped by the offset before: as Python does.
  toInstant(text) {
    if (!/T\d\d:\d\d:\d\d$/.test(text)) return Date.parse(text);
    const local = Date.parse(`${text}Z`);
    const first = local - this.offsetAt(local - DAY);
    const second = local - this.offsetAt(local + DAY);
    const isSecond = this.offsetAt(first) !== local - first && this.offsetAt(second) === local - second;
    return isSecond ? second : first;
  }

  midnightOf(day) {
    return this.toInstant(`${day}T00:00:00`);
  }

  dayOf(instant) {
    return this.localText(instant).slice(0, 10);
  }

  clockOf(instant) {
    return this.localText(instant).slice(11, 16);
  }
}

function addDays(day, count) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY).toISOString().slice(0, 10);
}

function countDays(first, last) {
  return Math.round((Date.parse(`${last}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / DAY);
}

function formatDay(day, options) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(Date.parse(`${day}T00:00:00Z`));
}

const longDay = (day) => formatDay(day, { weekday: "long", day: "numeric", month: "long" });
const shortDay = (day) => formatDay(day, { day: "numeric", month: "short" });

const formatZone = (name) => name.replaceAll("_", " ");

function formatRange(first, last) {
  const whole = { day: "numeric", month: "long", year: "numeric" };
  if (first === last) return formatDay(first, { weekday: "long", ...whole });
  const start = first.slice(0, 7) === last.slice(0, 7) ? { day: "numeric" } : { day: "numeric", month: "long" };
  if (first.slice(0, 4) !== last.slice(0, 4)) start.year = "numeric";
  return `${formatDay(first, start)} – ${formatDay(last, whole)}`;
}

function formatDuration(seconds) {
  const minutes = Math.round(Math.abs(seconds) / 60);
  return `${seconds < 0 ? "−" : ""}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

function speakDuration(seconds) {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const parts = [
    [Math.floor(minutes / 60), "hour"],
    [minutes % 60, "minute"],
  ];
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`);
  return words.join(" ") || "0 minutes";
}
