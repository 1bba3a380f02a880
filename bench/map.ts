/**
 * How long the questions of the map and the console take on a home of many events and edges: filled by the store's own
 * ledger, asked by its reader, beside the same asked of the events themselves. Figures only; nothing here asserts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Action } from '../flow/decision.ts';
import type { EdgeObservation } from '../flow/edge.ts';
import type { EventBody, EventFinding } from '../flow/event.ts';
import type { EventFilter } from '../store/event-filter.ts';
import { openHome } from '../store/home.ts';
import type { Entry } from '../store/keeper.ts';
import { Ledger } from '../store/ledger.ts';
import { cursorOf } from '../store/pages.ts';
import { openReader, type Reader } from '../store/reader.ts';
import { openDatabase } from '../store/schema.ts';
import { DAY, HOUR_MS } from '../store/spans.ts';
import { newUlid } from '../store/ulid.ts';

export interface MapRun {
  readonly events: number;
  readonly edges: number;
  readonly rounds: number;
  /** Of a log that is imported. */
  readonly lines: number;
}

export const FULL_MAP: MapRun = { events: 1_000_000, edges: 5000, rounds: 40, lines: 100_000 };
export const QUICK_MAP: MapRun = { events: 50_000, edges: 5000, rounds: 15, lines: 20_000 };
/** Each of those that are asked of the events themselves takes seconds. */
const RAW_ROUNDS = 8;
/** For 100,000 lines. */
const IMPORT_SECONDS = 5;

/** Milliseconds that a question took; `cpu`: of processor time, on the median. */
export interface QuestionFigures {
  readonly name: string;
  readonly cpu: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  /** What it has to stay below; null where there is no such. */
  readonly target: number | null;
}

export interface MapFigures {
  readonly run: MapRun;
  /** Of processor time. */
  readonly eventsPerSecond: number;
  readonly bytesPerEvent: number;
  readonly questions: readonly QuestionFigures[];
  /** Of `weir flows import`: VPC flow logs into a home of their own, the command's start included, in seconds. */
  readonly imported: { readonly lines: number; readonly first: number; readonly again: number };
}

const START = Date.parse('2026-01-01T00:00:00Z');
const DAYS = 90;
const JITTER_MS = 120_000;
const BATCH = 500;
const ACTIONS: readonly Action[] = ['allow', 'allow', 'allow', 'allow', 'alert', 'tokenize', 'redact', 'block'];
const ENTITIES = [
  ...['CREDIT_CARD', 'EMAIL_ADDRESS', 'PERSON', 'PHONE_NUMBER', 'US_SSN', 'IBAN_CODE'],
  ...['AWS_ACCESS_KEY', 'IP_ADDRESS', 'LOCATION', 'DATE_OF_BIRTH', 'MEDICAL_RECORD', 'CRYPTO'],
];
const OUTCOMES = [...Array(18).fill('completed'), 'upstream_failed', 'client_aborted'] as const;
const APPS = 120;
const HOSTS = 160;
const VALUES = 200_000;

