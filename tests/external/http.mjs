// Drives a server over HTTP with both TypeScript SDKs: node http.mjs COMMAND
// The command is started with `http --sandbox`, at a free port.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Host, step, summary } from "./host.mjs";

const NAME = { name: "external", version: "1.0.0" };

const server = spawn(process.argv[2], ["http", "--sandbox", "--port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
try {
  const url = await readAddress();
  await step("SDK 1 connects", () => tryLegacy(url));
  await step("SDK 2 connects", () => tryModern(url));
  await step("SIGTERM ends the server", () => stop(url));
} finally {
  server.kill("SIGKILL");
}
summary();

async function readAddress() {
  for await (const line of createInterface({ input: server.stderr })) {
    const match = line.match(/listening at (\S+)/);
    if (match) return new URL(match[1]);
  }
  throw new Error("the server ended before it listened");
}

async function stop(url) {
  const status = new Promise((resolve) => server.once("exit", resolve));
  server.kill();
  while ((await fetch(new URL("/ready", url))).ok);
  server.kill(); // No load balancer is to be waited for.
  assert.equal(await status, 0);
}

async function tryLegacy(url) {
  const client = new Client(NAME);
  await client.connect(new StreamableHTTPClientTransport(url));
  await tryClient(new Host(client));
}

async function tryModern(url) {
  const messages = [];
  const client = new ModernClient(NAME, { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: "auto" } });
  client.setRequestHandler("elicitation/create", ({ params }) => {
    messages.push(params.message);
    return { action: "accept", content: { delete: true } };
  });
  await client.connect(new ModernTransport(url));
  await step("the era is the modern one", () => assert.equal(client.getNegotiatedProtocolVersion(), "2026-07-28"));
  await tryClient(new Host(client));
  await step("the person was asked", () => assert.equal(messages.length, 1));
}

async function tryClient(host) {
  const tools = await step("tools/list", () => host.tools());
  assert.ok(tools.some(({ name }) => name === "delete_client"));
  const { client } = await host.succeed("create_client", { name: "Kererū Kayaks" });
  await host.succeed("delete_client", { client: client.id });
  await host.fail("not_found", "get_client", { client: client.id });
  await host.close();
}
