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

function hiddenText(text) {
  return element("span", { class: "hidden" }, text);
}

function button(label, onClick, attributes = {}) {
  return element("button", { type: "button", click: onClick, ...attributes }, label);
}

const app = document.getElementById("app");
const status = document.getElementById("status");

function announce(...children) {
  status.className = "";
  status.replaceChildren(...children);
}

function showFailure(error) {
  announce(error.message);
  status.className = "failure";
  app.removeAttribute("aria-busy");
  if (app.querySelector("h1") === null) app.replaceChildren();
}

async function guard(action) {
  try {
    return await action();
  } catch (error) {
    showFailure(error);
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
