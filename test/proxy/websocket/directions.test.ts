/**
 * Messages through one direction of a WebSocket, without a proxy around it: cut into fragments and pieces in every way, in
 * each of the ways in which they may be treated, compressed or not on either leg.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Direction as Way } from '../../../flow/decision.ts';
import type { ExchangeContext } from '../../../proxy/context.ts';
import { HeldBudget } from '../../../proxy/held-budget.ts';
import { BrokenProtocol } from '../../../proxy/websocket/close.ts';
import { Deflater, Inflater } from '../../../proxy/websocket/deflate.ts';
import { Direction, type Judging } from '../../../proxy/websocket/direction.ts';
import type { DeflateTerms } from '../../../proxy/websocket/extensions.ts';
import { FrameReader } from '../../../proxy/websocket/frame-reader.ts';
import { frame } from '../../../proxy/websocket/frame-writer.ts';
import type { Way as Treatment } from '../../../proxy/websocket/judge.ts';
import { Leg } from '../../../proxy/websocket/leg.ts';
import { seeded } from '../../support/every-split.ts';

const TERMS: DeflateTerms = { sendBits: 15, sendsInContext: true, receivesInContext: true };
const LIMITS = { inspectBytes: 40_000, shapeBytes: 5_000, besideBytes: 10_000 };
const MAX = (): number => LIMITS.inspectBytes * 100;

interface Sent {
  readonly opcode: number;
  readonly text: Buffer;
}

/** A direction from a client whose frames are given to a server whose frames are gathered. */
async function through(
  treatment: Treatment,
  [from, to]: readonly [boolean, boolean],
  onError: 'open' | 'closed' = 'open',
): Promise<{ direction: Direction; budget: HeldBudget; oversize: number[]; received(): Promise<Sent[]> }> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown];
  server.close();
  const budget = new HeldBudget(1_000_000, 100_000);
  const context = {
    config: { limits: LIMITS, onError },
    budget,
    now: () => 0,
    log: () => {},
    figures: { failedOpen: () => {}, failedClosed: () => {} },
  };
  const judge: Judging = {
    wayOf: () => treatment,
    undecided: () => 'hold',
    decide: async (_: Way, payload: Buffer) => ({ kind: 'send', messages: [payload] }),
    control: async (_: Way, payload: Buffer) => ({ kind: 'send', messages: [payload] }),
    rest: async () => ({ kind: 'send', messages: [] }),
    beside: async () => {},
    dueAt: () => null,
    tick: async () => ({ kind: 'send', messages: [] }),
    isWaiting: () => false,
    letGo: async () => ({ kind: 'send', messages: [] }),
  };
  const account = { lessen: () => {}, failedOpen: () => {}, failedClosed: () => {} };
  const oversize: number[] = [];
  const endings = {
    closed: async () => {},
    stopped: () => {},
    oversize: (_: Leg, code: number) => void oversize.push(code),
  };
  const direction = new Direction(
    'request',
    new Leg('client', socket, from ? TERMS : null, MAX),
    new Leg('upstream', socket, to ? TERMS : null, MAX),
    { judge, account: account as never, endings },
    () => context as unknown as ExchangeContext,
  );
  const chunks: Buffer[] = [];
  peer.on('data', (chunk) => chunks.push(chunk));
  return {
    direction,
    budget,
    oversize,
    async received() {
      socket.end();
      await once(peer, 'end');
      peer.destroy();
      return messagesOf(Buffer.concat(chunks), to);
    },
  };
}

/** What an endpoint makes of frames. */
async function messagesOf(bytes: Buffer, isDeflated: boolean): Promise<Sent[]> {
  const reader = new FrameReader({ isMasked: true, mayCompress: isDeflated });
  const inflater = new Inflater(TERMS, () => 100_000_000);
  const messages: Sent[] = [];
  let parts: Buffer[] = [];
  let first = { opcode: 0, isCompressed: false };
  for (const piece of reader.read(bytes)) {
    if (piece.opcode >= 8) {
      messages.push({ opcode: piece.opcode, text: Buffer.from(piece.bytes) });
      continue;
    }
    if (piece.opcode !== 0 && piece.at === 0) first = piece;
    parts.push(piece.bytes);
    if (!piece.isFinal || piece.at + piece.bytes.length < piece.length) continue;
    let text = Buffer.concat(parts);
    if (first.isCompressed) {
      const inflating = inflater.pieces();
      text = Buffer.concat([await inflating.push(text), await inflating.end()]);
    }
    messages.push({ opcode: first.opcode, text });
    parts = [];
  }
  assert.equal(parts.length, 0);
  return messages;
}

