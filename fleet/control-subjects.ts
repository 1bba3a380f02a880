/**
 * What a node's user has to be allowed on the bus beside its records: to read policies, to say what it runs, and to keep
 * conversations with others. It may not publish policies; what it could do there would be refused by every node all the same.
 */
import { CONVERSATIONS_BUCKET } from './conversation-bucket.ts';
import { NODES_BUCKET } from './node-reports.ts';
import { BUNDLE_OBJECTS, POLICIES_BUCKET } from './policy-shelf.ts';

const WRITTEN = [CONVERSATIONS_BUCKET, NODES_BUCKET] as const;
const STREAMS = [
  ...[CONVERSATIONS_BUCKET, NODES_BUCKET, POLICIES_BUCKET].map((name) => `KV_${name}`),
  `OBJ_${BUNDLE_OBJECTS}`,
];

/** Subjects that a node publishes to; answers come to its inbox. A `*` stands for a whole part alone, so each name is here. */
export const CONTROL_SUBJECTS: readonly string[] = [
  '$JS.API.INFO',
  ...WRITTEN.map((name) => `$KV.${name}.>`),
  ...STREAMS.flatMap((stream) => [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.CREATE.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.>`,
    `$JS.API.CONSUMER.DELETE.${stream}.>`,
    `$JS.FC.${stream}.>`,
  ]),
];
