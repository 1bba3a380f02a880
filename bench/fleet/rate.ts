/**
 * How many events a second come through bus and collectors into PostgreSQL, and what CPU each of them takes for one. Nodes are
 * simulated by one process (load.ts), whose CPU is counted apart: real ones run elsewhere.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { homePaths } from '../../store/home.ts';
import { writeWriterKeys } from '../../store/writer-keys.ts';
import { treeCpuMicroseconds } from '../process-usage.ts';
import type { Collected, CollectorArguments } from './collector.ts';
import { type FromLoad, type LoadArguments, simulatedNode, type ToLoad } from './load.ts';

export interface RateOptions {
  readonly nodes: number;
  readonly collectors: number;
  /** Offered, events a second of all nodes together. */
  readonly rate: number;
  readonly seconds: number;
}

/** Of what runs: microseconds of CPU for one stored event. */
export const ROLES = ['load', 'nats', 'collectors', 'postgresql'] as const;
export type Role = (typeof ROLES)[number];

export interface RateFigures {
  readonly nodes: number;
  readonly collectors: number;
  readonly seconds: number;
  readonly offered: number;
  readonly stored: number;
  /** Acknowledged by the bus and not stored when the time was over. */
  readonly behind: number;
  /** Acknowledged by the bus in all, and the chains of the simulated nodes: what of it was stored is counted at the end. */
  readonly sent: number;
  readonly writers: readonly string[];
  readonly microseconds: Readonly<Record<Role, number>>;
  /** Of other processes on the machine, in cores. */
  readonly othersCores: number;
}

interface Place {
  readonly folder: string;
  readonly bus: string;
  readonly natsPid: number;
  readonly store: string;
  readonly postgresPid: number;
}

const WARM_SECONDS = 5;
const START_MS = 120_000;

export async function measureRate(
  options: RateOptions,
  place: Place,
  cpuSeconds: () => number,
  say: (line: string) => void,
): Promise<RateFigures> {
  const { nodes, collectors, rate, seconds } = options;
  const simulated = Array.from({ length: nodes }, (_, i) => simulatedNode(i));
  const children: ChildProcess[] = [];
  const collected = new Map<ChildProcess, number>();
  try {
    for (let i = 0; i < collectors; i++) {
      const home = join(place.folder, `rate-collector-${i}`);
      mkdirSync(home, { recursive: true, mode: 0o700 });
      // As the centre hands them over: every record is checked with its writer's key.
      writeWriterKeys(homePaths(home), simulated);
      const argument: CollectorArguments = { home, bus: place.bus, store: place.store };
      const child = start('collector.ts', argument);
      child.on('message', ({ added }: Collected) => collected.set(child, added));
      children.push(child);
    }
    const argument: LoadArguments = {
      bus: place.bus,
      nodes: simulated,
      records: Math.ceil(rate * (seconds + WARM_SECONDS + 10)),
    };
    say(`fleet: ${argument.records} records of ${nodes} simulated nodes are made`);
    const load = start('load.ts', argument);
    children.push(load);
    let sent = 0;
    await ready(load, (count) => {
      sent = count;
    });
    const stored = (): number => [...collected.values()].reduce((sum, added) => sum + added, 0);
    const cpu = (): Readonly<Record<Role, number>> => ({
      load: cpuOf(load.pid),
      nats: cpuOf(place.natsPid),
      collectors: children.reduce((sum, child) => sum + (child === load ? 0 : cpuOf(child.pid)), 0),
      postgresql: cpuOf(place.postgresPid),
    });
    say(`fleet: ${rate} events a second offered by ${nodes} simulated nodes for ${seconds} s`);
    load.send({ kind: 'rate', rate } satisfies ToLoad);
    // What comes first waits for processes that start, connections and plans.
    const startBy = performance.now() + START_MS;
    while (stored() < rate && performance.now() < startBy) await pause(100);
    await pause(WARM_SECONDS * 1000);
    const [begun, before, cpuBefore, allBefore] = [performance.now(), stored(), cpu(), cpuSeconds()];
    await pause(seconds * 1000);
    const [count, took, cpuAfter] = [stored() - before, (performance.now() - begun) / 1000, cpu()];
    const all = cpuSeconds() - allBefore;
    const behind = sent - stored();
    load.send({ kind: 'rate', rate: 0 } satisfies ToLoad);
    const own = ROLES.reduce((sum, role) => sum + cpuAfter[role] - cpuBefore[role], 0) / 1e6;
    const microseconds = Object.fromEntries(
      ROLES.map((role) => [role, (cpuAfter[role] - cpuBefore[role]) / count]),
    ) as Record<Role, number>;
    await drained(() => sent - stored());
    return {
      ...{ nodes, collectors, seconds, offered: rate, stored: count / took, behind, microseconds },
      ...{ sent, writers: simulated.flatMap(({ writers }) => writers) },
      othersCores: Math.max(0, (all - own) / took),
    };
  } finally {
    for (const child of children) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }
}

function start(file: string, argument: object): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(argument)], { execArgv: [] });
}

async function ready(load: ChildProcess, onSent: (sent: number) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  load.on('message', (message: FromLoad) => (message.kind === 'ready' ? resolve() : onSent(message.sent)));
  load.once('exit', () => reject(new Error('the load ended before it began')));
  await promise;
}

/** What lies on the bus is stored before anything else is measured. */
async function drained(behind: () => number): Promise<void> {
  const until = performance.now() + START_MS;
  while (behind() > 0 && performance.now() < until) await pause(200);
}

function cpuOf(pid: number | undefined): number {
  return pid === undefined ? 0 : (treeCpuMicroseconds(pid) ?? 0);
}

/** For people. */
export function rateText(figures: RateFigures): string {
  const { offered, stored, behind, microseconds, othersCores, nodes, collectors, seconds } = figures;
  const parts = ROLES.map((role) => `${role} ${microseconds[role].toFixed(0)}`).join(', ');
  return [
    `events a second into PostgreSQL: ${Math.round(stored)} of ${offered} offered by ${nodes} nodes to ${collectors} collectors for ${seconds} s; ${behind} of ${figures.sent} lay on the bus at the end`,
    `CPU microseconds an event: ${parts}; other processes took ${othersCores.toFixed(2)} cores meanwhile`,
  ].join('\n');
}
