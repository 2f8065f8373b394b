// MCP Apps: JSON-RPC with the host by postMessage. The host asks the person, and calls the tools.

const host = { capabilities: {} };
const pendingRequests = new Map();
let lastId = 0;

function send(message) {
  // The document has an origin of its own and cannot name the host's. No secret is ever sent.
  window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

function request(method, params) {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    pendingRequests.set(id, { resolve, reject });
    send({ id, method, params });
  });
}

function settleRequest({ id, result, error }) {
  const pending = pendingRequests.get(id);
  pendingRequests.delete(id);
  if (error) pending?.reject(new Error(error.message || "The host refused the request."));
  else pending?.resolve(result);
}

function respond({ id, method }) {
  const isSupported = method === "ping" || method === "ui/resource-teardown";
  send(isSupported ? { id, result: {} } : { id, error: { code: -32601, message: `No method ${method}` } });
}

// A tool's text has the same data as its structured content, which some hosts keep to themselves.
function readResult(result) {
  const text = result.content?.find((part) => part.type === "text")?.text ?? "";
  let data = result.structuredContent;
  try {
    data ??= JSON.parse(text);
  } catch {
    throw new Error(text || "The tool returned nothing to show.");
  }
  if (result.isError) throw new Error(data.message ?? text);
  return data;
}

async function callTool(name, args) {
  return readResult(await request("tools/call", { name, arguments: args }));
}

// The arguments of tools that read time entries, which say what these are about.
const ENTRY_FILTERS = [
  ...["workspace", "client", "project", "task", "tag", "tag_match", "missing", "longer_than", "billable", "description"],
  "user",
];

function pickArguments(input, names) {
  return Object.fromEntries(Object.entries(input).filter(([name]) => names.includes(name)));
}

// A tool that the server has not enabled, such as one that changes something under --read-only, is not offered.
function canCall(tool) {
  return host.capabilities.serverTools !== undefined && TOOLS.includes(tool);
}

function applyContext(changes) {
  const root = document.documentElement;
  if (changes.theme === "light" || changes.theme === "dark") root.style.colorScheme = changes.theme;
  for (const [name, value] of Object.entries(changes.styles?.variables ?? {})) {
    const isThemeVariable = /^--(color|font|border|shadow)-[a-z0-9-]+$/.test(name);
    if (isThemeVariable && typeof value === "string") root.style.setProperty(name, value);
  }
}

function reportSize() {
  const { width, height } = document.documentElement.getBoundingClientRect();
  send({ method: "ui/notifications/size-changed", params: { width: Math.ceil(width), height: Math.ceil(height) } });
}

// Shows the result of the tool call that the app stands for; `show` gets its data and the call's arguments.
function connect(name, show) {
  let input = {};
  const notifications = {
    "ui/notifications/tool-input": (params) => (input = params.arguments ?? {}),
    "ui/notifications/tool-result": (params) => guard(() => show(readResult(params), input)),
    "ui/notifications/tool-cancelled": () => showFailure(new Error("The call was cancelled. Ask again to see it.")),
    "ui/notifications/host-context-changed": applyContext,
  };
  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.jsonrpc !== "2.0") return;
    if (data.method === undefined) settleRequest(data);
    else if (data.id !== undefined) respond(data);
    else notifications[data.method]?.(data.params ?? {});
  });
  guard(async () => {
    const result = await request("ui/initialize", {
      protocolVersion: "2026-01-26",
      appInfo: { name: `toggl-${name}`, version: "1.0.0" },
      appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    });
    host.capabilities = result?.hostCapabilities ?? {};
    applyContext(result?.hostContext ?? {});
    send({ method: "ui/notifications/initialized" });
    new ResizeObserver(reportSize).observe(document.documentElement);
  });
}
