/** Documents within the events of a stream: read before the event leaves, and nothing leaves after one that is blocked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DocumentReader, DocumentReading } from '../../engine/extract/documents.ts';
import { EditedStream } from '../../proxy/edited-stream.ts';
import { StreamedAnswer } from '../../proxy/websocket/answers.ts';
import { engineFor, gateFor } from '../engine/transform/gates.ts';
import { makePdf } from '../support/made-documents.ts';
import { CARD } from '../support/planted.ts';

/** An event of Gemini's that holds a document. */
const DOCUMENT = JSON.stringify({
  candidates: [
    {
      index: 0,
      content: {
        role: 'model',
        parts: [{ inlineData: { mimeType: 'application/pdf', data: makePdf(['one']).toString('base64') } }],
      },
    },
  ],
});
const NEXT = JSON.stringify({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'that is all.' }] }, finishReason: 'STOP' }],
});

/** Says that a document says so, once it is told to. */
function reading(text: string | null) {
  const asked = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const reader: DocumentReader = async (documents) => {
    asked.resolve();
    await read.promise;
    const one: DocumentReading = text === null ? null : { texts: [{ name: 'page 1', text }], isWhole: true };
    return documents.map(() => one);
  };
  return { reader, asked: asked.promise, tell: () => read.resolve() };
}

/** Both events through the gate of an answer; how it ended, what left before the document was read, and what left in all. */
async function streamed(text: string | null) {
  const { reader, asked, tell } = reading(text);
  const gate = gateFor(engineFor('CREDIT_CARD'), 'sse', reader);
  const written: Buffer[] = [];
  const over = Promise.withResolvers<string>();
  const end = (how: string) => (rest: Buffer) => {
    written.push(rest);
    over.resolve(how);
  };
  const stream = new EditedStream(
    { gate, restorer: null, decoder: null },
    {
      now: () => 1000,
      issue: async () => [],
      write: (bytes) => written.push(bytes),
      pause: () => {},
      resume: () => {},
      ended: end('ended'),
      blocked: end('blocked'),
      failed: (why) => over.resolve(why),
      broke: (error) => over.reject(error),
    },
  );
  stream.push(Buffer.from(`data: ${DOCUMENT}\n\ndata: ${NEXT}\n\n`));
  stream.end();
  await asked;
  const before = Buffer.concat(written).length;
  tell();
  return { end: await over.promise, before, all: Buffer.concat(written).toString(), inspection: gate.inspection(0) };
}

test('an event waits until the document in it is read, and leaves as it came where nothing is in it', async () => {
  const { end, before, all, inspection } = await streamed('The review is on Tuesday.');
  assert.deepEqual([end, before], ['ended', 0]);
  assert.equal(all, `data: ${DOCUMENT}\n\ndata: ${NEXT}\n\n`);
  assert.deepEqual(inspection.coverage, { level: 'full', reason: null });
});

test('what a rule would replace in a document ends the stream, since no edit can be made there', async () => {
  const { end, all, inspection } = await streamed(`card ${CARD}`);
  assert.deepEqual([end, all], ['blocked', '']);
  assert.equal(inspection.decision.enforced.action, 'block');
  assert.match(inspection.extraction.segments.at(-1)?.path ?? '', /inlineData\/data\/page 1$/);
});

test('a document that cannot be read is on record as not looked at', async () => {
  const { end, all, inspection } = await streamed(null);
  assert.deepEqual([end, all.includes('that is all.')], ['ended', true]);
  assert.deepEqual(inspection.coverage, { level: 'opaque', reason: 'media' });
});

test('over a WebSocket as well', async () => {
  for (const [text, isBlocked] of [
    ['nothing', false],
    [`card ${CARD}`, true],
  ] as const) {
    const { reader, tell } = reading(text);
    const answer = new StreamedAnswer(gateFor(engineFor('CREDIT_CARD'), 'sse', reader), async () => []);
    const leaving = answer.push(Buffer.from(DOCUMENT), 1000);
    tell();
    assert.deepEqual((await leaving).map(String), isBlocked ? [] : [DOCUMENT]);
    assert.equal(answer.gate.isBlocked, isBlocked);
  }
});
