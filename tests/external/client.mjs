// Drives a server over stdio with both TypeScript SDKs, the first at length: node client.mjs COMMAND [ARGUMENT...]
// The command must serve the sandbox, whose first workspace has a paid plan and whose second one has not.

import assert from "node:assert/strict";
import { StdioClientTransport as ModernTransport } from "@modelcontextprotocol/client/stdio";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { tryContext, tryListChange, watchList } from "./context.mjs";
import { Host, step, summary } from "./host.mjs";
import { tryLegacy, tryModern } from "./modern.mjs";

const HINTS = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];
const UNPORTABLE = ["$ref", "$defs", "anyOf", "oneOf", "allOf", "not"];
const MISSING = 999_999_999;

const [command, ...args] = process.argv.slice(2);
const server = { command, args };

await tryTools();
await tryQuestions();
await tryResources();
await step("SDK 2 connects", () => tryModern(new ModernTransport(server), { canPush: true }));
await step("SDK 2 connects in the older era", () => tryLegacy(new ModernTransport(server)));
summary();

async function tryTools() {
  const host = await Host.start(server);
  const tools = await step("tools/list", () => host.tools());
  for (const tool of tools) await step(`${tool.name} is described`, () => checkTool(tool));
  const free = await tryAccount(host);
  await tryReading(host);
  await tryOneClient(host, free);
  await tryOneProject(host);
  await tryOneTag(host);
  await tryTime(host);
  await tryMistakes(host);
  await step("every tool was called", () => assert.deepEqual([...host.called].sort(), tools.map(nameOf).sort()));
  await host.close();
}

/** Reads what there is besides tools, and is told of a change. */
async function tryResources() {
  const { options, waitFor } = watchList();
  const { client } = await Host.start(server, { options });
  await tryContext(client);
  await tryListChange(client, waitFor);
  await step("resources/subscribe", async () => {
    const uri = "toggl://changes";
    const told = new Promise((resolve) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => resolve(params.uri));
    });
    await client.subscribeResource({ uri });
    await client.callTool({ name: "create_tag", arguments: { name: "by sail" } });
    assert.equal(await told, uri);
  });
  await client.close();
}

function checkTool(tool) {
  assert.match(tool.name, /^[a-z]+(_[a-z]+)*$/);
  assert.match(tool.title, /\S/);
  assert.match(tool.description, /\S/);
  for (const hint of HINTS) assert.equal(typeof tool.annotations[hint], "boolean", hint);
  assert.equal(tool.outputSchema.type, "object");
  assert.equal(tool.inputSchema.type, "object");
  assert.equal(tool.inputSchema.additionalProperties, false);
  for (const field of Object.values(tool.inputSchema.properties)) {
    assert.equal(typeof field.type, "string");
    assert.match(field.description, /\S/);
  }
  checkFlat(tool.inputSchema);
}

function checkFlat(node) {
  assert.notEqual(node, null);
  assert.notEqual(node, "null");
  if (typeof node !== "object") return;
  for (const key of UNPORTABLE) assert.ok(!(key in node), key);
  Object.values(node).forEach(checkFlat);
}

/** Returns the id of a workspace on the free plan. */
async function tryAccount(host) {
  const { workspaces } = await host.succeed("get_account", {}, (account) => {
    assert.equal(account.workspaces.filter((workspace) => workspace.default).length, 1);
  });
  await host.succeed("get_account", { refresh: true }, (account) => assert.equal(account.source, "toggl"));
  return workspaces.find((workspace) => workspace.plan === "free").id;
}

async function tryReading(host) {
  const all = await host.succeed("list_clients", { status: "both" }, (page) => {
    assert.equal(page.clients.length, page.total);
    assert.equal(page.remaining, 0);
  });
  const ids = [];
  const page = { status: "both", limit: 3 };
  do {
    const { next_cursor } = await host.succeed("list_clients", page, ({ clients, remaining, total }) => {
      ids.push(...clients.map(idOf));
      assert.equal(remaining, total - ids.length);
    });
    page.cursor = next_cursor;
  } while (page.cursor);
  await step("the pages make the list", () => assert.deepEqual(ids, all.clients.map(idOf)));
  await host.succeed("list_clients", { status: "archived" }, ({ clients }) => assert.ok(clients.every(archived)));
  await host.succeed("list_clients", { name: "zz" }, ({ clients }) => assert.deepEqual(clients, []));
}

