// The burn-down: what of each project's estimate is tracked, and what four more weeks at its pace take. Tool:
// project_status.

const FORECAST_WEEKS = 4;
let projects = [];

function showResult(data) {
  const isOne = data.projects.length === 1;
  projects = data.projects.map((project) => (isOne ? withPace(project, data) : project));
  render(data);
}

function withPace(project, { pace_seconds_per_week: pace, forecast_date: forecastDate, tasks }) {
  return { ...project, hasPace: true, pace, forecastDate, tasks };
}

async function loadPace(id, data) {
  app.setAttribute("aria-busy", "true");
  const status = await callTool("project_status", { project: String(id), workspace: String(data.workspace_id) });
  projects = projects.map((project) => (project.id === id ? withPace(status.projects[0], status) : project));
  render({ ...data, warnings: status.warnings });
  document.getElementById(`project-${id}`).focus(); // Where the button was.
  announce("Pace read.");
}

function render(data) {
  const warnings = [...(data.warnings ?? []), ...(data.remaining ? [`${data.remaining} more projects are not shown.`] : [])];
  draw(
    element("h1", { class: "hidden" }, "Projects against their estimates"),
    element("ul", { class: "projects" }, projects.map((project) => renderProject(project, data))),
    warnings.length ? element("ul", { class: "warnings small quiet" }, warnings.map((text) => element("li", {}, writtenText(text)))) : "",
    renderLegend(),
  );
}

function renderProject(project, data) {
  const { id, name, estimated_seconds: estimate, tracked_seconds: tracked, archived } = project;
  const title = element("h2", { id: `project-${id}`, tabindex: "-1" }, element("span", { class: "dot" }), writtenText(name), archived && element("span", { class: "tag quiet" }, "archived"));
  const isOver = estimate !== undefined && tracked > estimate;
  return element(
    "li",
    { class: hueClass(name) },
    element("div", { class: "head" }, title, renderHours(project, isOver)),
    (estimate !== undefined || project.pace !== undefined) && renderBar(project),
    renderFacts(listFacts(project)),
    !project.hasPace && !archived && canCall("project_status") && element("div", { class: "buttons" }, button("Show pace", () => guard(() => loadPace(id, data)), { "aria-label": `Show pace: ${name}` })),
    project.tasks && renderTasks(project.tasks),
  );
}

function renderFacts(facts) {
  const parts = facts.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value)));
  return parts.length > 0 && element("dl", { class: "facts" }, parts);
}

function renderHours({ estimated_seconds: estimate, tracked_seconds: tracked }, isOver) {
  if (estimate === undefined) return element("p", {}, element("strong", {}, formatDuration(tracked)), element("span", { class: "quiet" }, " tracked, no estimate"));
  const percent = Math.round((100 * tracked) / estimate);
  return element(
    "p",
    {},
    element("strong", {}, formatDuration(tracked)),
    element("span", { class: "quiet" }, ` of ${formatDuration(estimate)} · `),
    element("span", { class: isOver ? "over" : "quiet" }, `${percent} %`),
  );
}

function renderBar({ estimated_seconds: estimate = 0, tracked_seconds: tracked, pace = 0, archived }) {
  const forecast = archived ? 0 : pace * FORECAST_WEEKS;
  const whole = Math.max(estimate, tracked + forecast, 1);
  return element(
    "div",
    { class: "track", "aria-hidden": "true" },
    estimate > 0 && element("i", { class: "estimate", "--size": estimate / whole }),
    element("i", { class: "tracked", "--size": tracked / whole }),
    forecast > 0 && element("i", { class: "forecast", "--at": tracked / whole, "--size": forecast / whole }),
    estimate > 0 && tracked > estimate && element("i", { class: "excess", "--at": estimate / whole, "--size": (tracked - estimate) / whole }),
    estimate > 0 && estimate < whole && element("i", { class: "limit", "--at": estimate / whole }),
  );
}

function listFacts({ estimated_seconds: estimate, tracked_seconds: tracked, pace, hasPace, forecastDate, ...project }) {
  const facts = [];
  const day = (text) => formatDay(text, { day: "numeric", month: "short", year: "numeric" });
  const money = (amount) => [amount.toLocaleString("en-GB", { minimumFractionDigits: 2 }), project.currency].filter(Boolean).join(" ");
  if (estimate !== undefined) facts.push([tracked > estimate ? "Over" : "Remaining", formatDuration(Math.abs(estimate - tracked))]);
  if (hasPace) facts.push(["Pace of four weeks", pace === undefined ? "too little data" : `${formatDuration(pace)} a week`]);
  if (forecastDate) facts.push(["Used up at this pace", day(forecastDate)]);
  if (project.end_date) facts.push(["End", day(project.end_date)]);
  if (project.earned !== undefined) facts.push(["Earned", money(project.earned)]);
  if (project.fixed_fee !== undefined) facts.push(["Fixed fee", money(project.fixed_fee)]);
  if (project.rate !== undefined) facts.push(["Rate", money(project.rate)]);
  return facts;
}

function renderTasks(tasks) {
  const rows = tasks.map((task) => {
    const whole = Math.max(task.estimated_seconds, task.tracked_seconds, 1);
    const track = element(
      "div",
      { class: "track thin", "aria-hidden": "true" },
      element("i", { class: "estimate", "--size": task.estimated_seconds / whole }),
      element("i", { class: "tracked", "--size": task.tracked_seconds / whole }),
    );
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, writtenText(task.name)),
      element("td", {}, track),
      element("td", { class: "number" }, formatDuration(task.tracked_seconds)),
      element("td", { class: "number quiet" }, formatDuration(task.estimated_seconds)),
    );
  });
  const header = ["Task", "Bar", "Tracked", "Estimate"].map((text) => element("th", { scope: "col", class: text.toLowerCase() }, text));
  return element(
    "table",
    { class: "tasks" },
    element("caption", { class: "hidden" }, "Tasks with an estimate"),
    element("thead", {}, element("tr", {}, header)),
    element("tbody", {}, rows),
  );
}

function renderLegend() {
  const keys = [
    ["tracked", "tracked", true],
    ["excess", "over the estimate", projects.some((project) => project.tracked_seconds > project.estimated_seconds)],
    ["estimate", "estimate", projects.some((project) => project.estimated_seconds)],
    ["forecast", `${FORECAST_WEEKS} more weeks at this pace`, projects.some((project) => project.pace)],
  ];
  return element(
    "ul",
    { class: "legend small quiet", "aria-label": "Key" },
    keys.filter(([, , isShown]) => isShown).map(([name, text]) => element("li", {}, element("i", { class: `key ${name}` }), text)),
  );
}

connect("burn-down", showResult);
