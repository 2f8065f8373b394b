// What besides tools either TypeScript SDK has to find: every resource, prompt and completion, over whatever transport.

import assert from "node:assert/strict";
import { EventEmitter, on } from "node:events";
import { step } from "./host.mjs";

const VALUES = { date: "today", id: "Web%20shop" };
const GIVEN = { client: "Aroha Bakery", text: "Wed 9:00-10:00 Labels" };
const PARTS = {
  client: ["AROHA", "Aroha Bakery"],
  id: ["web", "Web shop"],
  period: ["last w", "last week"],
  "toggl://day/{date}": ["tod", "today"],
  "toggl://week/{date}": ["this", "this_week"],
};
const UNLISTED = ["expected", "rounding", "text"]; // Numbers and sentences, not names.

/** Reads every resource, gets every prompt, and completes every argument; reading again costs no request to Toggl. */
export async function tryContext(client) {
  const { resources } = await step("resources/list", () => client.listResources());
  const { resourceTemplates } = await step("resources/templates/list", () => client.listResourceTemplates());
  const ofTemplates = resourceTemplates.map(({ uriTemplate }) => uriTemplate.replace(/\{(\w+)\}/, (_, name) => VALUES[name]));
  const uris = [...new Set([...resources.map(({ uri }) => uri), ...ofTemplates])];
  for (const uri of uris) {
    await step(`resources/read ${uri}`, () => read(client, uri));
    await step(`resources/read ${uri} again costs no request`, async () => {
      assert.notEqual((await read(client, uri)).source, "toggl");
    });
  }
  await step("resources/list has the projects that are cached", async () => {
    const { resources: currentResources } = await client.listResources();
    const { uri, description } = currentResources.find(({ title }) => title === "Web shop");
    assert.match(description, /^Client: Aroha Bakery\. Workspace: Harbour Studio\./);
    const { projects } = await read(client, uri);
    assert.deepEqual(projects.map(({ name }) => name), ["Web shop"]);
  });
  await step("resources/read of nothing fails", () => assert.rejects(client.readResource({ uri: "toggl://day/soon" }), /today/));
  const { prompts } = await step("prompts/list", () => client.listPrompts());
  for (const { name, arguments: taken } of prompts) {
    await step(`prompts/get ${name}`, async () => {
      const required = taken.filter((argument) => argument.required).map((argument) => [argument.name, GIVEN[argument.name]]);
      const { messages } = await client.getPrompt({ name, arguments: Object.fromEntries(required) });
      assert.match(messages[0].content.text, /^1\. `\w+ \{.*\}`: /m);
    });
    for (const argument of taken) await complete(client, { type: "ref/prompt", name }, argument.name, argument.name);
  }
  for (const { uriTemplate } of resourceTemplates) {
    const [, argument] = uriTemplate.match(/\{(\w+)\}/);
    await complete(client, { type: "ref/resource", uri: uriTemplate }, argument, argument === "date" ? uriTemplate : argument);
  }
}

/** Returns the options of a client that is told of changes of the list of resources, and what waits for one to be in it. */
export function watchList() {
  const events = new EventEmitter();
  const onChanged = (error, resources) => events.emit("list", error ?? resources);
  const waitFor = async (title) => {
    for await (const [resources] of on(events, "list")) {
      if (resources.some((resource) => resource.title === title)) return;
    }
  };
  return { options: { listChanged: { resources: { onChanged } } }, waitFor };
}

/** Creates a project, and is told of the new list, which the SDK has read by then. */
export async function tryListChange(client, waitFor) {
  await step("resources/list_changed", async () => {
    const listChange = waitFor("Paddles");
    await client.callTool({ name: "create_project", arguments: { name: "Paddles" } });
    await listChange;
    const { structuredContent } = await client.callTool({ name: "undo", arguments: {} });
    assert.ok(structuredContent.complete);
  });
}

async function read(client, uri) {
  const { contents: [content] } = await client.readResource({ uri });
  assert.equal(content.mimeType, "application/json");
  const body = JSON.parse(content.text);
  assert.equal(typeof body, "object");
  return body;
}

async function complete(client, ref, name, key) {
  const [value, expected] = UNLISTED.includes(name) ? ["", undefined] : PARTS[key];
  await step(`completion/complete ${ref.name ?? ref.uri} ${name}`, async () => {
    const { completion } = await client.complete({ ref, argument: { name, value } });
    assert.equal(completion.values[0], expected);
  });
}