async function tryOneClient(host, free) {
  const created = await host.succeed("create_client", { name: "Kererū Kayaks", notes: "Met at the regatta" });
  const it = { client: created.client.id };
  const same = ({ client }) => assert.deepEqual(client, created.client);
  await host.succeed("get_client", it, same);
  await host.succeed("get_client", { client: "KERERŪ kayaks" }, same);
  await host.succeed("get_client", { ...it, refresh: true }, ({ source }) => assert.equal(source, "toggl"));
  await host.succeed("list_clients", { name: "rerū k" }, ({ clients }) => assert.deepEqual(clients, [created.client]));
  await host.fail("duplicate_name", "create_client", { name: "Kererū Kayaks" });
  await host.succeed("edit_client", { ...it, name: "Kererū Canoes" }, ({ client }) => {
    assert.equal(client.name, "Kererū Canoes");
    assert.equal(client.notes, created.client.notes);
  });
  await host.succeed("edit_client", { ...it, archived: true }, ({ client }) => assert.ok(archived(client)));
  await host.succeed("get_client", it, ({ client }) => assert.ok(archived(client)));
  await host.succeed("edit_client", { ...it, archived: false }, ({ client }) => assert.ok(!archived(client)));
  await host.succeed("delete_client", it, (gone) => assert.equal(gone.deleted_client_id, it.client));
  await host.fail("not_found", "get_client", it);
  const other = await host.succeed("create_client", { name: "Kererū Kayaks", workspace: free });
  const reference = { client: other.client.id, workspace: free };
  await host.fail("plan_required", "edit_client", { ...reference, archived: true });
  await host.succeed("delete_client", reference);
}

async function tryOneProject(host) {
  const { client } = await host.succeed("create_client", { name: "Kererū Kayaks" });
  const created = await host.succeed("create_project", { name: "Paddles", client: "KERERŪ kayaks", color: "#2da608" });
  const it = { project: created.project.id };
  await host.succeed("get_project", { project: "paddles" }, ({ project }) => assert.deepEqual(project, created.project));
  await host.succeed("list_projects", { client: client.id }, ({ total }) => assert.equal(total, 1));
  await host.succeed("edit_project", { ...it, estimated_hours: 40, rate: 90 }, ({ project }) => assert.equal(project.rate, 90));
  await host.succeed("project_status", it, ({ projects: [status] }) => assert.equal(status.remaining_seconds, 40 * 3600));
  await host.succeed("list_tasks", it, ({ tasks }) => assert.deepEqual(tasks, []));
  await host.succeed("edit_project", { ...it, active: false }, ({ project }) => assert.ok(!project.active));
  await host.fail("not_found", "create_project", { name: "Sails", client: "Kereru Canoes" });
  await host.fail("invalid_arguments", "create_project", { name: "Sails", color: "green" });
  await host.succeed("delete_project", it);
  await host.fail("not_found", "get_project", it);
  await host.succeed("delete_client", { client: client.id });
}

async function tryOneTag(host) {
  const created = await host.succeed("create_tag", { name: "by boat" });
  const it = { tag: created.tag.id };
  await host.succeed("list_tags", { name: "BOAT" }, ({ tags }) => assert.deepEqual(tags, [created.tag]));
  await host.succeed("edit_tag", { ...it, name: "by kayak" }, ({ tag }) => assert.equal(tag.name, "by kayak"));
  await host.fail("duplicate_name", "create_tag", { name: "by kayak" });
  const other = await host.succeed("create_tag", { name: "by canoe" });
  await host.succeed("edit_tag", { tag: "by canoe", merge_into: "by kayak" }, (merged) => {
    assert.equal(merged.deleted_tag_id, other.tag.id);
  });
  await host.succeed("delete_tag", it);
  await host.succeed("undo", {}, ({ complete, rows }) => assert.ok(complete && rows[0].new_id));
  await host.succeed("delete_tag", { tag: "by kayak" });
}

