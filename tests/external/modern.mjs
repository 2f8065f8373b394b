// What is tried with the TypeScript SDK 2, over whatever transport, and a few calls for either SDK.

import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/client";
import { tryContext, tryListChange, watchList } from "./context.mjs";
import { Host, step } from "./host.mjs";

/** Connects in the modern era as a person who lets a client be deleted; by HTTP, nobody is told of a change. */
export async function tryModern(transport, { canPush }) {
  const messages = [];
  const { options, waitFor } = watchList();
  const client = new Client(
    { name: "external", version: "1.0.0" },
    { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: "auto" }, ...options },
  );
  client.setRequestHandler("elicitation/create", ({ params }) => {
    messages.push(params.message);
    return { action: "accept", content: { delete: true } };
  });
  await client.connect(transport);
  await step("the era is the modern one", () => assert.equal(client.getNegotiatedProtocolVersion(), "2026-07-28"));
  await step("listChanged is advertised where the client can be told", () => {
    assert.equal(client.getServerCapabilities().resources.listChanged, canPush || undefined);
  });
  await tryContext(client);
  if (canPush) await tryListChange(client, waitFor);
  await tryCalls(new Host(client));
  await step("the person was asked", () => assert.equal(messages.length, 1));
}

/** Connects in the older era, and looks at what there is besides tools. */
export async function tryLegacy(transport) {
  const { options, waitFor } = watchList();
  const client = new Client({ name: "external", version: "1.0.0" }, { versionNegotiation: { mode: "legacy" }, ...options });
  await client.connect(transport);
  await step("the era is the older one", () => assert.equal(client.getNegotiatedProtocolVersion(), "2025-11-25"));
  await tryContext(client);
  await tryListChange(client, waitFor);
  await client.close();
}

export async function tryCalls(host) {
  const tools = await step("tools/list", () => host.tools());
  assert.ok(tools.some(({ name }) => name === "delete_client"));
  const { client } = await host.succeed("create_client", { name: "Kererū Kayaks" });
  await host.succeed("delete_client", { client: client.id });
  await host.fail("not_found", "get_client", { client: client.id });
  await host.close();
}
