/**
 * What travels over the bus and where: subjects, the stream that holds records until they are stored, and the consumer
 * that all collectors share. They are made where the bus allows it; an operator may have made them otherwise.
 */
import type { ConsumerConfig, JetStreamManager, StreamConfig } from '@nats-io/jetstream';

/**
 * What a node sends: records of its chain, the chain's end as the node attests it, and what edges gain without an event.
 * The subject of each is `weir.KIND.NODE`.
 */
export const BUS_KINDS = ['records', 'heads', 'observed'] as const;
export type BusKind = (typeof BUS_KINDS)[number];

/** The end of a subject whose messages are deflated (RFC 1951): what would not have fitted else. */
export const DEFLATED = 'deflated';

export const RECORDS_STREAM = 'WEIR_RECORDS';
export const COLLECTOR = 'weir-collect';

/** `node`: how the bus knows the sender; letters, digits, `-` and `_`. */
export function subjectOf(kind: BusKind, node: string): string {
  return `weir.${kind}.${node}`;
}

export function kindOf(subject: string): BusKind | null {
  const [, name] = subject.split('.');
  return BUS_KINDS.find((kind) => kind === name) ?? null;
}

const SECOND_NS = 1_000_000_000;
/** An acknowledgement that was lost is found by the message's id within this; the store finds it later as well. */
const DUPLICATES_NS = 120 * SECOND_NS;
/** A batch that is not stored within this goes to another collector. */
const ACK_NS = 30 * SECOND_NS;

/** Of what waits in the stream. */
const MOST_BYTES = 16 * 2 ** 30;
const LEAST_BYTES = 64 * 2 ** 20;

/** A full stream refuses: what it does not take stays in the outbox of its node. What is stored leaves it. */
const RECORDS: Partial<StreamConfig> & { name: string } = {
  name: RECORDS_STREAM,
  subjects: BUS_KINDS.map((kind) => subjectOf(kind, '>')),
  retention: 'workqueue',
  storage: 'file',
  discard: 'new',
  duplicate_window: DUPLICATES_NS,
};

const CONSUMER: Partial<ConsumerConfig> & { durable_name: string } = {
  durable_name: COLLECTOR,
  ack_policy: 'explicit',
  ack_wait: ACK_NS,
  max_ack_pending: 20_000,
  max_deliver: -1,
};

/** What came of it. `refused`: it is not there, and this user may not make it. */
export type Made = { readonly kind: 'there' } | { readonly kind: 'refused'; readonly reason: string };

/** Makes the stream where it is missing, as large as the bus has room for. Throws where the bus is away. */
export async function makeRecordsStream(manager: JetStreamManager): Promise<Made> {
  for (let bytes = MOST_BYTES; ; bytes /= 2) {
    const made = await makeMissing(
      () => manager.streams.info(RECORDS_STREAM),
      // A quarter is left for what else lies on the bus: policies, reports of nodes, conversations.
      () => manager.streams.add({ ...RECORDS, max_bytes: (bytes / 4) * 3 }),
    );
    if (made.kind === 'there' || bytes <= LEAST_BYTES || !/storage/i.test(made.reason)) return made;
  }
}

/** Makes the consumer where it is missing. Throws where the bus is away. */
export async function makeCollector(manager: JetStreamManager): Promise<Made> {
  return await makeMissing(
    () => manager.consumers.info(RECORDS_STREAM, COLLECTOR),
    () => manager.consumers.add(RECORDS_STREAM, CONSUMER),
  );
}

async function makeMissing(look: () => Promise<unknown>, make: () => Promise<unknown>): Promise<Made> {
  const seen = await answerOf(look);
  if (seen === null) return { kind: 'there' };
  const made = await answerOf(make);
  if (made === null) return { kind: 'there' };
  // Another may have made it meanwhile.
  return (await answerOf(look)) === null ? { kind: 'there' } : { kind: 'refused', reason: made };
}

/** What the bus says against it; null where it did it. Throws where it did not answer. */
async function answerOf(ask: () => Promise<unknown>): Promise<string | null> {
  try {
    await ask();
    return null;
  } catch (error) {
    if (error instanceof Error && isAnswer(error)) return error.message;
    throw error;
  }
}

/** An answer of JetStream, or of the server's permissions. */
function isAnswer(error: Error): boolean {
  return (
    error.name === 'JetStreamApiError' ||
    error.name === 'StreamNotFoundError' ||
    error.name === 'ConsumerNotFoundError' ||
    error.name === 'PermissionViolationError'
  );
}
