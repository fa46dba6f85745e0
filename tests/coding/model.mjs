// SPDX-License-Identifier: Apache-2.0
// A stand-in for the model of a coding agent: it speaks OpenAI's Responses API, as far as the Codex CLI asks, and has no
// mind. The commands that it has the agent run, one a turn, are the lines of a file; the last turn is a sentence.
// Usage: node model.mjs PORT KEYFILE COMMANDSFILE LOGFILE
import { createServer } from 'node:http';
import { appendFileSync, readFileSync } from 'node:fs';

const [port, keyFile, commandsFile, logFile] = process.argv.slice(2);
const key = readFileSync(keyFile, 'utf8').trim();
const log = (what) => appendFileSync(logFile, JSON.stringify(what) + '\n');

// The tool that runs a shell's command has had several names and forms.
function call(tools, command, id) {
	const tool = tools.find((t) => ['shell', 'shell_command', 'exec_command', 'local_shell'].includes(t.name));
	const forms = { shell: { command: ['sh', '-c', command] }, shell_command: { command }, exec_command: { cmd: command } };
	return { type: 'function_call', id: `fc_${id}`, call_id: `call_${id}`, name: tool.name, arguments: JSON.stringify(forms[tool.name]) };
}
const sentence = (text) => ({ type: 'message', id: 'msg_end', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] });

function answer(request) {
	const results = request.input.filter((i) => i.type === 'function_call_output');
	const commands = readFileSync(commandsFile, 'utf8').split('\n').filter(Boolean);
	if (results.length) log({ result: results.at(-1).output });
	if (results.length < commands.length) return call(request.tools, commands[results.length], results.length);
	return sentence('All of it is done.');
}

createServer((req, res) => {
	let body = '';
	req.on('data', (part) => (body += part));
	req.on('end', () => {
		log({ method: req.method, url: req.url, key: req.headers.authorization === `Bearer ${key}` });
		if (req.method !== 'POST' || !req.url.endsWith('/responses')) return res.writeHead(404).end('{}');
		if (req.headers.authorization !== `Bearer ${key}`) return res.writeHead(401).end('{"error":{"message":"no key"}}');
		const item = answer(JSON.parse(body));
		const response = { id: 'resp_1', object: 'response', status: 'completed', model: 'stand-in', output: [item],
			usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } };
		res.writeHead(200, { 'content-type': 'text/event-stream' });
		for (const event of [
			{ type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
			{ type: 'response.output_item.added', output_index: 0, item },
			{ type: 'response.output_item.done', output_index: 0, item },
			{ type: 'response.completed', response },
		]) res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
		res.end();
	});
}).listen(Number(port), '127.0.0.1');