/** Frames of a client, in fragments at random places, pings in between. */
async function framesOf(messages: readonly Sent[], isDeflated: boolean, random: () => number): Promise<Buffer> {
  const deflater = new Deflater(15, true);
  const frames: Buffer[] = [];
  for (const { opcode, text } of messages) {
    if (opcode >= 8) {
      frames.push(frame({ opcode, isFinal: true, isCompressed: false, length: text.length }, text, true));
      continue;
    }
    const deflated = isDeflated ? await deflater.deflate(text) : null;
    const bytes = deflated ?? text;
    const count = 1 + Math.floor(random() * 4);
    const cuts = Array.from({ length: count - 1 }, () => Math.floor(random() * (bytes.length + 1))).sort(
      (a, b) => a - b,
    );
    [0, ...cuts].forEach((start, i) => {
      const part = bytes.subarray(start, cuts[i] ?? bytes.length);
      const isCompressed = i === 0 && deflated !== null;
      const head = { opcode: i === 0 ? opcode : 0, isFinal: i === count - 1, isCompressed, length: part.length };
      frames.push(frame(head, part, true));
    });
  }
  return Buffer.concat(frames);
}

function someMessages(random: () => number): Sent[] {
  return Array.from({ length: 12 }, () => {
    const kind = random();
    if (kind < 0.2) return { opcode: 9, text: Buffer.from('ping'.repeat(Math.floor(random() * 20))) };
    const size = Math.floor(random() ** 4 * 60_000);
    if (kind < 0.5) return { opcode: 2, text: Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) % 256)) };
    return { opcode: 1, text: Buffer.from('wörter \u{1f600} '.repeat(1 + size / 12)) };
  });
}

for (const treatment of ['pass', 'restore', 'hold', 'shape'] as const) {
  for (const legs of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    test(`${treatment}, deflated ${legs[0] ? 'here' : 'not here'} and ${legs[1] ? 'there' : 'not there'}: messages come as they were sent`, async () => {
      const random = seeded(legs.length + treatment.length);
      for (let round = 0; round < 4; round++) {
        const sent = someMessages(random);
        const bytes = await framesOf(sent, legs[0], random);
        const { direction, budget, received } = await through(treatment, legs);
        for (let at = 0; at < bytes.length; ) {
          const size = random() < 0.3 ? 1 + Math.floor(random() * 5) : Math.floor(random() * 20_000) + 1;
          await direction.take(Buffer.from(bytes.subarray(at, at + size)));
          at += size;
        }
        const got = await received();
        assert.deepEqual(
          got.map(({ opcode, text }) => `${opcode} ${text.length}`),
          sent.map(({ opcode, text }) => `${opcode} ${text.length}`),
        );
        for (const [i, { text }] of got.entries()) assert.ok(text.equals(sent[i]?.text ?? Buffer.alloc(0)));
        assert.equal(budget.usedBytes, 0);
      }
    });
  }
}

test('a message in very many fragments is one message', async () => {
  for (const treatment of ['pass', 'hold'] as const) {
    const { direction, received } = await through(treatment, [false, false]);
    const text = Buffer.from('x'.repeat(30_000));
    const frames = [...text].map((byte, i) =>
      frame(
        { opcode: i === 0 ? 1 : 0, isFinal: i === text.length - 1, isCompressed: false, length: 1 },
        Buffer.from([byte]),
        true,
      ),
    );
    const bytes = Buffer.concat(frames);
    for (let at = 0; at < bytes.length; at += 65_536) await direction.take(bytes.subarray(at, at + 65_536));
    const got = await received();
    assert.equal(got.length, 1);
    assert.ok(got[0]?.text.equals(text));
  }
});

test('a held message past its limit is said to be too large, once, and its room is free again', async () => {
  const { direction, budget, oversize, received } = await through('hold', [false, false], 'closed');
  const text = Buffer.alloc(LIMITS.inspectBytes + 1, 0x61);
  const bytes = await framesOf([{ opcode: 1, text }], false, () => 0);
  for (let at = 0; at < bytes.length; at += 4096) await direction.take(bytes.subarray(at, at + 4096));
  assert.deepEqual(oversize, [1009]);
  assert.equal(budget.usedBytes, 0);
  assert.deepEqual(await received(), []);
});

test('text that is not UTF-8 does not pass, however it is cut', async () => {
  for (const treatment of ['pass', 'hold'] as const) {
    for (const bad of [[0xff], [0x61, 0xc3], [0xe2, 0x82, 0x28], [0xed, 0xa0, 0x80]]) {
      const text = Buffer.from(bad);
      const bytes = Buffer.concat([
        frame({ opcode: 1, isFinal: false, isCompressed: false, length: text.length }, text, true),
        frame({ opcode: 0, isFinal: true, isCompressed: false, length: 0 }, Buffer.alloc(0), true),
      ]);
      const { direction, received } = await through(treatment, [false, false]);
      const work = async (): Promise<void> => {
        for (const byte of bytes) await direction.take(Buffer.from([byte]));
      };
      await assert.rejects(work(), (error) => error instanceof BrokenProtocol && error.code === 1007);
      await received().catch(() => {});
    }
  }
});
