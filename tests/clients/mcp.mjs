#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Starts an MCP server, as a chat program would, and has it run a command: it prints what the tool answers.
// Usage: mcp.mjs TOOL ARGUMENTS(JSON) SERVER [ARGUMENT]...   Exit status 1: the tool said that it failed.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [tool, given, command, ...args] = process.argv.slice(2);
const client = new Client({ name: 'agentauth-tests', version: '1' });
await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: 'inherit' }));
const result = await client.callTool({ name: tool, arguments: JSON.parse(given) });
console.log(result.content.map(({ text }) => text).join('\n'));
process.exitCode = result.isError ? 1 : 0;
await client.close();
