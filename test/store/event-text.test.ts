/** Records written out by hand are what JSON.stringify would have written, whatever stands in them. */
import assert from 'node:assert/strict';
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
