/**
 * What the loader told of a program on a real kernel, kept so that the sensor can be tested without one
 * (test/sensor/record-frames.ts makes the files anew), and what the sensor made of it then.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import type { EventBody } from '../../flow/event.ts';

const FOLDER = join(packageRoot, 'test/corpus/sensor');

export interface RecordedFrames {
  /** Of bpf/events.h. */
  readonly abi: number;
  readonly events: readonly RecordedEvent[];
  readonly frames: readonly Buffer[];
}

/** Of an event what does not change with the time and place of its recording; the program's path is read from /proc where that is there. */
export type RecordedEvent = ReturnType<typeof recordedEvent>;

export function recordedEvent(event: EventBody) {
  const { kind, channel, mode, action, status, source, destination, findings, coverage, bytes } = event;
  return {
    ...{ kind, channel, mode, action, status, bytes, coverage },
    process: source.process,
    ...{ host: destination.host, port: destination.port, category: destination.category },
    findings: findings.map(({ entity, count, path, direction }) => ({ entity, count, path, direction })),
  };
}

export function readRecorded(name: string): RecordedFrames {
  const lines = readFileSync(join(FOLDER, `${name}.txt`), 'utf8').split('\n');
  const of = (sign: string): readonly string[] =>
    lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(sign.length));
  const { abi, events } = JSON.parse(of('= ')[0] ?? '{}') as Omit<RecordedFrames, 'frames'>;
  return { abi, events, frames: of('< ').map((line) => Buffer.from(line, 'base64')) };
}

export function writeRecorded(name: string, about: string, { abi, events, frames }: RecordedFrames): void {
  const lines = [`# ${about}`, `= ${JSON.stringify({ abi, events })}`];
  for (const frame of frames) lines.push(`< ${frame.toString('base64')}`);
  writeFileSync(join(FOLDER, `${name}.txt`), `${lines.join('\n')}\n`);
}
