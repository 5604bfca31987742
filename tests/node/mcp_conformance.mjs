// mcp_conformance.mjs ISSUER CLIENT TOKEN [RESOURCE]: @modelcontextprotocol/conformance, as it is installed, judges this
// service as the authorization server of an MCP server: its metadata, and a code for the public client CLIENT, for RESOURCE
// if it is given. TOKEN is the person's own access token, with which a page would send the answer. Prints each check and
// what became of it; ends with 1 unless the suite is content.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const suite = join(here, '../../.cache/node/node_modules/@modelcontextprotocol/conformance/dist/index.js');
const [issuer, client, token, resource] = process.argv.slice(2);

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

// The person's part: from the address that the suite asks them to open, back to the suite's own.
async function person(address) {
  const led = await fetch(address, { redirect: 'manual' });
  assert.equal(led.status, 303, await led.text());
  const to = new URL(led.headers.get('location'), issuer);
  if (to.origin !== issuer) return fetch(to);  // a refusal, which the client is told of
  const request = to.hash.slice('#token='.length);
  const reply = await fetch(`${issuer}/api/v1/oauth/decisions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ request, decision: 'allow' }),
  });
  const body = await reply.json();
  assert.equal(reply.status, 200, JSON.stringify(body));
  return fetch(body.redirect_to);
}

const results = mkdtempSync(join(tmpdir(), 'mcp-conformance-'));
try {
  const run = spawn(process.execPath, ['--import', join(here, 'with_glob.mjs'), suite, 'authorization', '--url', issuer,
    '--client-id', client, '--port', String(await freePort()), '--output-dir', results,
    ...(resource ? ['--resource', resource] : [])], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = [];
  const ended = new Promise((done) => { run.on('exit', done); });
  for await (const line of createInterface({ input: run.stdout })) {
    said.push(line);
    if (!line.startsWith(`${issuer}/oauth2/authorize?`)) continue;
    await person(line).catch((error) => { said.push(error.stack); run.kill(); });
  }
  const status = await ended;
  const checks = readdirSync(results, { recursive: true }).filter((name) => name.endsWith('checks.json'))
    .flatMap((name) => JSON.parse(readFileSync(join(results, name), 'utf8')));
  for (const { id, status: came, errorMessage } of checks) console.log(came === 'SUCCESS' ? `${id} ${came}` : `${id} ${came}: ${errorMessage}`);
  if (!checks.length) console.log(said.join('\n'));
  process.exitCode = status === 0 ? 0 : 1;
} finally {
  rmSync(results, { recursive: true });
}
