/** Turns: what has come is handed on together, and calls then go side by side. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { inTurn, NOW } from '../../proxy/turns.ts';

test('each kind of work is done for all calls of a turn before the next begins', async () => {
  const done: string[] = [];
  const call = async (name: string): Promise<void> => {
    done.push(`read ${name}`);
    await NOW;
    done.push(`scan ${name}`);
    await NOW;
    done.push(`send ${name}`);
  };
  for (const name of ['a', 'b', 'c']) inTurn(() => void call(name));
  assert.deepEqual(done, []);
  await immediate();
  await immediate();
  const of = (kind: string): string[] => ['a', 'b', 'c'].map((name) => `${kind} ${name}`);
  assert.deepEqual(done, [...of('read'), ...of('scan'), ...of('send')]);
});

test('what is asked for within a turn belongs to the next', async () => {
  const done: string[] = [];
  inTurn(() => {
    done.push('first');
    inTurn(() => done.push('third'));
  });
  inTurn(() => done.push('second'));
  while (done.length < 3) await immediate();
  assert.deepEqual(done, ['first', 'second', 'third']);
});

test('one that breaks takes no other with it', async () => {
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const broken = once(process, 'uncaughtException');
  let isDone = false;
  inTurn(() => {
    throw new Error('as a test asks for');
  });
  inTurn(() => {
    isDone = true;
  });
  const [error] = await broken;
  for (const listener of listeners) process.on('uncaughtException', listener);
  assert.match(String(error), /as a test asks for/);
  while (!isDone) await immediate();
});
