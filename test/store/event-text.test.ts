/** Records written out by hand are what JSON.stringify would have written, whatever stands in them. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import type { EventBody } from '../../flow/event.ts';
import {
  destinationText,
  eventText,
  observationBeside,
  observationText,
  openingText,
  sourceText,
} from '../../store/event-text.ts';
import { type Draft, logLine, makeRecord } from '../../store/record.ts';
import { closingLine, parseSpoolLine } from '../../store/spool-reader.ts';
import { newUlid } from '../../store/ulid.ts';
import { FINDING, observationOf, openingOf, sampleEvent } from './samples.ts';

const NASTY = [
  '',
  'a"b\\c',
  'tab\there',
  'line\nfeed',
  'caf\u00e9 \u{1f600}',
  'lone \ud800 surrogate',
  '\u2028',
  '\0',
  '\x7f',
  '</script>',
];

const events: readonly EventBody[] = [
  sampleEvent(),
  sampleEvent({ findings: [FINDING, { ...FINDING, path: '/a"b' }], action: 'tokenize', policy: 'default', rule: 'r' }),
  sampleEvent({
    kind: 'review',
    outcome: null,
    status: null,
    exchange: null,
    mode: null,
    refersTo: 'x',
    latencyMs: null,
  }),
  sampleEvent({
    latencyMs: 0.1 + 0.2,
    bytes: { out: Number.MAX_SAFE_INTEGER, in: 0 },
    coverage: { level: 'opaque', reason: 'media' },
  }),
  sampleEvent({ latencyMs: Number.NaN, decisions: [], explanation: ['one', 'two "quoted"'] }),
  ...NASTY.map((text) =>
    sampleEvent({
      route: text,
      model: text,
      provider: text,
      reason: text,
      explanation: [text, text],
      source: { ...sampleEvent().source, app: text, host: text, exe: text },
      destination: { host: text, port: null, vendor: text, category: text, country: null },
    }),
  ),
];

test('an event', () => {
  for (const event of events) assert.equal(eventText(event), JSON.stringify(event));
});

test('an opening', () => {
  for (const event of events) {
    const opening = openingOf(event);
    assert.deepEqual(
      JSON.parse(openingText(opening, sourceText(opening.source), destinationText(opening.destination))),
      JSON.parse(JSON.stringify(opening)),
    );
  }
});

test('an observation beside its event, what the two have in common put back', () => {
  for (const event of events.slice(0, 3)) {
    const changes = [
      {},
      { direction: 'in' as const, bytesIn: 7, bytesOut: 0, entities: {} },
      { via: 'sni' as const, channel: 'sensor' as const, action: 'block' as const, time: '2026-01-02T03:04:05.678Z' },
      { coverage: { level: 'truncated', reason: 'limit' } as const, protocol: 'websocket', entities: { A: 1, B: 2 } },
    ];
    for (const change of changes) {
      const observation = observationOf(event, change);
      const text = observationText(observation, event);
      assert.deepEqual(observationBeside(JSON.parse(text), event), observation);
      assert.ok(text.length < 260, 'what the event says already is not repeated');
    }
  }
});

test('a record cut out of the text of its closing is the one that is made of its event', () => {
  const key = createSecretKey(Buffer.alloc(32, 7));
  const link = { writer: newUlid(), seq: 3, prevHash: 'x'.repeat(43) };
  const made = (draft: Draft) => {
    const { core, personal, excerpt } = makeRecord(draft, link, key);
    const { salt = null, ...kept } = personal === null ? {} : JSON.parse(personal);
    assert.equal(typeof salt, personal === null ? 'object' : 'string');
    return { core: core.replace(/"digests":\{.*/, ''), kept, excerpt };
  };
  const nobody = { host: null, process: null, exe: null, user: null, credential: null };
  const alone = sampleEvent({ source: { ...sampleEvent().source, ...nobody } });
  for (const event of [...events, alone]) {
    const written = closingLine({ event, edges: [observationOf(event)], excerpt: 'text:[A]' });
    const parsed = parseSpoolLine(written.trimEnd());
    assert.ok(parsed?.kind === 'closing' && parsed.entry.read !== undefined);
    const { read, ...entry } = parsed.entry;
    assert.equal(read.text, eventText(entry.event));
    assert.deepEqual(made({ ...entry, read }), made(entry));
    const chained = { event: entry.event, link, hash: 'h' };
    assert.equal(logLine({ ...chained, text: read.text }), logLine(chained));
  }
});

test('a closing that is written otherwise is read all the same', () => {
  const key = createSecretKey(Buffer.alloc(32, 7));
  const link = { writer: newUlid(), seq: 1, prevHash: 'x'.repeat(43) };
  const event = sampleEvent({ findings: [FINDING] });
  const { credential, ...source } = event.source;
  const { source: _, ...rest } = event;
  const written = { event: { ...rest, source: { credential, ...source } }, edges: [], excerpt: null };
  const parsed = parseSpoolLine(`C ${JSON.stringify(written)}`);
  assert.ok(parsed?.kind === 'closing');
  const { core } = makeRecord(parsed.entry, link, key);
  assert.equal(JSON.parse(core).source.credential, null);
  assert.deepEqual(JSON.parse(core).findings[0].fingerprints, []);
});
