/**
 * The load generator of the benchmark, a process of its own: raw TLS sockets and requests prepared beforehand, so that
 * it costs less than what it measures. It keeps one request under way on each connection and counts an answer that is
 * not 200 as an error, never as a request done.
 */
import { once } from 'node:events';
import type tls from 'node:tls';
import { readyToStop, tell } from './child.ts';
import { connect, type Target } from './connection.ts';
import { type Kind, mark, type Prompt, promptsOf } from './prompts.ts';
import {
  measureBeside,
  measureConnects,
  measureFirstBytes,
  openStreams,
  type ReachJob,
  releaseStreams,
} from './reach-load.ts';
import { createResponseReader } from './response-reader.ts';

export interface RateJob {
  readonly kind: 'rate';
  readonly target: Target;
  readonly host: string;
  /** 4 KB prompts unless said. */
  readonly prompts?: Kind;
  readonly connections: number;
  readonly warmMs: number;
  readonly measureMs: number;
}

export interface BulkJob {
  readonly kind: 'download' | 'upload';
  readonly target: Target;
  readonly host: string;
  readonly bytes: number;
}

export interface RateResult {
  readonly requests: number;
  readonly errors: number;
  readonly firstError: string | null;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const pools = new Map<Kind, readonly Prompt[]>();
let serial = 0;

readyToStop(() => process.exit(0));
process.on('message', (job: RateJob | BulkJob | ReachJob | { kind: 'stop' }) => {
  if (job.kind === 'stop') return;
  const work = carryOut(job);
  work.then(tell, (error: unknown) => tell({ failed: error instanceof Error ? error.message : 'unknown' }));
});
tell({});

function carryOut(job: RateJob | BulkJob | ReachJob): Promise<object> {
  switch (job.kind) {
    case 'rate':
      return measureRate(job);
    case 'download':
    case 'upload':
      return moveBytes(job);
    case 'connects':
      return measureConnects(job);
    case 'first-bytes':
      return measureFirstBytes(job);
    case 'streams':
      return openStreams(job);
    case 'release':
      return releaseStreams();
    case 'beside':
      return measureBeside(job);
  }
}

async function measureRate(job: RateJob): Promise<RateResult> {
  const kind = job.prompts ?? 'small';
  const pool = pools.get(kind) ?? promptsOf(kind, job.host);
  pools.set(kind, pool);
  const sockets = await Promise.all(Array.from({ length: job.connections }, () => connect(job.target, job.host)));
  const latencies: number[] = [];
  const tally = { errors: 0, firstError: null as string | null };
  const from = performance.now() + job.warmMs;
  const until = from + job.measureMs;
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          let sentAt = 0;
          const finish = (): void => {
            socket.destroy();
            resolve();
          };
          const send = (): void => {
            const prompt = pool[serial % pool.length];
            serial += 1;
            if (prompt === undefined) throw new Error('no prompts');
            sentAt = performance.now();
            // The socket may hold the buffer until it is written, and the same prompt comes round again much later.
            socket.write(mark(prompt, serial));
          };
          const read = createResponseReader((status) => {
            const now = performance.now();
            if (now >= from && now < until) {
              if (status === 200) latencies.push(now - sentAt);
              else fail(`status ${status}`);
            }
            if (now >= until) finish();
            else send();
          });
          const fail = (what: string): void => {
            tally.errors += 1;
            tally.firstError ??= what;
          };
          socket.on('data', read);
          socket.on('error', (error) => fail(error.message));
          socket.on('close', () => {
            if (performance.now() < until) fail('connection closed');
            resolve();
          });
          send();
        }),
    ),
  );
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    ...tally,
    seconds: job.measureMs / 1000,
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  };
}

/** Moves so many bytes one way and tells how many seconds it took and how many bytes arrived. */
async function moveBytes(job: BulkJob): Promise<{ seconds: number; bytes: number }> {
  const socket = await connect(job.target, job.host);
  const start = performance.now();
  const arrived = job.kind === 'download' ? download(socket, job) : upload(socket, job);
  const bytes = await arrived;
  socket.destroy();
  return { seconds: (performance.now() - start) / 1000, bytes };
}

function download(socket: tls.TLSSocket, job: BulkJob): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const read = createResponseReader(
      (status) => (status === 200 ? resolve(bytes) : reject(new Error(`status ${status}`))),
      (count) => {
        bytes += count;
      },
    );
    socket.on('data', read);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('connection closed')));
    socket.write(`GET /bytes/${job.bytes} HTTP/1.1\r\nHost: ${job.host}\r\nAccept: */*\r\n\r\n`);
  });
}

async function upload(socket: tls.TLSSocket, job: BulkJob): Promise<number> {
  const answered = new Promise<number>((resolve, reject) => {
    let text = '';
    const read = createResponseReader(
      (status) => (status === 200 ? resolve(Number(text)) : reject(new Error(`status ${status}`))),
      (_count, part) => {
        text += part.toString('latin1');
      },
    );
    socket.on('data', read);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('connection closed')));
  });
  const head = `POST /sink HTTP/1.1\r\nHost: ${job.host}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${job.bytes}\r\n\r\n`;
  socket.write(head);
  const block = Buffer.alloc(64 * 1024, 'weir bench upload ');
  const pump = async (): Promise<void> => {
    for (let left = job.bytes; left > 0; ) {
      const part = left < block.length ? block.subarray(0, left) : block;
      left -= part.length;
      if (!socket.write(part) && left > 0) await once(socket, 'drain');
    }
  };
  const pumped = pump();
  return Promise.race([answered, pumped.then(() => answered)]);
}
