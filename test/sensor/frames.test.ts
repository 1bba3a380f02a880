import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { doHandle, doName, doOwn, doSocket } from '../../sensor/commands.ts';
import { BrokenFrames } from '../../sensor/frame-fields.ts';
import { decodeFrame, FrameSplitter } from '../../sensor/frames.ts';
import { ABI, COMMAND, LAYOUT, MAGIC, MAX_COMMAND_BYTES, MAX_FRAME_BYTES, TYPE } from '../../sensor/layout.ts';
import { everySplit, seeded } from '../support/every-split.ts';
import { frameOf, helloFrame, tlsDataFrame } from '../support/sensor-frames.ts';

const HEADER = readFileSync(join(packageRoot, 'bpf', 'events.h'), 'utf8');

function numbersOf(pattern: RegExp): readonly (readonly [string, number])[] {
  return [...HEADER.matchAll(pattern)].map(([, name = '', value = '']) => [name, Number(value)]);
}

describe('the numbers are those of bpf/events.h', () => {
  test('every offset and size that the header asserts', () => {
    const ats = [...HEADER.matchAll(/^WEIR_AT\(weir_(\w+), (\w+), (\d+)\)$/gm)];
    const sizes = [...HEADER.matchAll(/^WEIR_SIZE\(weir_(\w+), (\d+)\)$/gm)];
    assert.ok(ats.length > 200, `${ats.length} offsets`);
    const read: Record<string, { bytes: number; at: Record<string, number> }> = {};
    for (const [, type = '', bytes = ''] of sizes) read[type] = { bytes: Number(bytes), at: {} };
    for (const [, type = '', field = '', at = ''] of ats) {
      const layout = read[type];
      assert.ok(layout !== undefined, `${type} has no size`);
      layout.at[field] = Number(at);
    }
    assert.deepEqual(read, LAYOUT);
  });

  test('types, commands and bounds', () => {
    const [, types = ''] = /enum weir_type \{([\s\S]*?)\};/.exec(HEADER) ?? [];
    const listed = [...types.matchAll(/WEIR_(\w+) = (\d+)/g)].map(([, name = '', value]) => [name, Number(value)]);
    assert.deepEqual(Object.fromEntries(listed), TYPE);
    assert.deepEqual(Object.fromEntries(numbersOf(/WEIR_DO_(\w+) = (\d+)/g)), COMMAND);
    const defined = Object.fromEntries(numbersOf(/#define WEIR_(\w+) (0x[0-9a-f]+|\d+)/g));
    assert.deepEqual(
      [defined['ABI'], defined['MAGIC'], defined['MAX_FRAME'], defined['MAX_COMMAND']],
      [ABI, MAGIC, MAX_FRAME_BYTES, MAX_COMMAND_BYTES],
    );
  });
});

describe('frames', () => {
  test('are cut out of a pipe, however it is read', () => {
    const frames = [helloFrame(), tlsDataFrame({ bytes: Buffer.from('hello') }), frameOf('FORK')];
    everySplit(Buffer.concat(frames), (chunks) => {
      const splitter = new FrameSplitter();
      assert.deepEqual(
        chunks.flatMap((chunk) => [...splitter.data(chunk)]),
        frames,
      );
      assert.equal(splitter.restBytes, 0);
    });
  });

  test('the first one says what the sensor can do', () => {
    const hello = decodeFrame(helloFrame([{ id: 15, name: 'tls', state: 2, rung: 2, reason: 'EPERM' }]));
    assert.ok(hello?.type === 'hello');
    assert.deepEqual(hello.parts, [
      { id: 15, name: 'tls', state: 'refused', rung: 'multi', error: 0, reason: 'EPERM' },
    ]);
  });

  test('a piece of plaintext has its handle, place and bytes', () => {
    const frame = decodeFrame(
      tlsDataFrame({ tgid: 42, address: 0x7f12_3456_7890, offset: 2 ** 33, way: 'in', bytes: Buffer.from('body') }),
    );
    assert.ok(frame?.type === 'tls-data');
    assert.deepEqual(
      [frame.task.tgid, frame.handle.address, frame.offset, frame.way, frame.bytes.toString()],
      [42, 0x7f12_3456_7890, 2 ** 33, 'in', 'body'],
    );
  });

  test('one of another loader, of another version or cut off is refused', () => {
    const other = helloFrame();
    other.writeUInt32LE(1, LAYOUT.hello.at.magic);
    assert.throws(() => decodeFrame(other), BrokenFrames);
    const newer = helloFrame();
    newer.writeUInt16LE(ABI + 1, LAYOUT.hello.at.abi);
    assert.throws(() => decodeFrame(newer), /ABI 2; 1 is expected/);
    const short = tlsDataFrame({ bytes: Buffer.from('body') });
    short.writeUInt32LE(5000, LAYOUT.tls_data.at.length);
    assert.throws(() => decodeFrame(short), BrokenFrames);
    assert.throws(() => decodeFrame(frameOf('EXEC').subarray(0, 100)), BrokenFrames);
  });

  test('a type that is not known is skipped', () => {
    const strange = frameOf('FORK');
    strange.writeUInt16LE(999, LAYOUT.head.at.type);
    assert.equal(decodeFrame(strange), null);
  });

  test('garbage is refused at once and never makes anything but an error', () => {
    const random = seeded(20480);
    for (let round = 0; round < 500; round++) {
      const noise = Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256)));
      assert.throws(() => {
        const splitter = new FrameSplitter();
        for (let i = 0; i < 100; i++) for (const _ of splitter.data(noise));
      }, BrokenFrames);
      const types = Object.values(TYPE);
      noise.writeUInt32LE(noise.length, 0);
      noise.writeUInt16LE(types[Math.floor(random() * types.length)] ?? 0, 4);
      try {
        decodeFrame(noise);
      } catch (error) {
        assert.ok(error instanceof BrokenFrames);
      }
    }
  });
});

test('commands say what they are told to', () => {
  const handle = doHandle({ tgid: 42, generation: 3, address: 0x7f12_3456_7890 }, 'capture');
  assert.equal(handle.readUInt32LE(LAYOUT.command.at.size), LAYOUT.do_handle.bytes);
  assert.equal(handle.readUInt16LE(LAYOUT.command.at.type), COMMAND.HANDLE);
  assert.equal(handle.readBigUInt64LE(LAYOUT.do_handle.at.address), 0x7f12_3456_7890n);
  assert.equal(handle[LAYOUT.do_handle.at.verdict], 1);
  const socket = doSocket(7, { verdict: 'sample', out: true, in: true, bytes: 4096, messages: 60 });
  assert.equal(socket[LAYOUT.do_socket.at.directions], 3);
  assert.equal(doOwn(9, 123).readBigUInt64LE(LAYOUT.do_own.at.start_ns), 1_230_000_000n);
  assert.equal(
    doName('.openai.com', 'capture')?.toString('latin1', LAYOUT.do_name.at.name, LAYOUT.do_name.at.name + 11),
    '.openai.com',
  );
  assert.equal(doName('x'.repeat(64), 'capture'), null);
});
