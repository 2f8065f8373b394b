// Calls that a person makes from an app: `{ label, tool, arguments, add }`, where `add` are the fields to ask them for.

const FIELDS = {
  at: { label: "Second part begins at", placeholder: "14:00" },
  description: { label: "Description", placeholder: "What was done" },
  project: { label: "Project", placeholder: "Name or id" },
  start: { label: "Start", placeholder: "09:00" },
  stop: { label: "Stop", placeholder: "17:30" },
  tags: { label: "Tags", placeholder: "Separated by commas" },
};
const PROJECT_LIST = "project-names";

// Returns the arguments with what the person wrote; that of a new time entry goes into the entry.
function completeArguments(action, values) {
  const filled = {};
  for (const [name, value] of Object.entries(values)) {
    if (value) filled[name] = name === "tags" ? value.split(",").map((tag) => tag.trim()).filter(Boolean) : value;
  }
  if (action.tool !== "create_time_entries") return { ...action.arguments, ...filled };
  const [entry] = action.arguments.entries;
  return { ...action.arguments, entries: [{ ...entry, ...filled }] };
}

async function perform(action, args, reload) {
  announce("Waiting for the host…");
  const result = await callTool(action.tool, args);
  const change = result.change_id;
  const undo = { label: "Undo", tool: "undo", arguments: { change } };
  const canUndo = change !== undefined && action.tool !== "undo" && canCall("undo");
  // The change is made, whether or not it can be shown.
  const failure = await reload().then(() => undefined, (error) => error);
  announce(
    action.tool === "undo" ? "Undone. " : "Done. ",
    canUndo && button("Undo", () => guard(() => perform(undo, undo.arguments, reload)), { class: "plain" }),
    failure && ` What is shown is from before: ${failure.message}`,
  );
  if (change !== undefined && host.capabilities.updateModelContext !== undefined) {
    const text = `In the app of Toggl Track the person called ${action.tool}; change_id ${change}.`;
    request("ui/update-model-context", { content: [{ type: "text", text }] }).catch(() => {}); // It may be refused.
  }
}

// A button; it opens a form below itself if the person has something to add.
function actionButton(action, reload) {
  const add = action.add ?? [];
  if (!add.length) return button(action.label, () => guard(() => perform(action, action.arguments, reload)));
  const trigger = button(action.label, () => openForm(trigger, action, reload), { "aria-expanded": "false" });
  return trigger;
}

function openForm(trigger, action, reload) {
  const open = trigger.parentElement.querySelector(".form");
  open?.close();
  if (open?.trigger === trigger) return;
  const inputs = action.add.map((name) => [
    name,
    element("input", {
      type: "text",
      autocomplete: "off",
      dir: "auto",
      placeholder: FIELDS[name].placeholder,
      list: name === "project" ? PROJECT_LIST : undefined,
    }),
  ]);
  const confirm = () =>
    guard(async () => {
      const values = Object.fromEntries(inputs.map(([name, input]) => [name, input.value.trim()]));
      const [empty] = inputs.filter(([, input]) => !input.value.trim());
      if (empty && (action.tool !== "create_time_entries" || !Object.values(values).some(Boolean))) {
        empty[1].focus();
        announce(`Fill in: ${FIELDS[empty[0]].label.toLowerCase()}.`);
        return;
      }
      await perform(action, completeArguments(action, values), reload);
    });
  const form = element(
    "div",
    {
      class: "form",
      role: "group",
      "aria-label": action.label,
      // A sandbox may forbid forms, so that there is none to submit.
      keydown: (event) => {
        if (event.key === "Enter" && event.target.tagName === "INPUT") form.querySelector(".primary").click();
        if (event.key === "Escape") {
          event.stopPropagation();
          form.close();
        }
      },
    },
    inputs.map(([name, input]) => element("label", {}, element("span", {}, FIELDS[name].label), input)),
    element(
      "div",
      { class: "buttons" },
      button(action.confirm ?? action.label, confirm, { class: "primary" }),
      button("Cancel", () => form.close()),
    ),
  );
  form.trigger = trigger;
  form.close = () => {
    form.remove();
    trigger.setAttribute("aria-expanded", "false");
    trigger.focus();
  };
  trigger.setAttribute("aria-expanded", "true");
  trigger.parentElement.append(form);
  inputs[0][1].focus();
}
