/**
 * Buckets of keys and values on the bus (a stream with the last message of each subject), made where they are missing and
 * the bus allows it. They are those of the KV of NATS, but for one thing: a bucket that is full forgets its oldest.
 */
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

export interface BucketOptions {
  readonly name: string;
  readonly description: string;
  /** What was not written for so long is forgotten, ms; 0: never. */
  readonly ttlMs: number;
  readonly maxBytes: number;
  readonly maxValueBytes: number;
  /** Answered by the one that has the last word in a cluster, so that what was just written elsewhere is read. */
  readonly isExact: boolean;
}

const MILLISECOND_NS = 1_000_000;

/** Throws what the library throws. */
export async function openBucket(connection: NatsConnection, options: BucketOptions): Promise<KV> {
  const [{ jetstreamManager }, { Kvm }] = await Promise.all([import('@nats-io/jetstream'), import('@nats-io/kv')]);
  const manager = await jetstreamManager(connection);
  const stream = `KV_${options.name}`;
  const info = await manager.streams.info(stream).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'StreamNotFoundError') return null;
    throw error;
  });
  if (info === null) {
    await manager.streams.add({
      name: stream,
      description: options.description,
      subjects: [`$KV.${options.name}.>`],
      max_msgs_per_subject: 1,
      max_bytes: options.maxBytes,
      max_msg_size: options.maxValueBytes,
      max_age: options.ttlMs * MILLISECOND_NS,
      discard: 'old',
      storage: 'file',
      allow_rollup_hdrs: true,
      deny_delete: true,
      allow_direct: !options.isExact,
    });
  }
  return await new Kvm(connection).open(options.name, { allow_direct: !options.isExact });
}
