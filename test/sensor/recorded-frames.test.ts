/** Frames that the loader told on a real kernel, through the sensor without one: the same events come of them. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { ABI } from '../../sensor/layout.ts';
import { observing } from '../support/observing.ts';
import { readRecorded, recordedEvent } from '../support/recorded-frames.ts';

const NAMES = readdirSync(join(packageRoot, 'test/corpus/sensor')).flatMap(
  (file) => /^(.*)\.txt$/.exec(file)?.[1] ?? [],
);

describe('frames of a kernel, replayed', () => {
  test('there are some of each library', () => {
    for (const name of ['curl-http1', 'curl-http2', 'python3', 'wget', 'node']) assert.ok(NAMES.includes(name), name);
  });

  for (const name of NAMES) {
    test(`${name} gives the events that it gave`, () => {
      const { abi, events, frames } = readRecorded(name);
      assert.equal(abi, ABI, 'frames have another form by now: test/sensor/record-frames.ts records them anew');
      const { closings, frames: hear, tick } = observing();
      hear(...frames);
      tick();
      assert.deepEqual(
        closings.map(({ event }) => recordedEvent(event)).filter(({ kind }) => kind === 'exchange'),
        events,
      );
      assert.equal(events.length, 1);
      assert.deepEqual(
        events[0]?.findings.map(({ entity, count }) => [entity, count]),
        [['CREDIT_CARD', 1]],
      );
    });

    test(`${name} with each frame lost in turn throws nothing, and no event says more than was heard`, () => {
      const { frames } = readRecorded(name);
      const every = Math.max(1, Math.floor(frames.length / 12));
      for (let lost = 0; lost < frames.length; lost += every) {
        const { closings, frames: hear, tick } = observing();
        hear(...frames.filter((_, at) => at !== lost));
        tick();
        assert.ok(closings.filter(({ event }) => event.kind === 'exchange').length <= 1);
      }
    });
  }
});
