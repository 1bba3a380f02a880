import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventBody } from '../../flow/event.ts';
import type { Recorder } from '../../flow/recorder.ts';
import { carrying, parentOf, type Span, type TraceParent, Traces } from '../../proxy/traces.ts';
import { closingOf, openingOf, sampleEvent } from '../store/samples.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('the parent is what a right traceparent says, and nothing else is one', () => {
  assert.deepEqual(parentOf(['Traceparent', `00-${TRACE}-${SPAN}-01`, 'tracestate', 'a=1', 'TraceState', 'b=2']), {
    traceId: TRACE,
    spanId: SPAN,
    flags: 1,
    state: 'a=1,b=2',
  });
  assert.equal(parentOf(['traceparent', `cc-${TRACE}-${SPAN}-01-later`])?.traceId, TRACE);
  for (const wrong of [
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-zz`,
  ]) {
    assert.equal(parentOf(['traceparent', wrong]), null, wrong);
  }
  const twice = ['traceparent', `00-${TRACE}-${SPAN}-01`, 'traceparent', `00-${TRACE}-${SPAN}-00`];
  assert.equal(parentOf(twice), null);
});

const span: Span = { traceparent: '00-new', tracestate: null, end: () => {} };

test('the upstream is told of the span instead of the caller’s, and every other header stays in its place', () => {
  const headers = ['Host', 'a', 'TraceParent', 'old', 'Accept', 'traceparent', 'tracestate', 'old'];
  assert.deepEqual(carrying(headers, span), ['Host', 'a', 'Accept', 'traceparent', 'traceparent', '00-new']);
  assert.deepEqual(carrying([], { ...span, tracestate: 'a=1' }), ['traceparent', '00-new', 'tracestate', 'a=1']);
});

test('what a caller has signed is not changed under its signature', () => {
  const signed = (names: string) => [
    'traceparent',
    'old',
    'Authorization',
    `AWS4-HMAC-SHA256 Credential=x, SignedHeaders=${names}, Signature=y`,
  ];
  assert.deepEqual(carrying(signed('host;traceparent;x-amz-date'), span), signed('host;traceparent;x-amz-date'));
  assert.ok(carrying(signed('host;x-amz-date'), span).includes('00-new'));
});

test('a span ends with the event of its exchange, once, whether it could be recorded or not', async () => {
  const parents: (TraceParent | null)[] = [];
  const ended: string[] = [];
  const traces = new Traces({
    begin: (parent) => {
      parents.push(parent);
      return { ...span, end: ({ id }: EventBody) => ended.push(id) };
    },
  });
  const kept: string[] = [];
  const recorder: Recorder = {
    open: () => kept.push('open'),
    openSoon: async () => void kept.push('openSoon'),
    close: () => {
      throw new Error('full');
    },
    closeSoon: async () => void kept.push('closeSoon'),
  };
  const recording = traces.recording(recorder);
  traces.begin('a', [], 0);
  traces.begin('b', ['traceparent', `00-${TRACE}-${SPAN}-00`], 0);
  recording.open(openingOf(sampleEvent()));
  await recording.openSoon(openingOf(sampleEvent()));
  assert.throws(() => recording.close(closingOf(sampleEvent({ id: 'a' }))), /full/);
  await recording.closeSoon(closingOf(sampleEvent({ id: 'b' })));
  await recording.closeSoon(closingOf(sampleEvent({ id: 'b' })));
  await recording.closeSoon(closingOf(sampleEvent({ id: 'c' })));
  assert.deepEqual(ended, ['a', 'b']);
  assert.deepEqual(kept, ['open', 'openSoon', 'closeSoon', 'closeSoon', 'closeSoon']);
  assert.deepEqual(
    parents.map((parent) => parent?.flags ?? null),
    [null, 0],
  );
});
