/**
 * The sensor where the kernel lets no program in: the table of sockets is looked at now and then, and each connection that
 * stands in it for the first time is an edge of its process, with its address, no bytes, and `opaque: sockets`. One that
 * begins and ends between two looks is not seen. Bounded in time: it rests twenty times as long as a look took.
 */
import { opaque } from '../../flow/coverage.ts';
import type { EdgeObservation } from '../../flow/edge.ts';
import { eventDestination } from '../../flow/event-destination.ts';
import { timeText } from '../../flow/event-of.ts';
import type { Destination, Source } from '../../flow/parties.ts';
import { cgroupPathOf } from '../../wire/cgroup-place.ts';
import { textOf } from '../../wire/proc-files.ts';
import { namespacesOf, ownersOf } from './socket-owners.ts';
import { type SocketRow, socketRows } from './socket-table.ts';

export interface SocketWatchOptions {
  readonly procRoot: string;
  /** Only processes of this cgroup and below, as /proc/PID/cgroup has it; null: all. */
  readonly cgroup: string | null;
  readonly isOwnListener: (address: string, port: number) => boolean;
  /** Of Weir's own; what they have started counts as theirs. */
  readonly isOwn: (pid: number) => boolean;
  /** Of a process that is not known: nobody, with its user. */
  readonly sourceOf: (pid: number | null, uid: number) => Source;
  readonly destinationOf: (address: string, port: number) => Destination;
  readonly isInVendorsRange: (address: string) => boolean;
  readonly addEdge: (observation: EdgeObservation) => void;
  /** Unix time in ms. */
  readonly now: () => number;
}

export const SOCKETS = 'sockets';

const LEAST_REST_MS = 2000;
const REST_BY_LOOK = 20;
const MAX_NAMESPACES = 64;
/** Namespaces come and go with containers; which there are is looked at less often than what is in them. */
const NAMESPACES_MS = 30_000;
const MAX_SEEN = 100_000;
const MAX_PARENTS = 32;

export class SocketWatch {
  readonly #options: SocketWatchOptions;
  /** Connections that stood in the tables at the last look, by inode. */
  #seen = new Set<number>();
  #namespaces: readonly string[] = [];
  #namespacesAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SocketWatchOptions) {
    this.#options = options;
  }

  /** Whether the host has what it reads. */
  static isPossible(procRoot: string): boolean {
    return textOf(`${procRoot}/self/net/tcp`) !== '';
  }

  start(): void {
    const began = performance.now();
    this.look(began);
    const took = performance.now() - began;
    this.#timer = setTimeout(() => this.start(), Math.max(LEAST_REST_MS, took * REST_BY_LOOK));
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One look at all of it. `at`: milliseconds, on any clock. */
  look(at: number): void {
    const { procRoot } = this.#options;
    if (at - this.#namespacesAt >= NAMESPACES_MS) {
      this.#namespacesAt = at;
      this.#namespaces = namespacesOf(procRoot, MAX_NAMESPACES);
    }
    const seen = new Set<number>();
    const fresh: SocketRow[] = [];
    for (const teller of this.#namespaces) {
      const tables = ['tcp', 'tcp6'].map((name) => textOf(`${procRoot}/${teller}/net/${name}`));
      // The process that told of it has ended: another will, at the next look.
      if (tables[0] === '') this.#namespacesAt = Number.NEGATIVE_INFINITY;
      const rows = tables.flatMap((table) => socketRows(table));
      const listening = new Set(rows.flatMap(({ state, localPort }) => (state === 'listening' ? [localPort] : [])));
      for (const row of rows) {
        // What comes in at a port that somebody listens on is the other side's.
        if (row.state !== 'open' || row.inode === 0 || listening.has(row.localPort) || seen.size >= MAX_SEEN) continue;
        seen.add(row.inode);
        if (!this.#seen.has(row.inode)) fresh.push(row);
      }
    }
    this.#seen = seen;
    if (fresh.length > 0) this.#tell(fresh);
  }

  #tell(fresh: readonly SocketRow[]): void {
    const { procRoot, isOwnListener, sourceOf, destinationOf, isInVendorsRange, addEdge, now } = this.#options;
    const owners = ownersOf(procRoot, new Set(fresh.map(({ inode }) => inode)));
    const time = timeText(now());
    for (const { inode, uid, remoteAddress, remotePort } of fresh) {
      const pid = owners.get(inode) ?? null;
      if (isOwnListener(remoteAddress, remotePort) || !this.#isWatched(pid)) continue;
      addEdge({
        source: sourceOf(pid, uid),
        destination: eventDestination(destinationOf(remoteAddress, remotePort)),
        via: isInVendorsRange(remoteAddress) ? 'catalog' : 'none',
        protocol: 'tcp',
        direction: 'out',
        channel: 'sensor',
        entities: {},
        bytesOut: 0,
        bytesIn: 0,
        action: 'allow',
        coverage: opaque(SOCKETS),
        time,
        model: null,
      });
    }
  }

  #isWatched(pid: number | null): boolean {
    const { procRoot, cgroup } = this.#options;
    // Whose it is cannot be seen; within a part of the host it may be anybody's.
    if (pid === null) return cgroup === null;
    if (this.#isOwn(pid)) return false;
    if (cgroup === null) return true;
    const path = cgroupPathOf(textOf(`${procRoot}/${pid}/cgroup`));
    return path === cgroup || path?.startsWith(`${cgroup}/`) === true;
  }

  #isOwn(pid: number): boolean {
    const { procRoot, isOwn } = this.#options;
    let each = pid;
    for (let i = 0; i < MAX_PARENTS && each > 1; i++) {
      if (isOwn(each)) return true;
      const stat = textOf(`${procRoot}/${each}/stat`);
      each = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
    }
    return false;
  }
}
