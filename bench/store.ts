/**
 * What recording costs: the time that opening and closing an exchange take in the proxy's own thread, and how many
 * events a second the writer commits. Run: node bench/store.ts. Bounded: about 20,000 exchanges, some seconds, a
 * temporary folder.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBody } from '../flow/event.ts';
import type { Closing, Opening } from '../flow/recorder.ts';
import { openHome } from '../store/home.ts';
import { openReader } from '../store/reader.ts';
import { createRecorder } from '../store/recorder.ts';
import { closingLine } from '../store/spool-reader.ts';
import { newUlid } from '../store/ulid.ts';

const EXCHANGES = 20_000;
/** One in twenty has a finding and an excerpt, as in the proxy's benchmark. */
const WITH_FINDING = 20;
/** Between two pauses, so that the thread's own turns (timers, messages) are as in a proxy. */
const BURST = 50;

const SOURCE = {
  app: 'bench',
  verified: true,
  host: 'bench-host',
  pid: 4242,
  process: 'node',
  exe: '/usr/bin/node',
  user: 'bench',
  container: null,
  credential: null,
};
const DESTINATION = { host: 'api.openai.com', port: 443, vendor: 'OpenAI', category: 'genai', country: 'US' };
const COVERAGE = { level: 'full', reason: null } as const;

function exchange(i: number): { readonly opening: Opening; readonly closing: Closing } {
  const id = newUlid();
  const time = new Date().toISOString();
  const hasFinding = i % WITH_FINDING === 0;
  const names = { source: SOURCE, destination: DESTINATION, provider: 'openai', model: 'gpt-4o' };
  const route = 'POST /v1/chat/completions';
  const decision = {
    direction: 'request' as const,
    action: hasFinding ? ('tokenize' as const) : ('allow' as const),
    mode: 'enforce' as const,
    policy: hasFinding ? 'default' : null,
    policyVersion: hasFinding ? '3f2a91c0' : null,
    rule: hasFinding ? 'identifiers' : null,
    severity: hasFinding ? ('medium' as const) : null,
    explanation: hasFinding ? ['default/identifiers: 1 EMAIL_ADDRESS at /messages/1/content, score 0.9 >= 0.5'] : [],
  };
  const { direction: _, ...top } = decision;
  const finding = {
    entity: 'EMAIL_ADDRESS',
    alternatives: [],
    category: 'personal' as const,
    direction: 'request' as const,
    role: 'user' as const,
    position: 'latest' as const,
    path: '/messages/1/content',
    count: 1,
    maxScore: 0.9,
    scores: { '0.90': 1 },
    fingerprints: ['AAAAAAAAAAAAAAAAAAAAAA'],
  };
  const event: EventBody = {
    ...{ id, kind: 'exchange', time, channel: 'proxy', exchange: id, outcome: 'completed', status: 200 },
    ...{ decisions: [decision], ...top, enforced: true, coverage: COVERAGE, ...names, route },
    ...{ findings: hasFinding ? [finding] : [], bytes: { out: 4300, in: 900 }, latencyMs: 12.41 },
    ...{ reason: null, refersTo: null },
  };
  const edge = {
    ...{
      source: SOURCE,
      destination: DESTINATION,
      via: 'proxy' as const,
      protocol: 'https',
      channel: 'proxy' as const,
    },
    ...{ bytesOut: 4300, bytesIn: 900, action: decision.action, coverage: COVERAGE, time },
  };
  const edges = [
    { ...edge, direction: 'out' as const, entities: hasFinding ? { EMAIL_ADDRESS: 1 } : {} },
    { ...edge, direction: 'in' as const, entities: {} },
  ];
  const excerpt = hasFinding ? `please answer [EMAIL_ADDRESS] ${'before the end of the week '.repeat(4)}` : null;
  return { opening: { id, exchange: id, time, ...names, route }, closing: { event, edges, excerpt } };
}

function microseconds(since: bigint): number {
  return Number(process.hrtime.bigint() - since) / 1000;
}

function line(name: string, times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1).padStart(8);
  return `${name.padEnd(24)}p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  max ${at(1)} µs\n`;
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-store-'));
try {
  const home = openHome(folder);
  const lock = home.lock();
  const onProblem = (message: string) => void process.stderr.write(`${message}\n`);
  const recorder = createRecorder(home, { encryptExcerpts: true, eventLog: null, onProblem });
  await recorder.ready();
  const opens: number[] = [];
  const closes: number[] = [];
  const bytes = Buffer.byteLength(closingLine(exchange(1).closing));
  const begun = process.hrtime.bigint();
  for (let i = 0; i < EXCHANGES; i++) {
    const { opening, closing } = exchange(i);
    const open = process.hrtime.bigint();
    recorder.open(opening);
    opens.push(microseconds(open));
    const close = process.hrtime.bigint();
    recorder.close(closing);
    closes.push(microseconds(close));
    if (i % BURST === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const written = microseconds(begun) / 1e6;
  await recorder.flush();
  const committed = microseconds(begun) / 1e6;
  const reader = openReader(home);
  const verifying = process.hrtime.bigint();
  const { isIntact, records } = reader.verify();
  const verified = microseconds(verifying) / 1e6;
  const listing = process.hrtime.bigint();
  const listed = [...reader.events({ limit: 100 })].length;
  const list = microseconds(listing) / 1000;
  reader.close();
  const size = statSync(home.databaseFile).size / records;
  await recorder.close();
  lock.release();
  process.stdout.write(
    [
      `${EXCHANGES} exchanges, a closing of ${bytes} bytes, one in ${WITH_FINDING} with a finding and a sealed excerpt\n`,
      line('open', opens),
      line('close', closes),
      line(
        'close with an excerpt',
        closes.filter((_, i) => i % WITH_FINDING === 0),
      ),
      `recorded                ${Math.round(EXCHANGES / written)} exchanges a second, one thread\n`,
      `committed               ${Math.round(records / committed)} events a second, from the first call to the last commit\n`,
      `database                ${Math.round(size)} bytes an event\n`,
      `verify                  ${Math.round(records / verified)} records a second, ${isIntact ? 'intact' : 'NOT INTACT'}\n`,
      `newest ${listed} listed       ${list.toFixed(1)} ms\n`,
    ].join(''),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
