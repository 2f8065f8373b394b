import { createMCPClient } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport as StdioTransport } from "@ai-sdk/mcp/mcp-stdio";
import { generateText, isStepCount } from "ai";

function connect(url) {
  const headers = { Authorization: `Bearer ${process.env.TOGGL_API_TOKEN}` };
  if (url) return createMCPClient({ transport: { type: "http", url, headers } });
  const args = ["--tools", "get_timer,create_time_entries,summarize_time"];
  return createMCPClient({ transport: new StdioTransport({ command: "toggl-mcp", args, env: process.env }) });
}

export async function ask(model, prompt, url) {
  const client = await connect(url); // One process for all calls.
  try {
    return await generateText({ model, prompt, tools: await client.tools(), stopWhen: isStepCount(20) });
  } finally {
    await client.close();
  }
}
