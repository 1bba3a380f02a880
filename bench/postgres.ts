/**
 * How fast a shared store takes records in, and how long its answers take: a real PostgreSQL in a temporary folder, filled with
 * events over many edges and 60 days. Time that passed and processor time, of the asking process and of the server.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { storeAddress } from '../flow/store-address.ts';
import { openPostgresReader } from '../store/postgres/reader.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { FILLED_DAYS, type Filled, fillStore, KEY } from './postgres-fill.ts';

export interface PostgresRun {
  readonly events: number;
  readonly edges: number;
}

export const FULL_POSTGRES: PostgresRun = { events: 10_000_000, edges: 20_000 };
export const QUICK_POSTGRES: PostgresRun = { events: 100_000, edges: 2000 };

export interface AnswerFigures {
  readonly name: string;
  /** Milliseconds on the median. */
  readonly ms: number;
  /** Milliseconds of processor time on the average: of the asking process, and of all of the server's. */
  readonly cpu: number;
  readonly serverCpu: number;
  /** What it has to stay below; null where there is no such. */
  readonly target: number | null;
}

export interface PostgresFigures {
  readonly run: PostgresRun;
  readonly filled: Filled;
  readonly answers: readonly AnswerFigures[];
}

const DAY_MS = 86_400_000;
const WARM = 3;
const ROUNDS = 15;
const MAP_MS = 500;
const PAGE_MS = 150;
/** Of /proc/PID/stat: USER_HZ is 100 wherever Node runs. */
const TICK_MS = 10;

export async function measurePostgres(run: PostgresRun, say: (line: string) => void): Promise<PostgresFigures> {
  // Filled once and thrown away: what makes that fast, and costs nothing when it is asked.
  const settings = {
    ...{ shared_buffers: '1GB', max_wal_size: '4GB', wal_level: 'minimal', max_wal_senders: '0' },
    ...{ full_page_writes: 'off', autovacuum: 'off' },
  };
  const server = await startPostgres({ settings });
  const address = storeAddress(server.url());
  const reader = openPostgresReader(address, { excerptKeyOf: () => null, keyOf: () => KEY, onProblem: say });
  try {
    const end = Date.now();
    const filled = await fillStore(address, server.url(), { ...run, end }, say);
    const since = new Date(end - 7 * DAY_MS);
    const until = new Date(end - 50 * DAY_MS);
    const page = (filter: Parameters<typeof reader.count>[0]) => () => reader.page({ filter: filter ?? {}, limit: 50 });
    const { older } = await reader.page({ filter: { actions: ['block'] }, limit: 50 });
    const questions: readonly (readonly [string, number | null, () => Promise<unknown>])[] = [
      ['map of all time', MAP_MS, () => reader.map({ details: 'summary' })],
      ['map of seven days', MAP_MS, () => reader.map({ since, details: 'summary' })],
      ['page, the newest', PAGE_MS, page({})],
      ['page, one action', PAGE_MS, page({ actions: ['block'] })],
      [
        'page, one action, the next',
        PAGE_MS,
        () =>
          reader.page({
            filter: { actions: ['block'] },
            from: older === null ? null : { cursor: older, way: 'older' },
            limit: 50,
          }),
      ],
      ['page, one app and action', PAGE_MS, page({ apps: ['app-1'], actions: ['block'] })],
      [
        'page, one host, action and entity',
        PAGE_MS,
        page({ destinations: ['h7.example'], actions: ['block'], entities: ['US_SSN'] }),
      ],
      ['page, before a day long ago', PAGE_MS, page({ until })],
      ['page, one value', PAGE_MS, page({ fingerprints: [`fp${'31'.padStart(20, '0')}`] })],
      ['page, nothing matches', PAGE_MS, page({ apps: ['none'] })],
      ['count, one app of seven days', null, () => reader.count({ apps: ['app-1'], since })],
    ];
    const answers: AnswerFigures[] = [];
    for (const [name, target, ask] of questions) {
      const answer = { name, target, ...(await measured(ask, server.pid)) };
      answers.push(answer);
      say(`${name}: ${answer.ms} ms (processor: ${answer.cpu} here, ${answer.serverCpu} there)`);
    }
    return { run, filled, answers };
  } finally {
    await reader.close();
    await server.stop();
  }
}

async function measured(
  ask: () => Promise<unknown>,
  server: number,
): Promise<Pick<AnswerFigures, 'ms' | 'cpu' | 'serverCpu'>> {
  for (let i = 0; i < WARM; i++) await ask();
  const times: number[] = [];
  const [before, serverBefore] = [process.cpuUsage(), serverTicks(server)];
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    await ask();
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  const round = (ms: number) => Math.round(ms * 10) / 10;
  return {
    ms: round(times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0),
    cpu: round((user + system) / 1000 / ROUNDS),
    serverCpu: round(((serverTicks(server) - serverBefore) * TICK_MS) / ROUNDS),
  };
}

/** Of a process, of those that it started and of those of them that have ended. */
function serverTicks(pid: number): number {
  let ticks = 0;
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    const file = `/proc/${name}/stat`;
    if (!existsSync(file)) continue;
    const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const [parent, user, system, waitedUser, waitedSystem] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]));
    if (Number(name) === pid) ticks += (user ?? 0) + (system ?? 0) + (waitedUser ?? 0) + (waitedSystem ?? 0);
    else if (parent === pid) ticks += (user ?? 0) + (system ?? 0);
  }
  return ticks;
}

export function postgresLines({ run, filled, answers }: PostgresFigures): readonly string[] {
  return [
    `${filled.events.toLocaleString('en')} events over ${run.edges.toLocaleString('en')} edges and ${FILLED_DAYS} days, ${(filled.bytes / 2 ** 30).toFixed(1)} GiB with indexes and roll-ups. ` +
      `${filled.arrived.toLocaleString('en')} of them came as nodes hand them over (${filled.arrivedPerSecond.toFixed(0)} a second by one connection, its side included); ` +
      'the others are these multiplied inside the database at other moments of the same day, with the counts made anew from the events: they serve for questions, not for the rate of arrival. ' +
      `Medians of ${ROUNDS} answers; processor time is of the asking process and of the server, on a machine that did other work the second says more than the first.`,
    '',
    '| question | ms | CPU ms here | CPU ms server | target ms |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...answers.map(
      ({ name, ms, cpu, serverCpu, target }) => `| ${name} | ${ms} | ${cpu} | ${serverCpu} | ${target ?? ''} |`,
    ),
    '',
  ];
}

export function postgresVerdicts({ run, answers }: PostgresFigures): string[] {
  const of = `${run.events.toLocaleString('en')} events in PostgreSQL`;
  return answers.flatMap(({ name, ms, target }) =>
    target === null
      ? []
      : [`${name} of ${of}: ${ms} ms, target below ${target} ms: ${ms < target ? 'met' : 'NOT met'}`],
  );
}
