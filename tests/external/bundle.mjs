// Starts a packed bundle as a host would, without a token: node bundle.mjs FILE
// First from an empty home; then unpacked anew, without a network, in a home that has uv's cache.

import assert from "node:assert/strict";
import { access, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getMcpConfigForManifest, unpackExtension } from "@anthropic-ai/mcpb";
import { Host, step, summary } from "./host.mjs";

const FIRST_START = 240_000; // It downloads what the server needs.

const folder = await mkdtemp(join(tmpdir(), "bundle-"));
try {
  const first = await unpacked("first");
  await start("first", first);
  await checkPins(first);
  await checkPictures(first);
  await start("offline", await unpacked("offline", { UV_OFFLINE: "1" }));
} finally {
  await rm(folder, { recursive: true });
}
summary();

/** Returns the folder, the manifest, and the command that a host makes of it. */
async function unpacked(name, settings = {}) {
  const extensionPath = join(folder, name);
  const mcpbPath = process.argv[2];
  await step("unpack", async () => assert.ok(await unpackExtension({ mcpbPath, outputDir: extensionPath, silent: true })));
  const manifest = JSON.parse(await readFile(join(extensionPath, "manifest.json"), "utf8"));
  const userConfig = { api_token: " " }; // A host does not start a server whose required options are empty.
  const config = await getMcpConfigForManifest({ manifest, extensionPath, systemDirs: {}, userConfig, pathSeparator: "/" });
  return { extensionPath, manifest, server: { ...config, env: { ...bareEnvironment(), ...config.env, ...settings } } };
}

/** Checks that the pictures that the manifest names are in the bundle. */
async function checkPictures({ extensionPath, manifest }) {
  await step("the pictures are in the bundle", () => {
    assert.ok(manifest.screenshots.length);
    return Promise.all([manifest.icon, ...manifest.screenshots].map((path) => access(join(extensionPath, path))));
  });
}

/** Checks that every package that was installed has the version that the bundle names, and that it names no address. */
async function checkPins({ extensionPath, manifest }) {
  await step("every package has the version that was tested", async () => {
    const project = await readFile(join(extensionPath, "pyproject.toml"), "utf8");
    const pins = project.match(/^constraint-dependencies = \[\n(.*?)^\]/ms)[1];
    assert.doesNotMatch(pins, /:\/\//);
    const files = await readdir(join(extensionPath, ".venv"), { recursive: true });
    const packages = files.map((file) => file.match(/site-packages.([^/\\]+)-([^-]+)\.dist-info$/)).filter(Boolean);
    assert.ok(packages.length > 20);
    for (const [, name, version] of packages) {
      const pin = `"${name.replaceAll("_", "-").toLowerCase()}==${version}`;
      assert.ok(pins.includes(pin) || `${name}-${version}` === `${manifest.name.replaceAll("-", "_")}-${manifest.version}`, pin);
    }
  });
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
  await step("the app of a week is in the bundle", async () => {
    const { contents } = await host.client.readResource({ uri: "ui://week" });
    assert.match(contents[0].text, /^<!doctype html>/);
  });
  console.log(`        ${((performance.now() - began) / 1000).toFixed(1)} s from spawn to tools/list`);
  await host.fail("no_token", "get_account");
  await host.close();
}
