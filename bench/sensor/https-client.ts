/**
 * The client of the HTTPS pair: one request under way on each kept connection, 4 KB each. A line on standard input says for how
 * long, in milliseconds: uncounted on fresh connections (at least until each has an answer), then counted. Answers with a line of JSON: requests done,
 * seconds, microseconds of processor time, all of the counted part.
 *
 * https-client.ts HOST CERTIFICATE CONNECTIONS
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';

const [host = '', certificate = '', connections = ''] = process.argv.slice(2);
const count = Number(connections);
const ca = readFileSync(certificate);
const BODY_BYTES = 4096;
const sentence = 'how did the numbers of this week compare with those of the last one? ';
let serial = 0;
let done = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const [warmMs = 0, countedMs = 0] = line.split(' ').map(Number);
  // Of its own for each line: what was said before it tells nobody anything of these connections.
  const agent = new Agent({ keepAlive: true, maxSockets: count, ca });
  let isOver = false;
  const loops = Array.from({ length: count }, () => askUntil(agent, () => isOver));
  const all = Promise.all(loops.map(({ over }) => over));
  // However long that takes: what opens a connection is not counted.
  await Promise.race([Promise.all([sleep(warmMs), ...loops.map(({ first }) => first)]), all]);
  const from = { at: performance.now(), cpu: process.cpuUsage(), done };
  await Promise.race([sleep(countedMs), all]);
  const { user, system } = process.cpuUsage(from.cpu);
  const told = { requests: done - from.done, seconds: (performance.now() - from.at) / 1000, cpuMicros: user + system };
  isOver = true;
  await all;
  agent.destroy();
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
process.exit(0);

function askUntil(
  agent: Agent,
  isOver: () => boolean,
): { readonly first: Promise<void>; readonly over: Promise<void> } {
  const first = ask(agent);
  return { first, over: first.then(goOn) };

  async function goOn(): Promise<void> {
    done++;
    while (!isOver()) {
      await ask(agent);
      done++;
    }
  }
}

function ask(agent: Agent): Promise<void> {
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

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
