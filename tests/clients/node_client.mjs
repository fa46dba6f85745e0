#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Logs in with a client library of Node and runs a command. What answers the prompt with ssh2 stands in doc/clients.md.
// Usage: node_client.mjs ssh2|node-ssh answer|password|key PORT USER COMMAND
// CREDENTIAL is what is given as the password, KEY the private key's file.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { NodeSSH } from 'node-ssh';
import ssh2 from 'ssh2';

const [client, way, port, username, command] = process.argv.slice(2);
const host = 'web01.example.com';
const hostKey = Buffer.from(readFileSync('/etc/ssh/ssh_host_ed25519_key.pub', 'utf8').split(' ')[1], 'base64');
const answer = ({ prompt }) =>
  execFileSync('agentauth', ['answer', '--host', host, '--user', username, '--prompt', prompt], { encoding: 'utf8' });
const options = {
  host, port: Number(port), username,
  algorithms: { serverHostKey: ['ssh-ed25519'] }, hostVerifier: (key) => key.equals(hostKey),
  ...(way === 'key' ? { privateKey: readFileSync(process.env.KEY, 'utf8') } : {}),
  ...(way === 'password' ? { password: process.env.CREDENTIAL } : {}),
};

function withSsh2() {
  const ssh = new ssh2.Client();
  ssh.on('ready', () => ssh.exec(command, (error, channel) => {
    if (error) throw error;
    channel.pipe(process.stdout);
    channel.on('close', (status) => { process.exitCode = status; ssh.end(); });
  }));
  ssh.connect(options);
}

// node-ssh answers a prompt that says "password" with the password by itself.
async function withNodeSsh() {
  const ssh = new NodeSSH();
  const interactive = way === 'answer'
    ? { tryKeyboard: true, onKeyboardInteractive: (name, instructions, lang, prompts, finish) => finish(prompts.map(answer)) }
    : { tryKeyboard: way === 'password' };
  await ssh.connect({ ...options, ...interactive });
  const { stdout, code } = await ssh.execCommand(command);
  console.log(stdout);
  process.exitCode = code;
  ssh.dispose();
}

await { ssh2: withSsh2, 'node-ssh': withNodeSsh }[client]();
