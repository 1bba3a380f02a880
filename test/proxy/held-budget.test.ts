/** Room for held bodies: in line, without a body that waits for another for ever, and without a byte lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldBudget, HeldShare } from '../../proxy/held-budget.ts';

const LONG_MS = 60_000;

/** Records in which order the shares got their room. */
function lineOf(): { readonly order: string[]; wait(name: string, share: HeldShare, bytes: number): Promise<void> } {
  const order: string[] = [];
  return {
    order,
    async wait(name, share, bytes) {
      order.push((await share.growWhenRoom(bytes)) ? name : `${name}: none`);
    },
  };
}

test('whoever waits longest is served first, and nobody who comes later overtakes with less', async () => {
  const budget = new HeldBudget(100, 0, LONG_MS);
  const [holder, a, b, late] = [1, 2, 3, 4].map(() => new HeldShare(budget)) as [
    HeldShare,
    HeldShare,
    HeldShare,
    HeldShare,
  ];
  assert.ok(holder.grow(100));
  const line = lineOf();
  const waits = [line.wait('a', a, 60), line.wait('b', b, 10)];
  assert.equal(budget.waitingCount, 2);
  holder.shrink(30);
  assert.equal(late.grow(1), false);
  assert.equal(budget.usedBytes, 70);
  holder.shrink(30);
  await waits[0];
  assert.deepEqual(line.order, ['a']);
  holder.release();
  await Promise.all(waits);
  assert.deepEqual(line.order, ['a', 'b']);
  assert.equal(budget.usedBytes, 70);
  assert.ok(late.grow(30));
  for (const share of [a, b, late]) share.release();
  assert.equal(budget.usedBytes, 0);
});

test('bodies that are each half there do not wait for one another: the first in line is finished, then the next', async () => {
  const body = 40;
  const budget = new HeldBudget(100, body, LONG_MS);
  const shares = [1, 2, 3].map(() => new HeldShare(budget));
  for (const share of shares) assert.ok(share.grow(20));
  assert.equal(budget.usedBytes, 60);
  const line = lineOf();
  // Each needs as much again, and nothing is left of the part that is for all.
  const waits = shares.map((share, at) => line.wait(String(at), share, 20));
  await waits[0];
  assert.deepEqual(line.order, ['0']);
  shares[0]?.release();
  await waits[1];
  shares[1]?.release();
  await waits[2];
  assert.deepEqual(line.order, ['0', '1', '2']);
  shares[2]?.release();
  assert.equal(budget.usedBytes, 0);
});

test('where one body is all that there is room for, they go one by one', async () => {
  const budget = new HeldBudget(50, 50, LONG_MS);
  const shares = Array.from({ length: 5 }, () => new HeldShare(budget));
  const line = lineOf();
  const done = shares.map(async (share, at) => {
    await line.wait(String(at), share, 25);
    // The rest of it, which it gets before any other.
    await line.wait(`${at} whole`, share, 25);
    assert.equal(budget.usedBytes, 50);
    share.release();
  });
  await Promise.all(done);
  assert.deepEqual(
    line.order,
    ['0', '1', '2', '3', '4'].flatMap((at) => [at, `${at} whole`]),
  );
  assert.equal(budget.usedBytes, 0);
});

test('a wait ends: nothing is taken then, and the next in line is looked at', async () => {
  const budget = new HeldBudget(10, 0, 20);
  const holder = new HeldShare(budget);
  assert.ok(holder.grow(8));
  const large = new HeldShare(budget);
  const small = new HeldShare(budget);
  const line = lineOf();
  await Promise.all([line.wait('large', large, 9), line.wait('small', small, 2)]);
  assert.deepEqual(line.order, ['large: none', 'small']);
  assert.equal(budget.usedBytes, 10);
  assert.equal(budget.waitingCount, 0);
});

test('one that has the kept part and dawdles loses its turn to those who wait', async () => {
  const budget = new HeldBudget(100, 50, 30);
  const dawdler = new HeldShare(budget);
  const other = new HeldShare(budget);
  assert.ok(other.grow(50));
  assert.ok(await dawdler.growWhenRoom(10));
  const next = new HeldShare(budget);
  // In vain at first, since the turn is the dawdler's; then as the first in line.
  const first = await next.growWhenRoom(40);
  const hasRoom = first || (await next.growWhenRoom(40));
  assert.ok(hasRoom);
  assert.equal(budget.usedBytes, 100);
});

test('a share that is let go waits no more, and what it was just given goes back with it', async () => {
  const budget = new HeldBudget(10, 0, LONG_MS);
  const holder = new HeldShare(budget);
  assert.ok(holder.grow(10));
  const waiting = new HeldShare(budget);
  const inVain = waiting.growWhenRoom(5);
  waiting.release();
  assert.equal(await inVain, false);
  assert.equal(budget.waitingCount, 0);
  const granted = waiting.growWhenRoom(5);
  holder.release();
  // Granted, and nobody has heard of it yet.
  waiting.release();
  assert.equal(await granted, true);
  assert.equal(budget.usedBytes, 0);
});

test('other bounds hold at once', async () => {
  const budget = new HeldBudget(10, 0, LONG_MS);
  const a = new HeldShare(budget);
  assert.ok(a.grow(10));
  const b = new HeldShare(budget);
  const waiting = b.growWhenRoom(10);
  budget.resize(20, 0);
  assert.equal(await waiting, true);
  budget.resize(5, 5);
  assert.equal(a.grow(1), false);
  a.release();
  b.release();
  assert.equal(budget.usedBytes, 0);
});

test('whatever happens in whatever order, the bound holds and all of it comes back', async () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
  const budget = new HeldBudget(1000, 200, 5);
  const isOver: Promise<unknown>[] = [];
  for (let round = 0; round < 400; round++) {
    const share = new HeldShare(budget);
    isOver.push(
      (async () => {
        for (let step = random(6); step >= 0; step--) {
          const bytes = 1 + random(60);
          if (!share.grow(bytes) && !(await share.growWhenRoom(bytes))) break;
          assert.ok(budget.usedBytes <= 1000, `${budget.usedBytes}`);
          if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        share.release();
      })(),
    );
    if (random(4) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(isOver);
  assert.equal(budget.usedBytes, 0);
  assert.equal(budget.waitingCount, 0);
});
