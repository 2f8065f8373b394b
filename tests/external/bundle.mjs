// Starts a packed bundle as a host would, from an empty home and without a token: node bundle.mjs FILE

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getMcpConfigForManifest, unpackExtension } from "@anthropic-ai/mcpb";
import { Host, step, summary } from "./host.mjs";

const FIRST_START = 240_000; // It downloads what the server needs.

const folder = await mkdtemp(join(tmpdir(), "bundle-"));
try {
  const bundle = await unpacked(process.argv[2]);
  await start("first", bundle);
  await start("second", bundle);
} finally {
  await rm(folder, { recursive: true });
}
summary();

/** Returns the manifest, and the command that a host makes of it. */
async function unpacked(mcpbPath) {
  const extensionPath = join(folder, "unpacked");
  await step("unpack", async () => assert.ok(await unpackExtension({ mcpbPath, outputDir: extensionPath, silent: true })));
  const manifest = JSON.parse(await readFile(join(extensionPath, "manifest.json"), "utf8"));
  const userConfig = { api_token: " " }; // A host does not start a server whose required options are empty.
  const config = await getMcpConfigForManifest({ manifest, extensionPath, systemDirs: {}, userConfig, pathSeparator: "/" });
  return { manifest, server: { ...config, env: { ...bareEnvironment(), ...config.env } } };
}

/** Returns this environment with an empty home. */
function bareEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("XDG_"));
  return { ...Object.fromEntries(kept), HOME: join(folder, "home") };
}

async function start(which, { manifest, server }) {
  const began = performance.now();
  const host = await step(`${which} start`, () => Host.start(server, { timeout: FIRST_START }));
  await step("tools/list is the manifest's", async () => {
    assert.deepEqual((await host.tools()).map(({ name }) => name), manifest.tools.map(({ name }) => name));
  });
  console.log(`        ${((performance.now() - began) / 1000).toFixed(1)} s from spawn to tools/list`);
  await host.fail("no_token", "get_account");
  await host.close();
}
