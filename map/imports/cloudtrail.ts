/**
 * AWS CloudTrail's data events of S3: files of `{"Records": […]}`, or an event a line. The workload is the
 * principal; a role's session counts as the role. Object keys are not taken over.
 */
import {
  broken,
  countOf,
  type Entry,
  flows,
  type LineReader,
  objectOf,
  skipped,
  textOf,
  timeOfText,
} from './logged-flow.ts';

type Json = Readonly<Record<string, unknown>>;

/** What reads an object or says what is in a bucket; everything else writes. */
const READS = /^(?:Get|Head|List|Select|Restore)/;

export function cloudtrailReader(): LineReader {
  return (line) => {
    const object = objectOf(line);
    if (object === null) return broken('no JSON object');
    if (!('Records' in object)) return entryOf(object);
    const { Records: records } = object;
    if (!Array.isArray(records)) return broken('Records is no list');
    return records.flatMap((record: unknown) =>
      typeof record === 'object' && record !== null ? entryOf(record as Json) : broken('a record is no object'),
    );
  };
}

function entryOf(event: Json): readonly Entry[] {
  const name = textOf(event, 'eventName');
  const source = textOf(event, 'eventSource');
  if (name === null || source === null) return broken('no eventName or eventSource');
  if (source !== 's3.amazonaws.com') return skipped('not of S3');
  if (textOf(event, 'errorCode') !== null) return skipped('refused by AWS');
  const bucket = bucketOf(event);
  if (bucket === null) return skipped('names no bucket');
  const time = timeOfText(event['eventTime']);
  if (time === null) return broken('no eventTime');
  const principal = principalOf(objectIn(event, 'userIdentity'));
  if (principal === null) return broken('no userIdentity');
  const region = textOf(event, 'awsRegion') ?? 'us-east-1';
  const extra = objectIn(event, 'additionalEventData');
  const isRead = READS.test(name);
  const bytes = countOf(textOf(extra, isRead ? 'bytesTransferredOut' : 'bytesTransferredIn'));
  if (bytes === null) return broken('no number of bytes');
  return flows([
    {
      source: { host: null, user: principal },
      destination: { host: `${bucket}.s3.${region}.amazonaws.com`, port: 443 },
      // AWS names the bucket; its host is how S3 spells it.
      via: 'catalog',
      protocol: 's3',
      direction: isRead ? 'in' : 'out',
      bytes,
      time,
    },
  ]);
}

/** General purpose buckets: 3 to 63 of these (Amazon S3 user guide, bucket naming rules); older ones had upper case. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/;

function bucketOf(event: Json): string | null {
  const named = textOf(objectIn(event, 'requestParameters'), 'bucketName');
  if (named !== null) return BUCKET.test(named) ? named : null;
  const resources = event['resources'];
  if (!Array.isArray(resources)) return null;
  for (const resource of resources) {
    const arn = typeof resource === 'object' && resource !== null ? textOf(resource as Json, 'ARN') : null;
    const [, bucket] = /^arn:aws[a-z-]*:s3:::([^/]+)/.exec(arn ?? '') ?? [];
    if (bucket !== undefined && BUCKET.test(bucket)) return bucket;
  }
  return null;
}

/** The ARN of the user or role; a service's name where AWS itself acts; the account where there is nothing else. */
function principalOf(identity: Json): string | null {
  const issuer = textOf(objectIn(objectIn(identity, 'sessionContext'), 'sessionIssuer'), 'arn');
  if (issuer !== null) return issuer;
  const arn = textOf(identity, 'arn');
  const [, partition, account, role] = /^arn:(aws[a-z-]*):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn ?? '') ?? [];
  if (role !== undefined) return `arn:${partition}:iam::${account}:role/${role}`;
  return arn ?? textOf(identity, 'invokedBy', 'accountId', 'principalId');
}

function objectIn(object: Json, key: string): Json {
  const value = object[key];
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
