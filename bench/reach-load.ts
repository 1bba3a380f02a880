/** What the load generator does beside rates and large bodies: new connections, first bytes, open streams, calls beside a huge one. */
import type tls from 'node:tls';
import { connect, type Target } from './connection.ts';
import { hugeRequest, makePrompts, mark, type Prompt, streamRequest } from './prompts.ts';
import { createResponseReader } from './response-reader.ts';

interface Job {
  readonly target: Target;
  readonly host: string;
}

export type ReachJob =
  | (Job & { readonly kind: 'connects'; readonly parallel: number; readonly measureMs: number })
  | (Job & { readonly kind: 'first-bytes'; readonly how: 'short' | 'token'; readonly count: number })
  | (Job & { readonly kind: 'streams'; readonly count: number })
  | { readonly kind: 'release' }
  | (Job & {
      readonly kind: 'beside';
      readonly perSecond: number;
      readonly measureMs: number;
      /** Size of the body that is sent meanwhile, again and again; 0 for none. */
      readonly hugeBytes: number;
    });

type JobOf<K extends ReachJob['kind']> = Extract<ReachJob, { readonly kind: K }>;

let serial = 1_000_000;

/** A connection a call: CONNECT, TLS, one prompt. */
export async function measureConnects({ target, host, parallel, measureMs }: JobOf<'connects'>): Promise<object> {
  const pool = makePrompts(200, 77, host);
  const until = performance.now() + measureMs;
  let done = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (performance.now() < until) {
        const socket = await connect(target, host);
        await answered(socket, pool[serial % pool.length] as Prompt);
        socket.destroy();
        if (performance.now() < until) done += 1;
      }
    }),
  );
  return { perSecond: done / (measureMs / 1000) };
}

/** From a request to the first text of its stream, one after the other on one connection. */
export async function measureFirstBytes({ target, host, how, count }: JobOf<'first-bytes'>): Promise<object> {
  const socket = await connect(target, host);
  const prompt = streamRequest(host, how);
  const waits: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const sentAt = performance.now();
    let first = Number.NaN;
    let text = '';
    await answered(socket, prompt, (part) => {
      text += part.toString('latin1');
      // The text begins behind the first quote of `content`.
      if (Number.isNaN(first) && /"content":"[^"]/.test(text)) first = performance.now();
    });
    waits.push(first - sentAt);
  }
  socket.destroy();
  return { p50Ms: percentile(waits, 0.5), p99Ms: percentile(waits, 0.99) };
}

let open: tls.TLSSocket[] = [];

/** So many streams whose first event has come and whose end has not. */
export async function openStreams({ target, host, count }: JobOf<'streams'>): Promise<object> {
  for (let i = 0; i < count; i += 50) {
    open.push(...(await Promise.all(Array.from({ length: Math.min(50, count - i) }, () => openStream(target, host)))));
  }
  return { open: open.length };
}

export async function releaseStreams(): Promise<object> {
  for (const socket of open) socket.destroy();
  open = [];
  return {};
}

async function openStream(target: Target, host: string): Promise<tls.TLSSocket> {
  const socket = await connect(target, host);
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    const read = createResponseReader(
      (status) => reject(new Error(`a stream ended with ${status}`)),
      () => resolve(),
    );
    socket.on('data', read);
    socket.write(mark(streamRequest(host, 'open'), serial++));
  });
  return socket;
}

/** Small calls at a fixed rate, and how long they take while a huge body goes the same way. */
export async function measureBeside(job: JobOf<'beside'>): Promise<object> {
  const { target, host, perSecond, measureMs, hugeBytes } = job;
  const pool = makePrompts(500, 78, host);
  const until = performance.now() + measureMs;
  let isOver = false;
  let huge = 0;
  const beside = async (): Promise<void> => {
    if (hugeBytes === 0) return;
    const socket = await connect(target, host);
    const prompt = hugeRequest(host, hugeBytes);
    while (!isOver) {
      await answered(socket, prompt);
      huge += 1;
    }
    socket.destroy();
  };
  const going = beside();
  const sockets = await Promise.all(Array.from({ length: 8 }, () => connect(target, host)));
  const free = [...sockets];
  const waits: number[] = [];
  const calls: Promise<void>[] = [];
  const from = performance.now();
  for (let due = from; due < until; due += 1000 / perSecond) {
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    const socket = free.shift();
    // All connections wait for an answer: this call is late already, and counts from when it was due.
    const call = async (): Promise<void> => {
      const own = socket ?? (await connect(target, host));
      await answered(own, pool[serial % pool.length] as Prompt);
      waits.push(performance.now() - due);
      if (socket === undefined) own.destroy();
      else free.push(own);
    };
    calls.push(call());
  }
  await Promise.all(calls);
  isOver = true;
  await going;
  for (const socket of sockets) socket.destroy();
  return { p50Ms: percentile(waits, 0.5), p99Ms: percentile(waits, 0.99), calls: waits.length, huge };
}

/** Sends one request and waits for its answer, which has to be 200. */
function answered(socket: tls.TLSSocket, prompt: Prompt, onBody: (part: Buffer) => void = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error: Error | null): void => {
      socket.off('data', read).off('error', finish).off('close', gone);
      if (error === null) resolve();
      else reject(error);
    };
    const gone = (): void => finish(new Error('connection closed'));
    const read = createResponseReader(
      (status) => finish(status === 200 ? null : new Error(`status ${status}`)),
      (_, part) => onBody(part),
    );
    socket.on('data', read).on('error', finish).on('close', gone);
    socket.write(mark(prompt, serial++));
  });
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
