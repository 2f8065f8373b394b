// Elements of the page. Text is only ever set as text: names and descriptions are written by others.

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("--")) node.style.setProperty(key, value);
    else if (typeof value === "function") node.addEventListener(key, value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// What others have written may run from right to left.
function writtenText(text, attributes = {}) {
  return element("bdi", attributes, text);
}

// Several beside each other, which keep their order, whatever the direction of each.
function writtenTexts(texts, attributes = {}) {
  return element("span", attributes, texts.filter(Boolean).flatMap((text, number) => [number > 0 && " · ", writtenText(text)]));
}

function hiddenText(text) {
  return element("span", { class: "hidden" }, text);
}

// A second click counts when the first one is done: a double click makes no change twice.
function button(label, onClick, attributes = {}) {
  let isRunning = false;
  const click = async (event) => {
    if (isRunning) return;
    isRunning = true;
    await onClick(event);
    isRunning = false;
  };
  return element("button", { type: "button", click, ...attributes }, label);
}

const app = document.getElementById("app");
const status = document.getElementById("status");

function announce(...children) {
  const hadFocus = status.contains(document.activeElement);
  status.className = "";
  status.replaceChildren(...children.filter(Boolean));
  if (hadFocus) status.focus();
}

// Draws the app anew. The keyboard stays where it was, if that is still there; the result is whether it had to leave.
function draw(...children) {
  const { activeElement } = document;
  const hadFocus = app.contains(activeElement);
  const nameOf = (node) => node.ariaLabel ?? node.textContent;
  app.replaceChildren(...children);
  app.removeAttribute("aria-busy");
  if (!hadFocus) return false;
  const same = [...app.querySelectorAll("button")].find((node) => nameOf(node) === nameOf(activeElement));
  same?.focus();
  return same === undefined;
}

function showFailure(error) {
  announce(error.message);
  status.className = "failure";
  app.removeAttribute("aria-busy");
  if (app.querySelector("h1") === null) app.replaceChildren(element("h1", { class: "hidden" }, document.title));
}

async function guard(action) {
  try {
    return await action();
  } catch (error) {
    const isOfCode = error instanceof TypeError || error instanceof RangeError;
    showFailure(isOfCode ? new Error("This result has another form than the app can show.") : error);
    return undefined;
  }
}

// Colours of projects: the same one for the same name, in the order in which they are first shown.
const hues = new Map();

function hueClass(name) {
  if (name === undefined || name.startsWith("(no ")) return "hue-none";
  if (!hues.has(name)) hues.set(name, hues.size % 10);
  return `hue-${hues.get(name)}`;
}
