/**
 * Run inside a network namespace whose kernel redirects 203.0.113.5 to port 8789 (see kernel-redirect.test.ts): calls that
 * know of no proxy, TLS and plain, and what was recorded of them, as JSON on stdout.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { portOf } from './corp-proxy.ts';
import { OPENAI, startUnderTest } from './weir-under-test.ts';
import { jsonRequest, type WireAnswer, wireOf } from './wire.ts';

const FAR = '203.0.113.5';
const PLAIN = 'plain.weir-test.example';
/** Leads to where the kernel redirects the proxy's own connections as well: nobody was left out of the rule. */
const LOOP = 'loop.weir-test.example';
const CHAT = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Name three rivers.' }] };

const origin = http.createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-length': '2' }).end('ok');
});
origin.listen(0, '127.0.0.1');
await once(origin, 'listening');
/** A rule that asks for processes: so each connection's is looked up without a pause between. */
const POLICY = `apiVersion: weir/v1
kind: Policy
name: by-process
rules:
  - {name: none, match: {sources: {processes: ["/nobody/has/this"]}}, action: block}
`;
const folder = mkdtempSync(join(tmpdir(), 'weir-redirected-'));
writeFileSync(join(folder, 'by-process.yaml'), POLICY);
const weir = await startUnderTest({
  config: {
    policies: [join(folder, 'by-process.yaml')],
    proxy: {
      transparent: '127.0.0.1:8789',
      resolve: { [`${PLAIN}:80`]: `127.0.0.1:${portOf(origin)}`, [`${LOOP}:80`]: `${FAR}:80` },
    },
  },
});

async function connected(port: number): Promise<net.Socket> {
  const socket = net.connect({ host: FAR, port });
  await once(socket, 'connect');
  return socket;
}

async function overTls(): Promise<WireAnswer> {
  const secure = tls.connect({
    socket: await connected(443),
    servername: OPENAI,
    ca: weir.ca,
    ALPNProtocols: ['http/1.1'],
  });
  await once(secure, 'secureConnect');
  const wire = wireOf(secure);
  wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

async function plain(host: string): Promise<WireAnswer> {
  const wire = wireOf(await connected(80));
  wire.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const answer = await wire.answer();
  wire.destroy();
  return answer;
}

const answers = [await overTls(), await plain(PLAIN), await plain(LOOP)];
const events = await Promise.all(answers.map((answer) => weir.event(answer.header('x-weir-event'))));
// Looked up beside the call: it may come after its event, and is there for a later one of the same connection.
let pid: number | null = null;
const kept = wireOf(await connected(80));
for (const until = performance.now() + 30_000; pid === null && performance.now() < until; ) {
  kept.write(`GET / HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`);
  ({ pid } = (await weir.event((await kept.answer()).header('x-weir-event'))).source);
}
kept.destroy();
const edges = await weir.edges();
const own = (await weir.events(1)).filter(({ outcome }) => outcome === 'refused');
process.stdout.write(
  JSON.stringify({
    statuses: answers.map(({ status }) => status),
    hosts: events.map(({ destination }) => destination.host),
    // A GET is tried once more.
    own: [...new Set(own.map(({ reason }) => reason))],
    isOwnProcess: pid === process.pid,
    vias: [...new Set(edges.map(({ via }) => via))],
  }),
);
origin.close();
origin.closeAllConnections();
await weir.close();
rmSync(folder, { recursive: true });