/** Numbers in 0..1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick<T>(of: readonly T[], at: number): T {
  return of[Math.floor(at * of.length)] as T;
}

/** Each pair of a source and a destination is two edges, out and in. Some pairs call much more than others. */
function entryOf(random: () => number, pairs: number, share: number): Entry {
  const pair = Math.floor(random() ** 1.5 * pairs);
  const app = `app-${pair % APPS}`;
  const host = `h${Math.floor(pair / APPS) + (pair % 7) * 20}.${pair % HOSTS}.example`;
  // In order, as calls come, but for how long each takes.
  const time = new Date(START + Math.floor(share * DAYS * 24 * HOUR_MS + random() * JITTER_MS)).toISOString();
  const id = newUlid();
  const findings = random() < 0.35 ? findingsOf(random, pair) : [];
  // What is found decides, as with policies: what a rule does about an entity is the same each time.
  const [rule] = findings.map(({ entity }) => ENTITIES.indexOf(entity)).toSorted((a, b) => b - a);
  const action = rule === undefined ? 'allow' : pick(ACTIONS, ((rule * 5 + pair) % 8) / 8);
  const policy = action === 'allow' ? null : `policy-${(rule ?? 0) % 8}`;
  const source = {
    ...{ app, verified: true, host: `node-${pair % 40}`, pid: 1, process: 'node', exe: `/srv/${app}/node` },
    ...{ user: `svc-${app}`, container: null, credential: null },
  };
  const vendor = pair % 3 === 0 ? null : `Vendor ${pair % 30}`;
  const category = pick(['genai', 'saas', 'unknown'], (pair % 30) / 30);
  const destination = { host, port: 443, vendor, category, country: null };
  const decision = {
    ...{ direction: 'request' as const, action, mode: 'enforce' as const, policy, policyVersion: null },
    ...{
      rule: policy === null ? null : `rule-${rule}`,
      severity: policy === null ? null : ('high' as const),
    },
    explanation: [],
  };
  const { direction: _, ...top } = decision;
  const event: EventBody = {
    ...{
      id,
      kind: 'exchange',
      time,
      channel: 'proxy',
      exchange: id,
      outcome: action === 'block' ? 'blocked' : pick(OUTCOMES, random()),
    },
    ...{
      status: 200,
      decisions: [decision],
      ...top,
      enforced: action !== 'redact',
      coverage: { level: 'full', reason: null },
    },
    ...{ source, destination, provider: 'openai', model: `m-${pair % 5}`, route: 'POST /v1/chat/completions' },
    ...{ findings, bytes: { out: 4300, in: 900 }, latencyMs: 12 },
    ...{ reason: null, refersTo: null },
  };
  const shared = {
    ...{ source, destination, via: 'proxy' as const, protocol: 'https', channel: 'proxy' as const, action, time },
    coverage: event.coverage,
  };
  const entities = Object.fromEntries(event.findings.map(({ entity, count }) => [entity, count]));
  const edges: EdgeObservation[] = [
    { ...shared, direction: 'out', entities, bytesOut: 4300, bytesIn: 0 },
    { ...shared, direction: 'in', entities: {}, bytesOut: 0, bytesIn: 900 },
  ];
  return { event, edges, excerpt: null, review: null };
}

function findingsOf(random: () => number, pair: number): readonly EventFinding[] {
  return Array.from({ length: random() < 0.3 ? 2 : 1 }, () => ({
    ...{
      entity: pick(ENTITIES, (((pair * 7) % 12) + Math.floor(random() * 3)) / 14),
      alternatives: [],
      category: 'personal' as const,
    },
    ...{ direction: 'request' as const, role: 'user' as const, position: 'latest' as const },
    ...{ path: `/messages/${Math.floor(random() * 6)}/content`, count: 1, maxScore: 0.9, scores: { '0.9': 1 } },
    fingerprints: [fingerprintOf(Math.floor(random() * VALUES))],
  }));
}

function fingerprintOf(value: number): string {
  return `value${String(value).padStart(17, '0')}`;
}

