// Vercel's AI SDK with its own MCP client: node --test vercel.test.mjs, with TOGGL_MCP_BIN the folder of our commands.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { createMCPClient } from "@ai-sdk/mcp";
import { MockLanguageModelV4 } from "ai/test";
import { ask } from "./vercel_recipe.mjs";

const BIN = process.env.TOGGL_MCP_BIN;
const TOKEN = "5a4db0c5a4db0c5a4db0c5a4db0c5a4d";
const ENTRY = { start: "yesterday 05:00", duration: "1h", description: "Ferry plan" };
const CREATION = ["create_time_entries", { entries: [ENTRY] }];
const STRICT_ENTRY = { ...ENTRY, stop: null, project: "", task: null, tags: null, billable: null, like: "" };
const STRICT_CREATION = ["create_time_entries", { entries: [STRICT_ENTRY], on_overlap: null, dry_run: null, workspace: "" }];

for (const transport of ["stdio", "http"]) {
  test(`the agent reads and creates once over ${transport}`, () => withToggl(transport, 0, async (url, count) => {
    const model = script([["get_timer", {}], CREATION]);
    const result = await ask(model, "Log an hour for the ferry plan.", url);
    const [timer, creation] = outputs(result);
    assert.ok("now" in timer.structuredContent);
    assert.deepEqual(JSON.parse(creation.content[0].text), creation.structuredContent);
    assert.equal(creation.structuredContent.entries[0].status, "created");
    assert.equal(result.text, "Done.");
    assert.equal(model.doGenerateCalls[0].tools.length === 3, !url);
    assert.equal(await count(), 1);
  }));

  test(`the same call twice creates once over ${transport}`, () => withToggl(transport, 0, async (url, count) => {
    const [, again] = outputs(await ask(script([CREATION, CREATION]), "Log it.", url));
    assert.equal(again.structuredContent.entries[0].status, "already_there");
    assert.equal(await count(), 1);
  }));

  test(`null and empty arguments count as absent over ${transport}`, () => withToggl(transport, 0, async (url, count) => {
    const [creation] = outputs(await ask(script([STRICT_CREATION]), "Log it.", url));
    assert.equal(creation.structuredContent.entries[0].status, "created");
    assert.equal(await count(), 1);
  }));

  test(`a failure reaches the model as text over ${transport}`, () => withToggl(transport, 0, async (url, count) => {
    const [failure] = outputs(await ask(script([["create_time_entries", { entries: [{ project: "No" }] }]]), "Log it.", url));
    assert.ok(failure.isError);
    assert.ok("code" in JSON.parse(failure.content[0].text));
    assert.equal(await count(), 0);
  }));
}

test("a call that is repeated after a timeout creates once", () => withToggl("http", 8, async (url, count) => {
  const client = await createMCPClient({ transport: { type: "http", url, headers: { Authorization: `Bearer ${TOKEN}` } } });
  const { create_time_entries: tool } = await client.tools();
  const call = (abortSignal) => tool.execute(CREATION[1], { toolCallId: "1", messages: [], abortSignal });
  await assert.rejects(call(AbortSignal.timeout(5000)));
  const again = await call();
  assert.equal(again.structuredContent.entries[0].status, "already_there");
  assert.equal(await count(), 1);
  await client.close();
}));

// A model that calls tools as a script says.
function script(calls) {
  const steps = [...calls.entries()];
  const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const step = steps.shift();
      if (!step) return { content: [{ type: "text", text: "Done." }], finishReason: { unified: "stop" }, usage, warnings: [] };
      const [number, [toolName, input]] = step;
      const call = { type: "tool-call", toolCallId: `call-${number}`, toolName, input: JSON.stringify(input) };
      return { content: [call], finishReason: { unified: "tool-calls" }, usage, warnings: [] };
    },
  });
}

function outputs(result) {
  return result.steps.flatMap((step) => step.toolResults.map(({ output }) => output));
}

async function withToggl(transport, slowSeconds, check) {
  const toggl = spawn(`${BIN}/python`, ["-m", "tests.agents.toggl"], {
    cwd: new URL("../..", import.meta.url),
    env: { ...process.env, TOGGL_SLOW_SECONDS: slowSeconds },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let server;
  try {
    const address = await readLine(toggl.stdout, /(.+)/);
    Object.assign(process.env, { TOGGL_API_TOKEN: TOKEN, TOGGL_API_URL: address, TOGGL_MCP_CACHE: "memory" });
    if (!process.env.PATH.startsWith(BIN)) process.env.PATH = `${BIN}:${process.env.PATH}`;
    if (transport === "http") server = spawn("toggl-mcp", ["http", "--bring-your-own-token", "--port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
    await check(server && (await readLine(server.stderr, /listening at (\S+)/)), async () => {
      const authorization = `Basic ${Buffer.from(`${TOKEN}:api_token`).toString("base64")}`;
      const response = await fetch(`${address}/me/time_entries`, { headers: { authorization } });
      return (await response.json()).filter((row) => row.description === ENTRY.description).length;
    });
  } finally {
    server?.kill("SIGKILL");
    toggl.kill("SIGKILL");
  }
}

async function readLine(stream, pattern) {
  for await (const line of createInterface({ input: stream })) {
    const match = line.match(pattern);
    if (match) return match[1];
  }
  throw new Error("the process ended before it listened");
}
