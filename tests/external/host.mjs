// A host: starts a server over stdio, calls its tools, and checks what every result promises.

import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

let passed = 0;

/** Takes one step and prints it; a step that fails ends the run. */
export async function step(label, take) {
  try {
    const result = await take();
    passed += 1;
    console.log(`ok      ${label}`);
    return result;
  } catch (error) {
    console.log(`FAILED  ${label}\n${passed} passed, 1 failed`);
    throw error;
  }
}

/** Prints how it went, once every step was taken. */
export function summary() {
  console.log(`${passed} passed, 0 failed`);
}

export class Host {
  called = new Set();

  constructor(client) {
    this.client = client;
  }

  /** Returns a host with its server running; with `answer`, one that answers elicitations by it. */
  static async start(server, { answer, timeout = 30_000, options = {} } = {}) {
    const client = new Client(
      { name: "external", version: "1.0.0" },
      { capabilities: answer ? { elicitation: {} } : {}, ...options },
    );
    if (answer) client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params));
    await client.connect(new StdioClientTransport(server), { timeout });
    return new Host(client);
  }

  async tools() {
    return (await this.client.listTools()).tools;
  }

  /** Calls a tool that must succeed, and returns its data. */
  succeed(name, args = {}, check = () => {}) {
    return step(describeCall(name, args), async () => {
      const result = await this.call(name, args);
      const text = textOf(result);
      assert.ok(!result.isError, text);
      assert.deepEqual(JSON.parse(text), result.structuredContent);
      assert.doesNotMatch(text, /:null[,}]/, "absent values are left out");
      check(result.structuredContent);
      return result.structuredContent;
    });
  }

  /** Calls a tool that must fail with a code. */
  fail(code, name, args = {}) {
    return step(`${describeCall(name, args)} fails with ${code}`, async () => {
      const result = await this.call(name, args);
      assert.equal(result.isError, true);
      assert.equal(result.structuredContent, undefined);
      const failure = JSON.parse(textOf(result));
      assert.equal(failure.code, code, failure.message);
      assert.match(failure.retry, /^(corrected|later|no)$/);
      assert.match(failure.message, /\S.*[.!?]$/s);
    });
  }

  close() {
    return this.client.close();
  }

  /** Calls a tool, and returns its result or its failure. */
  call(name, args) {
    this.called.add(name);
    return this.client.callTool({ name, arguments: args });
  }
}

function describeCall(name, args) {
  const line = JSON.stringify(args);
  return `${name} ${line.length > 80 ? `${line.slice(0, 79)}…` : line}`;
}

function textOf({ content }) {
  assert.deepEqual(content.map((part) => part.type), ["text"]);
  return content[0].text;
}
