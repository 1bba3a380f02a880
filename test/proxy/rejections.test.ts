/** Who does not trust the certificate is noticed whichever worker the next try comes to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceOf } from '../../proxy/identity.ts';
import { Rejections } from '../../proxy/trust.ts';

const HOST = 'api.example.com';
const SOURCE = sourceOf({ kind: 'anonymous' }, 'host');

/** Two processes, each of which hears what the other has seen. */
function two(now: () => number): readonly [Rejections, Rejections, { count: number }] {
  const told = { count: 0 };
  const heard = (other: () => Rejections) => (key: string, at: number | null) => {
    told.count++;
    other().learn(key, at);
  };
  const first: Rejections = new Rejections(
    now,
    heard(() => second),
  );
  const second: Rejections = new Rejections(
    now,
    heard(() => first),
  );
  return [first, second, told];
}

test('a second try within a minute counts, in the same process and in another', () => {
  let now = 0;
  const [first, second] = two(() => now);
  assert.equal(first.note(SOURCE, HOST), false);
  now = 60_000;
  assert.equal(second.note(SOURCE, HOST), true);
  assert.equal(second.note(SOURCE, 'other.example.com'), false);
  now = 120_001;
  assert.equal(first.note(SOURCE, HOST), false);
});

test('a source that trusts it after all is forgotten everywhere, and one that always did is not spoken of', () => {
  const [first, second, told] = two(() => 0);
  first.forget(SOURCE, HOST);
  assert.equal(told.count, 0);
  first.note(SOURCE, HOST);
  second.forget(SOURCE, 'other.example.com');
  assert.equal(told.count, 1);
  second.forget(SOURCE, HOST);
  assert.equal(first.note(SOURCE, HOST), false);
});
