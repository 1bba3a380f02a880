/**
 * What is known of the processes that connect from this host. A look-up begins with a connection and holds nobody up:
 * what it finds stands in the event if it is there before that closes. Only where a running policy asks for processes,
 * users or containers does a call wait for it, and not for long; whoever is unknown then is unknown to every rule.
 */
import type { Socket } from 'node:net';
import type { AppConfig } from '../config/config.ts';
import { type AppFacts, type AppLabel, appMatcher } from '../engine/decide/app-match.ts';
import type { Source } from '../flow/parties.ts';
import type { Recorder } from '../flow/recorder.ts';
import { isLoopback } from './addresses.ts';
import type { Ends, PeerFacts, PeerTable } from './peer-table.ts';

/** A call waits no longer for a rule on processes. */
export const PEER_WAIT_MS = 20;
const LEAST_PAUSE_MS = 50;
const LEAST_ASKED_PAUSE_MS = 2;
/** Looking takes no more than a twentieth of the time. */
const PAUSE_PER_WORK = 20;

interface Lookup {
  facts: PeerFacts | null;
  readonly done: Promise<void>;
}

interface Asked {
  readonly ends: Ends;
  readonly settle: (facts: PeerFacts | null) => void;
}

export class Peers {
  readonly #table: Pick<PeerTable, 'look'>;
  readonly #isAskedFor: () => boolean;
  readonly #labelOf: (facts: AppFacts) => AppLabel | null;
  readonly #bySocket = new WeakMap<Socket, Lookup>();
  readonly #bySource = new WeakMap<Source, Lookup>();
  readonly #filled = new WeakMap<Source, Source>();
  #asked: Asked[] = [];
  /** Open in no process that is known: they wait for a look at all. */
  #unknown: Asked[] = [];
  /** Not before this. */
  #deepAt = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  /** `isAskedFor`: whether a running rule has to know. */
  constructor(table: Pick<PeerTable, 'look'>, apps: () => readonly AppConfig[], isAskedFor: () => boolean) {
    this.#table = table;
    this.#isAskedFor = isAskedFor;
    this.#labelOf = appMatcher(apps);
  }

  /**
   * A source was named on a connection: who is behind it is looked up, once a connection. `isRedirected`: the client
   * believes to be connected to somebody else.
   */
  begin(source: Source, socket: Socket, isRedirected = false): void {
    let lookup = this.#bySocket.get(socket);
    if (lookup === undefined) {
      const ends = endsOf(socket, isRedirected);
      if (ends === null) return;
      lookup = this.#lookUp(ends);
      this.#bySocket.set(socket, lookup);
    }
    this.#bySource.set(source, lookup);
  }

  /** Another source of the same connection. */
  beginAs(source: Source, known: Source): void {
    const lookup = this.#bySource.get(known);
    if (lookup !== undefined) this.#bySource.set(source, lookup);
  }

  /** The source with what is known of its process; waits for that, but no longer than `waitMs`. */
  async identified(source: Source, waitMs = PEER_WAIT_MS): Promise<Source> {
    const lookup = this.#bySource.get(source);
    if (lookup === undefined) return source;
    if (lookup.facts === null) {
      const limit = Promise.withResolvers<void>();
      const timer = setTimeout(limit.resolve, waitMs);
      await Promise.race([lookup.done, limit.promise]);
      clearTimeout(timer);
    }
    return this.filled(source);
  }

  /** The same without waiting; the source itself where nothing is known of it. */
  filled(source: Source): Source {
    const facts = this.#bySource.get(source)?.facts ?? null;
    if (facts === null) return source;
    let filled = this.#filled.get(source);
    if (filled === undefined) {
      const label = source.app === null ? this.#labelOf({ ...facts, subject: source.subject ?? null }) : null;
      filled = { ...source, ...facts, ...label };
      this.#filled.set(source, filled);
    }
    return filled;
  }

  /** The same recorder; it knows of a source what is known of its process. */
  recording(recorder: Recorder): Recorder {
    return {
      open: (one) => recorder.open(one),
      openSoon: (one) => recorder.openSoon(one),
      close: (one) => recorder.close(one),
      closeSoon: (one) => recorder.closeSoon(one),
      sourceOf: (source) => this.filled(source),
    };
  }

  #lookUp(ends: Ends): Lookup {
    const { promise, resolve } = Promise.withResolvers<void>();
    const lookup: Lookup = { facts: null, done: promise };
    const settle = (facts: PeerFacts | null): void => {
      lookup.facts = facts;
      resolve();
    };
    this.#asked.push({ ends, settle });
    void this.#look();
    return lookup;
  }

  /** One pass for all that wait, first over the processes that are known; then a pause. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const asked = [...this.#unknown, ...this.#asked];
    this.#asked = [];
    this.#unknown = [];
    const since = performance.now();
    await this.#pass(asked, false);
    if (this.#unknown.length > 0 && since >= this.#deepAt) {
      const begun = performance.now();
      await this.#pass(this.#unknown.splice(0), true);
      this.#deepAt = performance.now() + this.#pauseAfter(begun, LEAST_PAUSE_MS);
    }
    const pauseMs = this.#pauseAfter(since, this.#isAskedFor() ? LEAST_ASKED_PAUSE_MS : LEAST_PAUSE_MS);
    setTimeout(() => {
      this.#isLooking = false;
      if (this.#asked.length + this.#unknown.length > 0) void this.#look();
    }, pauseMs).unref();
  }

  async #pass(asked: readonly Asked[], isDeep: boolean): Promise<void> {
    const found = await this.#table.look(
      asked.map(({ ends }) => ends),
      isDeep,
    );
    for (const [at, one] of asked.entries()) {
      const facts = found[at];
      if (facts === undefined) this.#unknown.push(one);
      else one.settle(facts);
    }
  }

  /** Where a rule asks for it, it is the call that waits, and not the work that counts. */
  #pauseAfter(since: number, leastMs: number): number {
    return this.#isAskedFor() ? leastMs : Math.max(leastMs, (performance.now() - since) * PAUSE_PER_WORK);
  }
}

/** Null for a client that is not on this host. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket, isRedirected: boolean): Ends | null {
  if (remoteAddress === undefined || remotePort === undefined) return null;
  if (localAddress === undefined || localPort === undefined) return null;
  if (isRedirected) return { remoteAddress, remotePort, localAddress, localPort, isRedirected };
  if (!isLoopback(remoteAddress) && remoteAddress !== localAddress) return null;
  return { remoteAddress, remotePort, localAddress, localPort };
}