/** Fills a home of its own, asks, and removes it. */
export function measureMap(run: MapRun, say: (line: string) => void): MapFigures {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-map-'));
  try {
    say(`map: ${run.events} events over ${run.edges} edges are written`);
    const { file, eventsPerSecond } = fill(folder, run, say);
    const bytesPerEvent = statSync(file).size / run.events;
    say('map: questions');
    const reader = openReader(folder);
    const raw = new DatabaseSync(file, { readOnly: true });
    try {
      const questions = ask(reader, raw, run);
      say(`map: ${run.lines} lines are imported`);
      return { run, eventsPerSecond, bytesPerEvent, questions, imported: importLines(folder, run) };
    } finally {
      reader.close();
      raw.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fill(folder: string, { events, edges }: MapRun, say: (line: string) => void) {
  const home = openHome(folder);
  const lock = home.lock();
  const database = openDatabase(home.databaseFile);
  try {
    const ledger = new Ledger(database, home, home.keys.chain, say);
    const random = seeded(11);
    let spentUs = 0;
    for (let written = 0; written < events; written += BATCH) {
      const entries = Array.from({ length: Math.min(BATCH, events - written) }, (_, i) =>
        entryOf(random, edges / 2, (written + i) / events),
      );
      const begun = process.cpuUsage();
      ledger.append(entries);
      const { user, system } = process.cpuUsage(begun);
      spentUs += user + system;
    }
    return { file: home.databaseFile, eventsPerSecond: events / (spentUs / 1e6) };
  } finally {
    database.close();
    lock.release();
  }
}

function importLines(folder: string, { lines }: MapRun): MapFigures['imported'] {
  const config = join(folder, 'import.yaml');
  const log = join(folder, 'flow.log');
  writeFileSync(config, JSON.stringify({ home: join(folder, 'imported') }), { mode: 0o600 });
  const random = seeded(3);
  // 40 hosts that call 120 services.
  const address = (net: string, hosts: number) => `${net}.7.${Math.floor(random() * hosts) + 1}`;
  const line = (_: unknown, i: number): string => {
    const begun = START / 1000 + i;
    const ends = `${address('10.0', 40)} ${address('203.0', 120)} ${40_000 + Math.floor(random() * 20_000)} 443 6`;
    return `2 123456789010 eni-1235b8ca ${ends} 20 ${Math.floor(random() * 9000)} ${begun} ${begun + 60} ACCEPT OK`;
  };
  writeFileSync(log, `${Array.from({ length: lines }, line).join('\n')}\n`);
  const seconds = (): number => {
    const command = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
    const begun = performance.now();
    const words = ['flows', 'import', '--config', config, '--format', 'vpc', log];
    const { status, stderr } = spawnSync(process.execPath, [command, ...words], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`weir flows import ended with ${status}: ${stderr}`);
    return (performance.now() - begun) / 1000;
  };
  return { lines, first: seconds(), again: seconds() };
}

function ask(reader: Reader, raw: DatabaseSync, { rounds }: MapRun): readonly QuestionFigures[] {
  const random = seeded(5);
  const range = () => {
    const [a, b] = [random(), random()].toSorted((x, y) => x - y);
    const moment = (at = 0) => new Date(START + Math.floor(at * DAYS * 24 * HOUR_MS));
    return { since: moment(a), until: moment(b) };
  };
  const filters: readonly (() => EventFilter)[] = [
    () => ({ apps: [`app-${Math.floor(random() * APPS)}`] }),
    () => ({ entities: [pick(ENTITIES, random())] }),
    () => ({ actions: [pick(ACTIONS, random())] }),
    () => ({ outcomes: [pick(OUTCOMES, random())] }),
    () => ({ vendors: [`Vendor ${Math.floor(random() * 30)}`] }),
    () => ({ destinations: [`h${Math.floor(random() * 20)}.*`] }),
    () => ({ policies: [`policy-${Math.floor(random() * 8)}`] }),
    () => ({ categories: [pick(['genai', 'saas', 'unknown'], random())] }),
    () => range(),
  ];
  const two = (): EventFilter => ({ ...pick(filters, random())(), ...pick(filters, random())() });
  const twoOfEdges = () => {
    const { apps, entities, vendors } = { ...pick(filters.slice(0, 2), random())(), ...filters[4]?.() };
    return {
      ...(apps === undefined ? {} : { apps }),
      ...(entities === undefined ? {} : { entities }),
      vendors: vendors ?? [],
    };
  };
  const from = () => ({ cursor: cursorOf({ timeMs: range().since.getTime(), position: 1 }), way: 'older' as const });
  const time = (name: string, target: number | null, question: () => unknown, times = rounds): QuestionFigures => {
    const taken = Array.from({ length: times }, () => {
      const [begun, used] = [performance.now(), process.cpuUsage()];
      question();
      const { user, system } = process.cpuUsage(used);
      return { wall: performance.now() - begun, cpu: (user + system) / 1000 };
    });
    const at = (which: 'wall' | 'cpu', share: number) =>
      taken.map((one) => one[which]).toSorted((x, y) => x - y)[Math.floor((times - 1) * share)] ?? 0;
    return { name, cpu: at('cpu', 0.5), p50: at('wall', 0.5), p95: at('wall', 0.95), max: at('wall', 1), target };
  };
  const rawMap = raw.prepare(`
    SELECT app, host, port, count(*), sum(core ->> '$.bytes.out'), sum(core ->> '$.bytes.in') FROM events
    WHERE time_ms >= ? AND time_ms < ? GROUP BY app, host, port`);
  const rawCount = raw.prepare(`
    SELECT count(*) FROM events NOT INDEXED WHERE carried = 'block' AND app = ?`);
  return [
    time('map of any range', 300, () => reader.map(range())),
    time('map of any range, two filters', 300, () => reader.map({ ...range(), ...twoOfEdges() })),
    time('map of all time', 300, () => reader.map()),
    time('page of 50, anywhere, two filters', 100, () => reader.page({ filter: two(), from: from(), limit: 50 })),
    time('count, two filters', 100, () => reader.count(two())),
    time('counts by app, two filters', null, () => reader.countBy('app', two())),
    time('series of 30 days by hour', null, () => {
      const until = range().until;
      return reader.series({ since: new Date(until.getTime() - 30 * 24 * HOUR_MS), until, span: 1 });
    }),
    time('series of 90 days by day, one app', null, () =>
      reader.series({
        since: new Date(START),
        until: new Date(START + DAYS * 24 * HOUR_MS),
        span: DAY,
        apps: ['app-3'],
      }),
    ),
    time('where a value was seen', null, () => reader.byFingerprint([fingerprintOf(Math.floor(random() * VALUES))])),
    time(
      'from the events: map of any range',
      null,
      () => {
        const { since, until } = range();
        return rawMap.all(since.getTime(), until.getTime());
      },
      RAW_ROUNDS,
    ),
    time(
      'from the events: count, two filters',
      null,
      () => rawCount.get(`app-${Math.floor(random() * APPS)}`),
      RAW_ROUNDS,
    ),
  ];
}

/** For docs/benchmarks.md. */
export function mapLines({ run, eventsPerSecond, bytesPerEvent, questions, imported }: MapFigures): readonly string[] {
  return [
    `A home of ${run.events.toLocaleString('en')} events over ${run.edges.toLocaleString('en')} edges and ${DAYS} days, ` +
      `written by the store's own ledger at ${Math.round(eventsPerSecond).toLocaleString('en')} events a second of processor time and ` +
      `${Math.round(bytesPerEvent)} bytes an event on disk; ${run.rounds} questions each (${RAW_ROUNDS} of the events themselves), every one with other ranges and filters, in ms.`,
    '',
    '| question | processor, p50 | p50 | p95 | worst |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...questions.map(
      ({ name, cpu, p50, p95, max }) =>
        `| ${name} | ${cpu.toFixed(1)} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${max.toFixed(1)} |`,
    ),
    '',
    `\`weir flows import\` takes ${imported.lines.toLocaleString('en')} lines of a VPC flow log in ${imported.first.toFixed(1)} s, and again in ` +
      `${imported.again.toFixed(1)} s, when all are known.`,
    '',
  ];
}

export function mapVerdicts({ run, questions, imported }: MapFigures): readonly string[] {
  const limit = (IMPORT_SECONDS * run.lines) / FULL_MAP.lines;
  const verdicts = questions.flatMap(({ name, p95, target }) =>
    target === null
      ? []
      : [`${name}: ${p95.toFixed(0)} ms in 95 of 100, target ${target} ms: ${p95 <= target ? 'met' : 'NOT met'}`],
  );
  const isFast = imported.first <= limit;
  return [
    ...verdicts,
    `import of ${imported.lines} lines: ${imported.first.toFixed(1)} s, target ${limit} s: ${isFast ? 'met' : 'NOT met'}`,
  ];
}
