import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FULL, opaque } from '../../flow/coverage.ts';
import type { Action, Decision, Ruling } from '../../flow/decision.ts';
import { type ExchangeParts, edgesOf, eventOf, type Side, timeText } from '../../flow/event-of.ts';
import type { Source } from '../../flow/parties.ts';

const SOURCE: Source = {
  app: null,
  verified: false,
  host: 'h1',
  pid: 7,
  process: 'curl',
  exe: '/usr/bin/curl',
  user: 'jane',
  container: null,
  credential: null,
};

function ruling(action: Action, mode: Ruling['mode']): Ruling {
  return { action, mode, policy: 'p', policyVersion: 'v', rule: 'r', severity: 'high', message: null };
}

function side(decision: Partial<Decision>): Side {
  const none: Ruling = { ...ruling('allow', 'enforce'), policy: null, policyVersion: null, rule: null, severity: null };
  return {
    direction: 'request',
    findings: [],
    coverage: FULL,
    decision: { enforced: none, monitored: null, verdicts: [], subject: [], explanation: [], ...decision },
  };
}

function parts(channel: ExchangeParts['channel'], sides: readonly Side[]): ExchangeParts {
  return {
    id: 'id',
    time: '2026-01-01T00:00:00.000Z',
    channel,
    exchange: 'id',
    outcome: 'completed',
    status: 200,
    sides,
    coverage: FULL,
    source: SOURCE,
    destination: {
      host: 'api.openai.com',
      port: 443,
      vendor: 'OpenAI',
      category: 'genai',
      country: 'US',
      sanctioned: false,
    },
    provider: 'openai',
    model: null,
    route: 'POST /v1/chat/completions',
    bytes: { out: 10, in: 20 },
    latencyMs: 5,
    reason: null,
  };
}

test('what the sensor saw is what would have happened, carried out by nobody', () => {
  const both = side({ enforced: ruling('tokenize', 'enforce'), monitored: ruling('block', 'monitor') });
  const seen = eventOf(parts('sensor', [both]));
  assert.deepEqual([seen.action, seen.mode, seen.enforced], ['tokenize', 'monitor', false]);
  assert.deepEqual(
    seen.decisions.map(({ action, mode }) => [action, mode]),
    [
      ['tokenize', 'monitor'],
      ['block', 'monitor'],
    ],
  );
  assert.deepEqual(
    edgesOf(seen, { via: 'handle', protocol: 'https' }, () => ({})).map(({ action, via }) => [action, via]),
    [
      ['allow', 'handle'],
      ['allow', 'handle'],
    ],
  );
  const done = eventOf(parts('proxy', [both]));
  assert.deepEqual([done.action, done.mode, done.enforced], ['tokenize', 'enforce', true]);
});

test('an exchange without a rule is enforced in the proxy and observed by the sensor', () => {
  assert.deepEqual(
    [eventOf(parts('proxy', [side({})])).enforced, eventOf(parts('proxy', [side({})])).mode],
    [true, null],
  );
  const seen = eventOf(parts('sensor', [side({})]));
  assert.deepEqual([seen.enforced, seen.mode, seen.action], [false, 'monitor', 'allow']);
});

test('the least coverage of all sides is that of the event, and of its edges', () => {
  const event = eventOf(
    parts('sensor', [side({}), { ...side({}), direction: 'response', coverage: opaque('rustls') }]),
  );
  assert.deepEqual(event.coverage, opaque('rustls'));
  const [out, back] = edgesOf(event, { via: 'sni', protocol: 'https' }, (direction) => ({ [direction]: 1 }));
  assert.deepEqual([out?.direction, out?.bytesOut, out?.entities], ['out', 10, { request: 1 }]);
  assert.deepEqual([back?.direction, back?.bytesIn, back?.entities], ['in', 20, { response: 1 }]);
  assert.deepEqual(back?.coverage, opaque('rustls'));
});

test('a moment as text', () => {
  for (const ms of [
    0, 1, 9, 10, 99, 100, 999, 1000, 1_767_225_599_999, 1_767_225_600_000, 1_767_225_600_000, 5, 61_007,
  ])
    assert.equal(timeText(ms), new Date(ms).toISOString());
  assert.equal(timeText(1234.75), '1970-01-01T00:00:01.234Z');
});
