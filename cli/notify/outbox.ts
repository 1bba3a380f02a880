/**
 * Messages that are to be sent, a file each in home: written before they are tried, gone once they were taken, so that neither a
 * receiver that is down nor an end of the process loses one. Bounded: of too many the oldest go, and are counted.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Message } from './formats.ts';

export interface Waiting {
  readonly message: Message;
  readonly attempts: number;
  /** Unix ms: not tried before. */
  readonly notBefore: number;
}

const MAX_WAITING = 500;
const FIRST_MS = 5000;
const LONGEST_MS = 600_000;
/** Older ones are news no more. */
const KEPT_MS = 24 * 3_600_000;

export class Outbox {
  readonly #folder: string;
  #dropped = 0;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  get size(): number {
    return this.#names().length;
  }

  put(message: Message): void {
    const names = this.#names();
    for (const name of names.slice(0, Math.max(0, names.length - MAX_WAITING + 1))) {
      rmSync(join(this.#folder, name), { force: true });
      this.#dropped++;
    }
    this.#write({ message, attempts: 0, notBefore: 0 });
  }

  /** The oldest, if its time has come: one after the other keeps the order. */
  next(now: number): Waiting | null {
    for (const name of this.#names()) {
      const waiting = this.#read(name);
      if (waiting === null || now - Date.parse(waiting.message.time) > KEPT_MS) {
        rmSync(join(this.#folder, name), { force: true });
        this.#dropped++;
        continue;
      }
      return waiting.notBefore <= now ? waiting : null;
    }
    return null;
  }

  done({ message }: Waiting): void {
    rmSync(join(this.#folder, `${message.id}.json`), { force: true });
  }

  /** Twice as long each time, up to ten minutes. */
  failed({ message, attempts }: Waiting, now: number): void {
    const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempts);
    this.#write({ message, attempts: attempts + 1, notBefore: now + pause });
  }

  #write(waiting: Waiting): void {
    const file = join(this.#folder, `${waiting.message.id}.json`);
    writeFileSync(`${file}.tmp`, JSON.stringify(waiting), { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  }

  /** Ids are ULIDs: by name is by time. */
  #names(): readonly string[] {
    return readdirSync(this.#folder)
      .filter((name) => /^[0-9A-Z]{26}\.json$/.test(name))
      .sort();
  }

  #read(name: string): Waiting | null {
    try {
      const read: Waiting = JSON.parse(readFileSync(join(this.#folder, name), 'utf8'));
      return Array.isArray(read.message.items) && typeof read.attempts === 'number' ? read : null;
    } catch {
      return null; // being written, or damaged
    }
  }
}
