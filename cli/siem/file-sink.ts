/**
 * Events as lines of a file that is begun anew when it is full: `events.ndjson`, then `.1` to `.N`, the highest the oldest.
 * Programs that follow the file by its name (logrotate's `create`, Fluent Bit, Vector) see every line.
 */
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { WeirEvent } from '../../flow/event.ts';
import { codeOf, type EventLine, type Sink, SinkFailure } from './sink.ts';

export interface FileSinkOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly keep: number;
  readonly line: EventLine;
}

export class FileSink implements Sink {
  readonly #options: FileSinkOptions;

  constructor(options: FileSinkOptions) {
    this.#options = options;
  }

  async send(events: readonly WeirEvent[]): Promise<void> {
    const { path, maxBytes, line } = this.#options;
    const text = Buffer.from(events.map((event) => `${line(event)}\n`).join(''), 'utf8');
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
      // Opened each time: somebody else may have moved it away.
      let fd = openSync(path, 'a', 0o640);
      try {
        const { size } = fstatSync(fd);
        if (size > 0 && size + text.length > maxBytes) {
          closeSync(fd);
          this.#rotate();
          fd = openSync(path, 'a', 0o640);
        }
        for (let at = 0; at < text.length; ) at += writeSync(fd, text, at);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw new SinkFailure(`${path} cannot be written (${codeOf(error)})`);
    }
  }

  async close(): Promise<void> {}

  #rotate(): void {
    const { path, keep } = this.#options;
    rmSync(`${path}.${keep}`, { force: true });
    for (let number = keep - 1; number >= 0; number--) {
      const from = number === 0 ? path : `${path}.${number}`;
      try {
        renameSync(from, `${path}.${number + 1}`);
      } catch (error) {
        // A number that is not there yet.
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
  }
}