async function tryTime(host) {
  const work = { project: "Web shop", tags: ["design"] };
  const started = await host.succeed("start_timer", { ...work, description: "Cut the bread" }, ({ entry, stopped_entry: stopped }) => {
    assert.equal(entry.client, "Aroha Bakery");
    assert.ok(stopped.id);
  });
  await host.succeed("get_timer", {}, ({ running, entry }) => {
    assert.ok(running);
    assert.equal(entry.id, started.entry.id);
  });
  await host.succeed("stop_timer", {}, ({ entry }) => assert.equal(entry.id, started.entry.id));
  await host.fail("not_found", "stop_timer", {});
  await host.fail("not_found", "start_timer", { project: "Web shopp" });
  const day = new Date(Date.now() - 400 * 86_400_000).toISOString().slice(0, 10);
  const early = { start: `${day}T05:00`, duration: 1800, ...work };
  const logged = { entries: [early, { ...early, start: `${day}T06:00` }], on_overlap: "allow" };
  await host.succeed("create_time_entries", logged, ({ entries }) => {
    assert.deepEqual(entries.map(({ seconds, status }) => [seconds, status]), Array(2).fill([1800, "created"]));
  });
  await host.succeed("create_time_entries", logged, ({ entries }) => {
    assert.ok(entries.every(({ status }) => status === "already_there"));
  });
  const night = { entries: { start: "yesterday 3am", duration: "30m" }, on_overlap: "allow" };
  const { entries: [{ id: entry }] } = await host.succeed("create_time_entries", night);
  const halves = { entry, at: "yesterday 03:10", second: { description: "Slice the bread" } };
  await host.succeed("split_time_entry", halves, ({ entries }) => {
    assert.deepEqual(entries.map(({ seconds }) => seconds), [600, 1200]);
  });
  const page = { period: "last_30_days", limit: 200 };
  const { entries } = await host.succeed("list_time_entries", page, ({ entries, groups, total, remaining }) => {
    assert.equal(entries.length + remaining, total);
    const groupIds = new Set(groups.map(({ group }) => group));
    assert.ok(entries.every(({ group }) => groupIds.has(group)));
  });
  const two = { ids: entries.slice(1, 3).map(idOf) };
  await host.succeed("edit_time_entries", { ...two, description: "Moved" }, (done) => {
    assert.deepEqual(done.edited_ids.sort(), two.ids.sort());
  });
  await host.succeed("summarize_time", { ...{ period: "this_month" }, group_by: ["client", "day"] }, (summary) => {
    const parts = summary.groups.map(({ seconds }) => seconds).reduce((one, other) => one + other, 0);
    if (!summary.remaining) assert.equal(parts, summary.total.seconds);
    assert.ok(summary.complete);
  });
  await host.succeed("review_time", { period: "last 14 days", expected: 8 }, ({ counts, findings, remaining }) => {
    // What entries lack is counted by entry, not by finding.
    const size = ({ kind, ids }) => (kind.startsWith("no_") ? ids.length : 1);
    const shown = findings.map(size).reduce((one, other) => one + other, 0);
    const total = Object.values(counts).reduce((one, other) => one + other, 0);
    assert.ok(remaining ? shown < total : shown === total);
    assert.ok(findings.every(({ fix }) => fix === undefined || "tool" in fix));
  });
  const csv = { client: "Evening Pottery", period: "last 90 days", rates: [{ amount: 60, currency: "NZD" }], format: "csv" };
  await host.succeed("prepare_statement", csv, (statement) => assert.match(statement.csv, /^project,hours,/));
  await host.succeed("delete_time_entries", two, (gone) => assert.deepEqual(gone.deleted_ids.sort(), two.ids.sort()));
  await host.fail("not_found", "delete_time_entries", two);
}

async function tryMistakes(host) {
  for (const tool of ["get_client", "delete_client"]) {
    await host.fail("not_found", tool, { client: MISSING });
  }
  await host.fail("not_found", "edit_client", { client: MISSING, name: "Nobody" });
  await host.fail("not_found", "get_client", { client: "Nobody" });
  const { next_cursor } = await host.succeed("list_clients", { limit: 1 });
  const { clients } = await host.succeed("list_clients", { limit: "1", refresh: "false", workspace: "", name: null });
  for (const client of [`${clients[0].id}`, clients[0].id]) {
    await host.succeed("get_client", { client, name: "", toolCallId: "call_1", sessionId: "s" });
  }
  for (const [tool, wrong] of [
    ["create_client", {}],
    ["create_client", { name: " " }],
    ["create_client", { name: "Colourful", colour: "red" }],
    ["create_client", { name: "x".repeat(256) }],
    ["get_client", {}],
    ["get_client", { client: 7, name: "Both" }],
    ["edit_client", { client: 7 }],
    ["edit_client", { client: 7, status: "archived" }],
    ["list_clients", { limit: 0 }],
    ["list_clients", { cursor: "made up" }],
    ["list_clients", { cursor: next_cursor, status: "both" }],
    ["delete_client", { client: true }],
    ["edit_client", { client: 7, archived: true, name: "Both" }],
    ["edit_client", { client: 7, restore_projects: "perhaps" }],
    ["get_account", { refresh: 2 }],
    ["create_time_entries", { entries: [{ start: "nine", duration: 60 }] }],
    ["create_time_entries", { entries: [{ start: "2026-11-24T09:00" }] }],
    ["edit_time_entries", { ids: [] }],
    ["delete_time_entries", { ids: Array(101).fill(7) }],
    ["list_time_entries", { period: "fortnight" }],
    ["summarize_time", { group_by: ["colour"] }],
    ["review_time", { work_hours: "17-9" }],
  ]) {
    await host.fail("invalid_arguments", tool, wrong);
  }
}

/** Deletes a client with a host that can ask: first the person says no, then yes. */
async function tryQuestions() {
  const messages = [];
  let answer = { action: "decline" };
  const host = await Host.start(server, { answer: ({ message }) => (messages.push(message), answer) });
  await step("tools/list, with a host that can ask", () => host.tools());
  const { client } = await host.succeed("create_client", { name: "Kererū Kayaks" });
  await host.fail("declined", "delete_client", { client: client.id });
  await host.succeed("get_client", { client: client.id });
  answer = { action: "accept", content: { delete: true } };
  await host.succeed("delete_client", { client: client.id });
  await host.fail("not_found", "get_client", { client: client.id });
  await step("the person was asked both times", () => {
    assert.equal(messages.length, 2);
    assert.ok(messages.every((message) => message.includes(client.name)));
  });
  await host.close();
}

function nameOf({ name }) {
  return name;
}

function idOf({ id }) {
  return id;
}

function archived(client) {
  return client.archived;
}
