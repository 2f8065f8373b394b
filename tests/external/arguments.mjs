// Calls a server in the forms of arguments.json with two clients, the TypeScript SDK and the inspector's command line:
// node arguments.mjs COMMAND [ARGUMENT...]

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Host, step, summary } from "./host.mjs";

const CASES = JSON.parse(await readFile(new URL("arguments.json", import.meta.url), "utf8"));
const INSPECTOR = fileURLToPath(new URL("node_modules/.bin/mcp-inspector", import.meta.url));
const run = promisify(execFile);

const [command, ...args] = process.argv.slice(2);

const VOLATILE = ["id", "updated_at"]; // New with each call, and with each server.

const expectations = new Map();
const host = await Host.start({ command, args });
for (const { tool, result, plain, forms, refused } of CASES) {
  const expected = outcome(await host.call(tool, plain), result);
  expectations.set(tool, expected);
  for (const form of forms) {
    await step(`${tool} ${JSON.stringify(form)}`, async () => {
      assert.equal(outcome(await host.call(tool, form), result), expected);
    });
  }
  for (const wrong of refused) {
    await step(`${tool} ${JSON.stringify(wrong)} is refused`, async () => {
      checkRefusal(await host.call(tool, { ...plain, ...wrong }), wrong);
    });
  }
}
await host.close();

// Each of its calls starts a server, so it takes one form and one refusal of a tool: ones that it sends as they are.
for (const { tool, result, plain, forms, refused } of CASES) {
  const calls = [forms.at(-1), { ...plain, ...refused[0] }];
  const [received, refusal] = await Promise.all(calls.map((form) => inspect(tool, form)));
  await step(`inspector: ${tool}`, () => {
    assert.equal(outcome(received, result), expectations.get(tool));
    checkRefusal(refusal, refused[0]);
  });
}
summary();

async function inspect(tool, form) {
  const pairs = Object.entries(form).flatMap(([name, value]) => ["--tool-arg", `${name}=${JSON.stringify(value)}`]);
  const call = ["--cli", command, ...args, "--method", "tools/call", "--tool-name", tool, ...pairs];
  // A result that is an error is an exit status, too.
  const { stdout } = await run(INSPECTOR, call).catch((error) => error);
  return JSON.parse(stdout);
}

/** Returns what a call did, as text: the field of its result, or its failure. */
function outcome({ isError = false, structuredContent, content }, field) {
  assert.equal(isError, field === undefined, content[0].text);
  if (isError) return content[0].text;
  return JSON.stringify(structuredContent[field], (key, value) => (VOLATILE.includes(key) ? undefined : value));
}

function checkRefusal({ isError, content }, wrong) {
  const [argument] = Object.keys(wrong);
  assert.equal(isError, true);
  const { code, message } = JSON.parse(content[0].text);
  assert.equal(code, "invalid_arguments");
  assert.match(message, new RegExp(`^${argument}(\\[0\\][.\\w]*)?: `));
}
