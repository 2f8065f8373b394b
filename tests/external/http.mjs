// Drives a server over HTTP with both TypeScript SDKs: node http.mjs COMMAND
// The command is started with `http --sandbox`, at a free port.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { tryContext } from "./context.mjs";
import { Host, step, summary } from "./host.mjs";
import { tryCalls, tryModern } from "./modern.mjs";

const server = spawn(process.argv[2], ["http", "--sandbox", "--port", "0"], { stdio: ["ignore", "ignore", "pipe"] });
try {
  const url = await readAddress();
  await step("SDK 1 connects", () => tryLegacy(url));
  await step("SDK 2 connects", () => tryModern(new ModernTransport(url), { canPush: false }));
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
  const client = new Client({ name: "external", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(url));
  await tryContext(client);
  await tryCalls(new Host(client));
}
