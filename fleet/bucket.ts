/**
 * Buckets of keys and values on the bus (a stream with the last message of each subject), made where they are missing and
 * the bus allows it. They are those of the KV of NATS, but for one thing: a bucket that is full forgets its oldest.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

export interface BucketOptions {
  readonly name: string;
  readonly description: string;
  /** What was not written for so long is forgotten, ms; 0: never. */
  readonly ttlMs: number;
  /** As large as the bus has room for, up to this; null where what is written there is bounded by itself. */
  readonly maxBytes: number | null;
  readonly maxValueBytes: number;
  /** Answered by the one that has the last word in a cluster, so that what was just written elsewhere is read. */
  readonly isExact: boolean;
}

const MILLISECOND_NS = 1_000_000;
/** Of one that is bounded. */
const LEAST_BYTES = 16 * 1024 * 1024;
const UNBOUNDED = -1;
/** JetStream's answers where what a stream may take is more than is left: of the server, of the account. */
const NO_ROOM: readonly unknown[] = [10_028, 10_047, 10_002, 10_023];

/** Throws what the library throws. */
export async function openBucket(connection: NatsConnection, options: BucketOptions): Promise<KV> {
  const [{ jetstreamManager }, { Kvm }] = await Promise.all([import('@nats-io/jetstream'), import('@nats-io/kv')]);
  const manager = await jetstreamManager(connection);
  const stream = `KV_${options.name}`;
  const info = await manager.streams.info(stream).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'StreamNotFoundError') return null;
    throw error;
  });
  if (info === null) await addBucket(manager, stream, options);
  return await new Kvm(connection).open(options.name, { allow_direct: !options.isExact });
}

/**
 * The room that a bounded stream may take is set aside for it, so that one that is too large is made smaller; where all room
 * is set aside for others, it is bounded by its age alone.
 */
async function addBucket(manager: JetStreamManager, stream: string, options: BucketOptions): Promise<void> {
  const { name, description, maxBytes, maxValueBytes, ttlMs, isExact } = options;
  for (let bytes = maxBytes ?? UNBOUNDED; ; bytes = bytes > LEAST_BYTES ? Math.floor(bytes / 2) : UNBOUNDED) {
    try {
      await manager.streams.add({
        name: stream,
        description,
        subjects: [`$KV.${name}.>`],
        max_msgs_per_subject: 1,
        max_bytes: bytes,
        max_msg_size: maxValueBytes,
        max_age: ttlMs * MILLISECOND_NS,
        discard: 'old',
        storage: 'file',
        allow_rollup_hdrs: true,
        deny_delete: true,
        allow_direct: !isExact,
      });
      return;
    } catch (error) {
      // Another node was faster, and the bus had room for its size.
      if ((await manager.streams.info(stream).catch(() => null)) !== null) return;
      const isFull = error instanceof Error && 'code' in error && NO_ROOM.includes(error.code);
      if (!isFull || bytes === UNBOUNDED) throw error;
    }
  }
}
