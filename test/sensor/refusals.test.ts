/** Refused connections as events: once a minute for a source and place, bounded, and told to be enforced. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { observing } from '../support/observing.ts';
import { blockedFrame, execFrame } from '../support/sensor-frames.ts';

const SECOND = 1e9;

describe('a connection that was refused', () => {
  test('is one event a minute for its source and place, carried out and not merely watched', () => {
    const on = observing();
    on.frames(execFrame());
    for (let i = 0; i < 50; i++) on.frames(blockedFrame({ cookie: i + 1, ktimeNs: SECOND + i }));
    assert.deepEqual(
      on.closings.map(({ event }) => [
        ...[event.kind, event.channel, event.action, event.mode, event.enforced],
        ...[event.policy, event.rule, event.source.process, event.destination.host, event.destination.port],
        event.reason,
      ]),
      [
        [
          ...['drift', 'sensor', 'block', 'enforce', true],
          ...['sensor', 'block', 'curl', '203.0.113.9', 443],
          'a connection was refused: sensor.block',
        ],
      ],
    );
    on.frames(blockedFrame({ ktimeNs: 62 * SECOND }));
    assert.equal(on.closings.length, 2);
  });

  test('says when it was for want of the proxy; of QUIC, whose program falls back, there is none', () => {
    const on = observing();
    on.frames(execFrame(), blockedFrame({ why: 3, protocol: 17 }), blockedFrame({ why: 2 }));
    assert.deepEqual(
      on.closings.map(({ event }) => [event.rule, event.reason]),
      [['steer', 'a connection was refused: the proxy is away, and proxy.onError is closed']],
    );
  });

  test('to hundreds of places at once is a hundred events, and the next minute says how many were left out', () => {
    const on = observing();
    on.frames(execFrame());
    for (let port = 1000; port < 1250; port++) on.frames(blockedFrame({ port, ktimeNs: SECOND }));
    assert.equal(on.closings.length, 100);
    on.frames(blockedFrame({ port: 2000, ktimeNs: 62 * SECOND }));
    assert.equal(on.closings.length, 101);
    assert.ok(on.closings[100]?.event.explanation.includes('150 more like it were not recorded by themselves'));
  });
});
