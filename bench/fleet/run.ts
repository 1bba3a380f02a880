/**
 * A fleet on one machine: nodes, collectors, a real NATS and a real PostgreSQL in temporary folders. First how many events a
 * second come through, then what is left when each of them is killed at random, stands still, or has a full disk. What
 * counts at the end: every record that a node answered for is stored once, and every chain is whole.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { homePaths } from '../../store/home.ts';
import { OutboxQueue } from '../../store/outbox-queue.ts';
import { type ArrivedInPostgres, arrivedInPostgres } from '../../test/support/arrived-in-postgres.ts';
import { type NatsServer, startNatsServer } from '../../test/support/nats-server.ts';
import { type PostgresServer, startPostgres } from '../../test/support/postgres-server.ts';
import { cpuMicroseconds } from '../process-usage.ts';
import type { Collected, CollectorArguments } from './collector.ts';
import { ACKNOWLEDGED, type FromNode, type NodeArguments, type ToNode } from './node.ts';
import { measureRate, type RateFigures, rateText } from './rate.ts';

export interface FleetOptions {
  readonly nodes: number;
  readonly collectors: number;
  /** Offered in the first part: events a second of all nodes together, for so many seconds; 0: it is left out. */
  readonly rate: number;
  readonly seconds: number;
  /** Events a second of all nodes together while things are killed. */
  readonly gentleRate: number;
  readonly kills: number;
  /** Between two kills. */
  readonly everyMs: number;
  /** How long the bus stands still; 0: it does not. */
  readonly partitionMs: number;
  /** Whether one node's disk is full for a while: needs root, for a file system of its own. */
  readonly isDiskFull: boolean;
  readonly outboxBytes: number;
}

export interface FleetFigures {
  readonly options: FleetOptions;
  readonly rate: RateFigures | null;
  /** Of the nodes, for one record that they answered for, while nothing was killed; null where nothing was measured. */
  readonly nodeMicroseconds: number | null;
  readonly kills: Readonly<Record<string, number>>;
  readonly isDiskFilled: boolean;
  /** Records that nodes answered for. */
  readonly sent: number;
  /** Of these, stored. */
  readonly stored: number;
  /** Delivered again, and known. */
  readonly duplicate: number;
  /** Of checkpoints: records that made room. */
  readonly dropped: number;
  /** Sent, not stored, and of no checkpoint. */
  readonly lost: number;
  /** Chains that have a gap. */
  readonly broken: number;
  /** Exchanges whose process was killed before their end, and Weir's own. */
  readonly others: number;
  readonly edges: number;
}

export const FULL_FLEET: FleetOptions = {
  nodes: 20,
  collectors: 3,
  rate: 6000,
  seconds: 30,
  gentleRate: 1000,
  kills: 50,
  everyMs: 1500,
  partitionMs: 60_000,
  isDiskFull: true,
  outboxBytes: 2 ** 30,
};
export const QUICK_FLEET: FleetOptions = { ...FULL_FLEET, nodes: 6, seconds: 8, kills: 12, partitionMs: 5000 };

const SETTLE_MS = 240_000;
const NODES_MS = 10_000;
const DISK = '24m';

interface Child {
  readonly what: string;
  readonly file: string;
  readonly argument: object;
  process: ChildProcess;
}

