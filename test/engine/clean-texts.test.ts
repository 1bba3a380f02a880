/** Which short texts are scanned once, and that nothing is missed by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scan } from '../../engine/inspect.ts';
import { createScanner, type Scanner } from '../../engine/scan/scanner.ts';
import type { Segment } from '../../flow/segment.ts';

function segment(text: string, change: Partial<Segment> = {}): Segment {
  const bytes = Buffer.from(text);
  return {
    text: bytes,
    path: '/x',
    label: 'x',
    role: 'metadata',
    position: 'latest',
    part: { kind: 'body' },
    layers: [{ kind: 'raw', start: 0, end: bytes.length }],
    immutable: false,
    ...change,
  };
}

/** The real scanner, and the texts that it was asked about. */
function watched(): { readonly engine: Parameters<typeof scan>[0]; readonly asked: string[] } {
  const asked: string[] = [];
  const real = createScanner();
  const scanner: Scanner = {
    holding: () => null,
    recognizers: real.recognizers,
    isDecoded: (finding) => real.isDecoded(finding),
    valueOf: (text, finding) => real.valueOf(text, finding),
    scan: (text, hints) => scanner.begin(text, hints).findings(),
    begin: (text, hints) => {
      asked.push(`${hints.label} ${hints.role}: ${text.toString()}`);
      return real.begin(text, hints);
    },
  };
  return { engine: { scanner, fingerprint: () => 'f' }, asked };
}

test('what stands beside the turns is scanned once for all messages, under each label', () => {
  const { engine, asked } = watched();
  const model = segment('gpt-4o-mini-2024-07-18', { label: 'model' });
  for (let i = 0; i < 3; i++) assert.deepEqual(scan(engine, [model, { ...model, label: 'user' }]), []);
  assert.deepEqual(asked, ['model metadata: gpt-4o-mini-2024-07-18', 'user metadata: gpt-4o-mini-2024-07-18']);
});

test('what anyone says is scanned once a message, and again in the next', () => {
  const { engine, asked } = watched();
  const said = segment('hello there', { role: 'user', label: 'content' });
  const answered = segment('hello there', { role: 'assistant', label: 'content' });
  for (let i = 0; i < 2; i++) scan(engine, [said, said, answered, said, answered]);
  assert.deepEqual(asked, [
    'content user: hello there',
    'content assistant: hello there',
    'content user: hello there',
    'content assistant: hello there',
  ]);
});

test('what holds a value is found each time', () => {
  const { engine } = watched();
  const mail = segment('anna.north@north-mill.com', { label: 'user' });
  for (let i = 0; i < 3; i++) {
    const found = scan(engine, [mail, mail, { ...mail, role: 'user' }]);
    assert.deepEqual(
      found.map((finding) => `${finding.segment} ${finding.entity}`),
      ['0 EMAIL_ADDRESS', '1 EMAIL_ADDRESS', '2 EMAIL_ADDRESS'],
    );
  }
});

test('a long text is scanned each time', () => {
  const { engine, asked } = watched();
  const long = segment('word '.repeat(20));
  scan(engine, [long, long]);
  assert.equal(asked.length, 2);
});

test('thousands of different texts do not keep one that comes again from being scanned rightly', () => {
  const { engine, asked } = watched();
  for (let i = 0; i < 5000; i++) scan(engine, [segment(`name-${i.toString(36)}`), segment('client/1')]);
  assert.equal(scan(engine, [segment('4111 1111 1111 1111')])[0]?.entity, 'CREDIT_CARD');
  assert.ok(asked.length < 5010);
});
