/**
 * Faults between client and proxy and between proxy and upstream, in both directions of each. An answer is whole or seen
 * to be broken, every call has its one event, and afterwards sockets and memory are what they were.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Fault, type FaultRelay, startFaultRelay } from '../support/fault-relay.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

const CHAT = { model: 'gpt-4o', messages: [{ role: 'user', content: `Name three rivers. ${'word '.repeat(2000)}` }] };
const EVENTS = Array.from({ length: 40 }, (_, i) => `data: {"choices":[{"delta":{"content":"river ${i} "}}]}\n\n`);
const STREAM = `${EVENTS.join('')}data: [DONE]\n\n`;
const WHOLE = JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'Rhine. '.repeat(2000) } }] });

let weir: UnderTest;
let front: FaultRelay;
let behind: FaultRelay;
let standInPort = 0;
before(async () => {
  behind = await startFaultRelay(() => standInPort);
  weir = await startUnderTest({
    config: {
      proxy: {
        resolve: { [`${OPENAI}:443`]: `127.0.0.1:${behind.port}` },
        limits: { firstByteMs: '3s', tlsMs: '3s', clientHelloMs: '3s', clientHeadMs: '3s' },
      },
    },
  });
  standInPort = weir.standIn.port;
  front = await startFaultRelay(() => weir.port);
  weir.standIn.use(async ({ request, response, received }) => {
    await received;
    // So that each call meets the fault on a connection of its own.
    response.setHeader('connection', 'close');
    if (request.headers['x-stream'] === undefined) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': WHOLE.length }).end(WHOLE);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of EVENTS) {
      response.write(event);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end('data: [DONE]\n\n');
  });
});
after(async () => {
  await front.close();
  await weir.close();
  await behind.close();
});

type Ended =
  | { readonly kind: 'whole' }
  | { readonly kind: 'error'; readonly status: number }
  | { readonly kind: 'broken' };

/** One call, however it ends; a body that is whole and another than was sent is a failure of the test. */
async function call(isStreamed: boolean): Promise<Ended> {
  const head = `Connection: close\r\n${isStreamed ? 'X-Stream: 1\r\n' : ''}`;
  let wire: Awaited<ReturnType<typeof connectThrough>> | null = null;
  try {
    wire = await connectThrough(front.port, OPENAI, weir.ca);
    wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, { ...CHAT, stream: isStreamed }, head));
    const answer = await wire.answer('POST');
    if (answer.status !== 200) return { kind: 'error', status: answer.status };
    assert.equal(answer.text, isStreamed ? STREAM : WHOLE);
    return { kind: 'whole' };
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return { kind: 'broken' };
  } finally {
    wire?.destroy();
  }
}

const NONE: Fault = { kind: 'none' };
/** Bytes into a direction: within the handshake, the request or the head of the answer, and the answer's body. */
const PLACES = [60, 1500, 2600, 9000] as const;
const HARMLESS: readonly Fault[] = [
  { kind: 'late', ms: 15 },
  { kind: 'sliced', bytes: 1 },
  { kind: 'sliced', bytes: 700 },
  { kind: 'slow-close', ms: 150 },
];
const HARMFUL: readonly Fault[] = PLACES.flatMap((bytes): Fault[] => [
  { kind: 'reset', after: bytes },
  { kind: 'truncated', after: bytes },
]);

interface Case {
  readonly what: string;
  readonly relay: () => FaultRelay;
  readonly out: Fault;
  readonly back: Fault;
}

function casesOf(faults: readonly Fault[]): readonly Case[] {
  return faults.flatMap((fault) => {
    const shown = JSON.stringify(fault);
    return [
      { what: `${shown}, client to proxy`, relay: () => front, out: fault, back: NONE },
      { what: `${shown}, proxy to client`, relay: () => front, out: NONE, back: fault },
      { what: `${shown}, proxy to upstream`, relay: () => behind, out: fault, back: NONE },
      { what: `${shown}, upstream to proxy`, relay: () => behind, out: NONE, back: fault },
    ];
  });
}

async function withFault({ relay, out, back }: Case, work: () => Promise<void>): Promise<void> {
  relay().use({ out, back });
  try {
    await work();
  } finally {
    relay().use({ out: NONE, back: NONE });
  }
}

describe('a fault that loses nothing', () => {
  for (const one of casesOf(HARMLESS)) {
    test(`changes nothing: ${one.what}`, () =>
      withFault(one, async () => {
        for (const isStreamed of [false, true]) assert.deepEqual(await call(isStreamed), { kind: 'whole' });
      }));
  }
});

describe('a fault that cuts something off', () => {
  for (const one of casesOf(HARMFUL)) {
    test(`is seen as such, and only by its own call: ${one.what}`, async () => {
      await withFault(one, async () => {
        for (const isStreamed of [false, true]) {
          const ended = await call(isStreamed);
          // What was cut off of an upstream's connection before the call is none of its business.
          if (ended.kind === 'error') assert.ok(ended.status >= 500 && ended.status <= 504, String(ended.status));
        }
      });
      assert.deepEqual(await call(false), { kind: 'whole' });
    });
  }
});

test('every call that was begun has one event, and what broke off says so', async () => {
  const events = await weir.events(1);
  const exchanges = events.filter(({ destination }) => destination.host === OPENAI);
  assert.equal(new Set(exchanges.map(({ id }) => id)).size, exchanges.length);
  const outcomes = new Set(exchanges.map(({ outcome }) => outcome));
  for (const outcome of ['completed', 'client_aborted', 'upstream_failed'] as const)
    assert.ok(outcomes.has(outcome), outcome);
  for (const { outcome, status } of exchanges)
    if (outcome === 'completed') assert.ok(status === 200 || status === null);
});

test('afterwards sockets and memory are what they were', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const round = async (): Promise<void> => {
    for (const one of casesOf([...HARMFUL, { kind: 'sliced', bytes: 700 }]))
      await withFault(one, async () => void (await call(true)));
  };
  const settled = async (): Promise<number> => {
    await until('no connection is open', () => front.open === 0 && behind.open === 0);
    collect();
    return process.memoryUsage().heapUsed;
  };
  await round();
  const before = await settled();
  await round();
  await round();
  const grown = (await settled()) - before;
  assert.ok(grown < 8 * 2 ** 20, `${Math.round(grown / 1024)} KiB more`);
});

/** Ends of sockets are told by nobody here: looked for again until they are there, at most 10 s. */
async function until(what: string, is: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!is()) {
    if (performance.now() > limit) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