export async function runFleet(options: FleetOptions, say: (line: string) => void): Promise<FleetFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-fleet-'));
  const nats = await startNatsServer();
  const database = await startPostgres({
    settings: { synchronous_commit: 'on', shared_buffers: '256MB', max_wal_size: '2GB' },
  });
  const arrived = await arrivedInPostgres(database.url());
  const run = new Run(options, folder, nats, database, arrived, say);
  try {
    return await run.measure();
  } finally {
    await run.end();
    await arrived.close();
    await nats.stop();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Run {
  readonly #options: FleetOptions;
  readonly #folder: string;
  readonly #nats: NatsServer;
  readonly #database: PostgresServer;
  #arrived: ArrivedInPostgres;
  readonly #say: (line: string) => void;
  readonly #nodes: Child[] = [];
  readonly #collectors: Child[] = [];
  readonly #collected = new Map<ChildProcess, Collected>();
  readonly #kills: Record<string, number> = {};
  #mounted: string | null = null;

  constructor(
    options: FleetOptions,
    folder: string,
    nats: NatsServer,
    database: PostgresServer,
    arrived: ArrivedInPostgres,
    say: (line: string) => void,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#nats = nats;
    this.#database = database;
    this.#arrived = arrived;
    this.#say = say;
  }

  async measure(): Promise<FleetFigures> {
    const rate = this.#options.rate === 0 ? null : await this.#measureRate();
    if (rate !== null) this.#say(rateText(rate));
    const { nodes, collectors, outboxBytes } = this.#options;
    for (let i = 0; i < collectors; i++) {
      const argument: CollectorArguments = {
        home: join(this.#folder, `collector-${i}`),
        bus: this.#nats.url,
        store: this.#database.url(),
      };
      this.#collectors.push(this.#start('collector', 'collector.ts', argument));
    }
    for (let i = 0; i < nodes; i++) {
      const home = join(this.#folder, `node-${i}`);
      mkdirSync(`${home}.notes`, { recursive: true });
      if (i === 0 && this.#options.isDiskFull) this.#mountSmall(home);
      const argument: NodeArguments = { home, bus: this.#nats.url, rate: 0, outboxBytes };
      const node = this.#start('node', 'node.ts', argument);
      this.#nodes.push(node);
      await once(node.process, 'message');
    }
    this.#setRate(this.#options.gentleRate);
    const nodeMicroseconds = rate === null ? null : await this.#measureNodes();
    await this.#killAtRandom();
    await this.#partition();
    await this.#fillDisk();
    return await this.#settled(rate, nodeMicroseconds);
  }

  async end(): Promise<void> {
    for (const { process: child } of [...this.#nodes, ...this.#collectors]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    if (this.#mounted !== null) execFileSync('umount', [this.#mounted]);
  }

  async #measureRate(): Promise<RateFigures> {
    const { nodes, collectors, rate, seconds } = this.#options;
    const place = {
      folder: this.#folder,
      bus: this.#nats.url,
      natsPid: this.#nats.pid,
      store: this.#database.url(),
      postgresPid: this.#database.pid,
    };
    return await measureRate({ nodes, collectors, rate, seconds }, place, () => this.#cpuSeconds(), this.#say);
  }

  async #killAtRandom(): Promise<void> {
    const { kills, everyMs } = this.#options;
    for (let i = 0; i < kills; i++) {
      await pause(everyMs * (0.5 + Math.random()));
      const victim = ['node', 'collector', 'nats', 'postgresql'][Math.floor(Math.random() * 4)] ?? 'node';
      this.#kills[victim] = (this.#kills[victim] ?? 0) + 1;
      this.#say(`fleet: kill ${i + 1} of ${kills}: ${victim}`);
      if (victim === 'nats') await this.#nats.kill();
      else if (victim === 'postgresql') await this.#database.crash();
      else await this.#kill(victim === 'node' ? this.#nodes : this.#collectors);
      await pause(Math.random() * 1000);
      if (victim === 'nats') await this.#nats.restart();
      else if (victim === 'postgresql') await this.#database.restart();
    }
  }

  /** One of them, and starts it again on what it has left. */
  async #kill(all: readonly Child[]): Promise<void> {
    const child = all[Math.floor(Math.random() * all.length)];
    if (child === undefined) return;
    child.process.kill('SIGKILL');
    await once(child.process, 'exit');
    child.process = this.#start(child.what, child.file, child.argument).process;
    if (child.what !== 'node') return;
    await once(child.process, 'message');
    this.#tell(child, { kind: 'rate', rate: this.#options.gentleRate / this.#options.nodes });
  }

  async #partition(): Promise<void> {
    if (this.#options.partitionMs === 0) return;
    this.#say(`fleet: the bus stands still for ${this.#options.partitionMs / 1000} s`);
    process.kill(this.#nats.pid, 'SIGSTOP');
    await pause(this.#options.partitionMs);
    process.kill(this.#nats.pid, 'SIGCONT');
  }

  /** Without a bus the first node's outbox fills its small disk; with it, it empties again. */
  async #fillDisk(): Promise<void> {
    const [node] = this.#nodes;
    if (this.#mounted === null || node === undefined) return;
    this.#say(`fleet: a disk of ${DISK} fills up`);
    await this.#nats.kill();
    this.#tell(node, { kind: 'rate', rate: 2000 });
    await pause(15_000);
    await this.#nats.restart();
    this.#tell(node, { kind: 'rate', rate: this.#options.gentleRate / this.#options.nodes });
    await pause(5000);
  }

  /** What a record costs a node. */
  async #measureNodes(): Promise<number> {
    await pause(5000);
    const cpu = (): number =>
      this.#nodes.reduce((sum, { process: { pid } }) => sum + (pid === undefined ? 0 : (cpuMicroseconds(pid) ?? 0)), 0);
    const sent = (): number => this.#nodes.reduce((sum, node) => sum + this.#acknowledged(node).length, 0);
    const [cpuBefore, sentBefore] = [cpu(), sent()];
    await pause(NODES_MS);
    return (cpu() - cpuBefore) / Math.max(1, sent() - sentBefore);
  }

  async #settled(rate: FleetFigures['rate'], nodeMicroseconds: number | null): Promise<FleetFigures> {
    this.#say('fleet: no more is recorded; what is on its way arrives');
    for (const node of this.#nodes) {
      const quiet = new Promise<void>((resolve) => {
        node.process.on('message', (message: FromNode) => message.kind === 'quiet' && resolve());
      });
      this.#tell(node, { kind: 'quiet' });
      await quiet;
    }
    // Crashes have ended its connection.
    await this.#arrived.close();
    this.#arrived = await arrivedInPostgres(this.#database.url());
    const until = performance.now() + SETTLE_MS;
    const sent = new Set(this.#nodes.flatMap((node) => this.#acknowledged(node)));
    let missing: readonly string[];
    let simulated = 0;
    for (;;) {
      const there = await this.#arrived.ids();
      missing = [...sent].filter((id) => !there.has(id));
      simulated = await this.#storedOf(rate?.writers ?? []);
      const isDone = (missing.length === 0 && simulated >= (rate?.sent ?? 0)) || performance.now() > until;
      if (isDone && (this.#waiting() === 0 || performance.now() > until)) break;
      if (this.#waiting() === 0 && performance.now() > until - SETTLE_MS + 70_000 && missing.length > 0) {
        // An acknowledgement that a dead collector owed comes back after half a minute; then nothing more does.
        if (await this.#isSteady()) break;
      }
      await pause(500);
    }
    const { dropped, ...counted } = await this.#arrived.counts();
    const stored = sent.size - missing.length;
    const duplicate = [...this.#collected.values()].reduce((sum, { duplicates }) => sum + duplicates, 0);
    return {
      ...{ options: this.#options, rate, nodeMicroseconds, kills: this.#kills },
      isDiskFilled: this.#mounted !== null,
      sent: sent.size,
      stored,
      duplicate,
      dropped,
      lost: Math.max(0, missing.length - dropped) + Math.max(0, (rate?.sent ?? 0) - simulated),
      broken: await this.#arrived.missing(),
      others: counted.events - stored - simulated,
      edges: await this.#arrived.edges(),
    };
  }

  async #storedOf(writers: readonly string[]): Promise<number> {
    if (writers.length === 0) return 0;
    const chains = await this.#arrived.chains();
    return chains.reduce((sum, { writer, count }) => sum + (writers.includes(writer) ? count : 0), 0);
  }

  async #isSteady(): Promise<boolean> {
    const before = this.#stored();
    await pause(5000);
    return this.#stored() === before;
  }

  #acknowledged({ argument }: Child): readonly string[] {
    const file = join(`${(argument as NodeArguments).home}.notes`, ACKNOWLEDGED);
    // A line that a kill has cut was never said to anybody.
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  }

  /** In all outboxes. */
  #waiting(): number {
    return this.#nodes.reduce((sum, { argument }) => {
      const queue = new OutboxQueue(homePaths((argument as NodeArguments).home));
      try {
        return sum + queue.state().waiting;
      } finally {
        queue.close();
      }
    }, 0);
  }

  #stored(): number {
    return [...this.#collected.values()].reduce((sum, { added }) => sum + added, 0);
  }

  /** Of this machine, user and system, as the kernel counts. */
  #cpuSeconds(): number {
    const [, user = 0, nice = 0, system = 0] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
      .split(/\s+/)
      .map(Number);
    return (user + nice + system) / 100;
  }

  #setRate(all: number): void {
    for (const node of this.#nodes) this.#tell(node, { kind: 'rate', rate: all / this.#nodes.length });
  }

  #tell(node: Child, message: ToNode): void {
    node.process.send(message, () => {});
  }

  #start(what: string, file: string, argument: object): Child {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(argument)], { execArgv: [] });
    if (what === 'collector') child.on('message', (collected: Collected) => this.#collected.set(child, collected));
    return { what, file, argument, process: child };
  }

  #mountSmall(home: string): void {
    mkdirSync(home, { mode: 0o700 });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0700`, 'tmpfs', home], { stdio: 'ignore' });
      this.#mounted = home;
    } catch {
      this.#say('fleet: no file system of its own can be mounted here; no disk is filled');
    }
  }
}
