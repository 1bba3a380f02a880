/**
 * The logs that the bank's cloud would have written: CloudTrail's data events of its buckets, and the flow logs of its
 * network. Only these are made up as text; they come in by `weir flows import`, as a user's own would.
 */
import { BUCKETS, SERVICES, STORES } from './company.ts';
import { random } from './people.ts';

const ACCOUNT = '111122223333';
/** Principals by service; the last two belong to none. */
const PRINCIPALS = ['statements', 'data-science', 'support-copilot', 'backup-job', 'infra-terraform'] as const;

export function roleOf(name: string): string {
  return `arn:aws:iam::${ACCOUNT}:role/${name}`;
}

/**
 * One event a line. Every bucket is in it: nearly all are only listed by the job that makes backups; some forty are read
 * and written by services that handle customers' data.
 */
export function cloudTrailLines(now: Date): readonly string[] {
  const next = random(7);
  const lines: string[] = [];
  for (let index = 0; index < BUCKETS; index++) {
    const isShared = index < 40;
    const bucket = index === 0 ? 'statements-archive' : `${isShared ? 'bank-data' : 'bank-app'}-${pad(index)}`;
    const principal = isShared
      ? (PRINCIPALS[index % 3] ?? 'statements')
      : (PRINCIPALS[3 + (index % 2)] ?? 'backup-job');
    const time = new Date(now.getTime() - Math.floor(next() * 7 * 86_400_000));
    const name = isShared && index % 2 === 0 ? 'PutObject' : isShared ? 'GetObject' : 'ListObjects';
    lines.push(JSON.stringify(dataEvent(bucket, principal, name, time, Math.floor(next() * 1_000_000))));
  }
  return lines;
}

function dataEvent(bucket: string, principal: string, eventName: string, time: Date, bytes: number): object {
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${principal}/i-0demo`,
      accountId: ACCOUNT,
      sessionContext: { sessionIssuer: { type: 'Role', arn: roleOf(principal) } },
    },
    eventTime: `${time.toISOString().slice(0, 19)}Z`,
    eventSource: 's3.amazonaws.com',
    eventName,
    awsRegion: 'eu-central-1',
    sourceIPAddress: '10.20.0.1',
    requestParameters: { bucketName: bucket },
    additionalEventData: { bytesTransferredIn: bytes, bytesTransferredOut: bytes },
    eventCategory: 'Data',
  };
}

/** Version 2, the default fields: each service with each store that it reads, one record a direction. */
export function flowLogLines(now: Date): readonly string[] {
  const next = random(11);
  const start = Math.floor(now.getTime() / 1000) - 3600;
  const lines: string[] = [];
  for (const { address, steps } of SERVICES) {
    const names = new Set(steps.flatMap((step) => (step.kind === 'read' ? [step.store] : [])));
    for (const store of STORES.filter(({ name }) => names.has(name))) {
      const port = 40_000 + Math.floor(next() * 20_000);
      const record = (from: string, to: string, fromPort: number, toPort: number, bytes: number): string =>
        `2 ${ACCOUNT} eni-0demo ${from} ${to} ${fromPort} ${toPort} 6 20 ${bytes} ${start} ${start + 60} ACCEPT OK`;
      lines.push(record(address, store.address, port, store.port, 900));
      lines.push(record(store.address, address, store.port, port, 20_000 + Math.floor(next() * 90_000)));
    }
  }
  return lines;
}

function pad(index: number): string {
  return String(index).padStart(5, '0');
}
