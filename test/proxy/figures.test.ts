import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WeirError } from '../../flow/errors.ts';
import { ProxyFigures } from '../../proxy/figures.ts';

const OPEN = { connections: 3, exchanges: 2, heldBytes: 10, heldWaiting: 1 };

function valuesOf(figures: ProxyFigures): Record<string, number> {
  return Object.fromEntries(
    figures.read(OPEN).values.map(({ name, labels, value }) => [[name, ...labels].join(' '), value]),
  );
}

test('failures of its own are told apart by where they were, and add up', () => {
  const figures = new ProxyFigures();
  figures.failedOpen('record');
  figures.failedOpen('record');
  figures.failedOpen('size');
  figures.failedClosed('inspection');
  const values = valuesOf(figures);
  assert.equal(values['weir_fail_opens_total record'], 2);
  assert.equal(values['weir_fail_opens_total size'], 1);
  assert.equal(values['weir_fail_closed_total inspection'], 1);
  assert.equal(values['weir_fail_closed_total record'], 0);
  assert.equal(values['weir_open_connections'], 3);
  assert.equal(values['weir_held_waiting'], 1);
  figures.stop();
});

test('a failed connection is counted by its code, and fails all the same', async () => {
  const figures = new ProxyFigures();
  const refusal = new WeirError('upstream_untrusted', 'no');
  const dialer = figures.counting({ dial: () => Promise.reject(refusal) });
  await assert.rejects(dialer.dial({ host: 'a.example', port: 443 }, true), refusal);
  assert.equal(valuesOf(figures)['weir_upstream_failures_total upstream_untrusted'], 1);
  figures.stop();
});

test('the time of a stage lies in its bucket', () => {
  const figures = new ProxyFigures();
  figures.passed('inspect', performance.now() - 30);
  const inspect = figures.read(OPEN).spreads.find(({ labels }) => labels[0] === 'inspect');
  assert.ok(inspect !== undefined);
  assert.equal(
    inspect.counts.reduce((a, b) => a + b, 0),
    1,
  );
  assert.ok(inspect.sum >= 0.03);
  figures.stop();
});
