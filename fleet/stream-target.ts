/** The bus as a carrier's other end: each record is a message of its own id, acknowledged when the bus has it on disk. */
import { deflateRawSync } from 'node:zlib';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { HeadArrival } from '../store/arrival.ts';
import { headText } from '../store/arrival-text.ts';
import type { Waiting } from '../store/outbox-queue.ts';
import type { Bus } from './bus.ts';
import type { CarrierTarget, Sent } from './carrier.ts';
import { DEFLATED, makeRecordsStream, RECORDS_STREAM, subjectOf } from './streams.ts';

const ACK_MS = 10_000;
/** What a message has beside its body, on the wire. */
const HEADER_BYTES = 512;

/** `node`: how the bus knows this node, asked at each batch. The bus is the caller's to close. */
export class StreamTarget implements CarrierTarget {
  readonly #bus: Bus;
  readonly #nodeOf: () => string;
  #ready: { readonly connection: NatsConnection; readonly stream: JetStreamClient } | null = null;

  constructor(bus: Bus, nodeOf: () => string) {
    this.#bus = bus;
    this.#nodeOf = nodeOf;
  }

  get problem(): string | null {
    return this.#bus.problem;
  }

  async send(batch: readonly Waiting[]): Promise<Sent> {
    const { connection, stream } = await this.#opened();
    const most = (connection.info?.max_payload ?? 2 ** 20) - HEADER_BYTES;
    const node = this.#nodeOf();
    const acknowledged: Waiting[] = [];
    const held: Sent['held'][number][] = [];
    const failed: unknown[] = [];
    await Promise.all(
      batch.map(async (waiting) => {
        const payload = payloadOf(waiting, most);
        if (payload === null) {
          held.push({ waiting, reason: `it is larger than a message of the bus may be (max_payload, ${most} bytes)` });
          return;
        }
        const subject = subjectOf(waiting.kind === 'record' ? 'records' : 'observed', node);
        try {
          await this.#publish(
            stream,
            payload.isDeflated ? `${subject}.${DEFLATED}` : subject,
            payload.bytes,
            waiting.id,
          );
          acknowledged.push(waiting);
        } catch (error) {
          failed.push(error);
        }
      }),
    );
    if (acknowledged.length === 0 && failed.length > 0)
      throw new Error(this.#reasonOf(failed[0]), { cause: failed[0] });
    return { acknowledged, held };
  }

  async attest(head: HeadArrival): Promise<void> {
    const { stream } = await this.#opened();
    const bytes = new TextEncoder().encode(headText(head));
    try {
      await this.#publish(stream, subjectOf('heads', this.#nodeOf()), bytes, `${head.writer}-${head.seq}`);
    } catch (error) {
      throw new Error(this.#reasonOf(error), { cause: error });
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #publish(stream: JetStreamClient, subject: string, bytes: Uint8Array, msgID: string): Promise<void> {
    await stream.publish(subject, bytes, { msgID, timeout: ACK_MS, expect: { streamName: RECORDS_STREAM } });
  }

  async #opened(): Promise<{ readonly connection: NatsConnection; readonly stream: JetStreamClient }> {
    const { connection } = this.#bus;
    if (connection === null) throw new Error(this.#bus.problem ?? 'the bus is away');
    if (this.#ready?.connection === connection) return this.#ready;
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
    try {
      const made = await makeRecordsStream(await jetstreamManager(connection, { timeout: ACK_MS }));
      if (made.kind === 'refused')
        throw new Error(`the bus has no stream ${RECORDS_STREAM}, and none can be made: ${made.reason}`);
    } catch (error) {
      // A user that may only publish may not look either; whether there is a stream, its acknowledgements tell.
      if (!isDenied(error)) throw error;
    }
    this.#ready = { connection, stream: jetstream(connection, { timeout: ACK_MS }) };
    return this.#ready;
  }

  #reasonOf(error: unknown): string {
    const { problem } = this.#bus;
    if (problem !== null) return problem;
    // Away until the next batch finds out whether a stream has been made.
    this.#ready = null;
    const message = error instanceof Error ? error.message : '';
    if (/maximum (bytes|messages)|insufficient|resource/i.test(message))
      return `the stream ${RECORDS_STREAM} is full: run weir collect, or give it more room`;
    if (isDenied(error)) return 'the bus does not let this user publish: mend its permissions';
    if (/jetstream/i.test(message))
      return `the bus has no stream ${RECORDS_STREAM}: it wants JetStream, and a user who may make it`;
    return 'the bus does not acknowledge';
  }
}

function isDenied(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at.name === 'PermissionViolationError') return true;
  return false;
}

/** Null where it fits in no message. */
function payloadOf(
  { body }: Waiting,
  most: number,
): { readonly bytes: Uint8Array; readonly isDeflated: boolean } | null {
  const bytes = Buffer.from(body);
  if (bytes.length <= most) return { bytes, isDeflated: false };
  const small = deflateRawSync(bytes);
  return small.length <= most ? { bytes: small, isDeflated: true } : null;
}
