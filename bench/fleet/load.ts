/**
 * The load of the rate: simulated nodes in one process, each with a chain and a connection of its own. Their records are made
 * and chained before anything is measured, since nodes run on machines of their own; what is measured is what comes behind
 * them: bus, collectors, store. Each publishes as a carrier does, a message a record with the record's id, and counts
 * acknowledgements. Started by rate.ts.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { Bus } from '../../fleet/bus.ts';
import { busSettings } from '../../fleet/bus-settings.ts';
import { RECORDS_STREAM, subjectOf } from '../../fleet/streams.ts';
import { arrivalText } from '../../store/arrival-text.ts';
import { GENESIS } from '../../store/keyed.ts';
import { type Link, makeRecord } from '../../store/record.ts';
import { newUlid } from '../../store/ulid.ts';
import type { NodeWriters } from '../../store/writer-keys.ts';
import { exchange } from '../exchange.ts';

export interface LoadArguments {
  readonly bus: string;
  readonly nodes: readonly NodeWriters[];
  /** Records made ahead, of all nodes together. */
  readonly records: number;
}

export type ToLoad = { readonly kind: 'rate'; readonly rate: number };
/** `sent`: published and acknowledged so far. */
export type FromLoad = { readonly kind: 'ready' } | { readonly kind: 'sent'; readonly sent: number };

interface Made {
  readonly id: string;
  readonly body: Uint8Array;
}

/** Node, writer and key of a simulated node. */
export function simulatedNode(i: number): NodeWriters {
  return {
    node: `simulated-${i}`,
    writers: [newUlid()],
    chain: randomBytes(32).toString('base64url'),
    excerpt: null,
  };
}

/** Every node sees the same edges: some apps call some providers. */
const PAIRS = ['assistant', 'billing', 'search', 'support', 'tickets'].flatMap((app) =>
  ['api.openai.com', 'api.anthropic.com', 'api.mistral.ai', 'generativelanguage.googleapis.com'].map((host) => ({
    app,
    host,
  })),
);
const TICK_MS = 20;
/** Not acknowledged at one time, of one node. */
const WINDOW = 500;
const TELL_MS = 100;

class SimulatedNode {
  readonly #subject: string;
  readonly #records: readonly Made[];
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  #next = 0;
  #acknowledged = 0;

  constructor(connection: NatsConnection, { node, writers: [writer = ''], chain }: NodeWriters, count: number) {
    this.#connection = connection;
    this.#subject = subjectOf('records', node);
    this.#records = chained(writer, chain, count);
    this.#inbox = `_INBOX.${newUlid()}`;
    connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null && !message.string().includes('"error"')) this.#acknowledged++;
      },
    });
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  send(most: number): number {
    const room = Math.min(most, WINDOW - (this.#next - this.#acknowledged), this.#records.length - this.#next);
    for (let i = 0; i < room; i++) {
      const record = this.#records[this.#next++];
      if (record === undefined) break;
      const named = headers();
      named.set('Nats-Msg-Id', record.id);
      named.set('Nats-Expected-Stream', RECORDS_STREAM);
      this.#connection.publish(this.#subject, record.body, { headers: named, reply: this.#inbox });
    }
    return Math.max(0, room);
  }
}

function chained(writer: string, chain: string, count: number): readonly Made[] {
  const key = createSecretKey(Buffer.from(chain, 'base64url'));
  let prevHash = GENESIS;
  return Array.from({ length: count }, (_, i): Made => {
    const { closing } = exchange(i, PAIRS[Math.floor(i / 3) % PAIRS.length]);
    const entry = { ...closing, review: null };
    const link: Link = { writer, seq: i + 1, prevHash };
    const record = makeRecord(entry, link, key);
    prevHash = record.hash;
    return { id: closing.event.id, body: Buffer.from(arrivalText(entry, link, record)) };
  });
}

if (import.meta.main) {
  const { bus: url, nodes, records }: LoadArguments = JSON.parse(process.argv[2] ?? '{}');
  const say = (message: FromLoad): void => void process.send?.(message);
  const each = Math.ceil(records / nodes.length);
  const all: SimulatedNode[] = [];
  for (const node of nodes) {
    const connection = await new Bus(busSettings(url), { name: node.node }).ready();
    all.push(new SimulatedNode(connection, node, each));
  }
  let rate = 0;
  process.on('message', (message: ToLoad) => {
    rate = message.rate;
  });
  process.on('disconnect', () => process.exit(0));
  setInterval(() => say({ kind: 'sent', sent: all.reduce((sum, { acknowledged }) => sum + acknowledged, 0) }), TELL_MS);
  say({ kind: 'ready' });
  let due = 0;
  let at = performance.now();
  for (let turn = 0; ; turn++) {
    await pause(TICK_MS);
    const now = performance.now();
    // What could not be offered in time is not offered later: a second of it at most.
    due = Math.min(due + (rate * (now - at)) / 1000, rate);
    at = now;
    for (let i = 0; i < all.length && due >= 1; i++) {
      const share = Math.ceil(due / (all.length - i));
      due -= all[(turn + i) % all.length]?.send(share) ?? 0;
    }
  }
}
