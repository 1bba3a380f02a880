/**
 * The client of the HTTPS pair: one request under way on each kept connection, 4 KB each, for as long as a line on standard
 * input says in milliseconds. Answers each with a line of JSON: requests done, seconds, microseconds of processor time.
 *
 * https-client.ts HOST CERTIFICATE CONNECTIONS
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';

const [host = '', certificate = '', connections = ''] = process.argv.slice(2);
const count = Number(connections);
const agent = new Agent({ keepAlive: true, maxSockets: count, ca: readFileSync(certificate) });
const BODY_BYTES = 4096;
const sentence = 'how did the numbers of this week compare with those of the last one? ';
let serial = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const from = performance.now();
  const before = process.cpuUsage();
  const until = from + Number(line);
  const done = await Promise.all(Array.from({ length: count }, () => askUntil(until)));
  const { user, system } = process.cpuUsage(before);
  const requests = done.reduce((sum, each) => sum + each, 0);
  const seconds = (performance.now() - from) / 1000;
  process.stdout.write(`${JSON.stringify({ requests, seconds, cpuMicros: user + system })}\n`);
}
process.exit(0);

async function askUntil(until: number): Promise<number> {
  let requests = 0;
  while (performance.now() < until) {
    await ask();
    requests++;
  }
  return requests;
}

function ask(): Promise<void> {
  const start = `{"model":"gpt-5","messages":[{"role":"user","content":"request ${++serial}: `;
  const body = `${start}${sentence.repeat(60)}`.slice(0, BODY_BYTES - 4).concat('"}]}');
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(
      { host, port: 443, path: '/v1/chat/completions', method: 'POST', agent, headers },
      (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`answered with ${answer.statusCode}`));
        answer.on('end', resolve).resume();
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}
