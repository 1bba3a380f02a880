/** A message that is still being heard: its head, and of its body as much as there is room for. */
import { type Coverage, FULL, truncated, worseCoverage } from '../../flow/coverage.ts';
import type { HeardMessage } from './heard.ts';
import type { HandleRoom, HearingLimits } from './room.ts';

export interface HeardHead {
  readonly method: string;
  readonly target: string;
  readonly status: number | null;
  readonly headers: readonly string[];
}

export const NO_HEAD: HeardHead = { method: '', target: '', status: null, headers: [] };

export class OpenMessage {
  readonly head: HeardHead;
  readonly #room: HandleRoom;
  readonly #max: number;
  #pieces: Buffer[] = [];
  #kept = 0;
  #seen = 0;
  #lost = 0;
  #coverage: Coverage;
  /** Nothing more is taken: it has ended, or a part of it was not heard. */
  #isClosed = false;
  #trailers: readonly string[] = [];

  constructor(head: HeardHead, room: HandleRoom, limits: HearingLimits, coverage: Coverage = FULL) {
    this.head = head;
    this.#room = room;
    this.#max = limits.maxBodyBytes;
    this.#coverage = coverage;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  add(bytes: Buffer): void {
    this.#seen += bytes.length;
    if (this.#isClosed) return;
    const wanted = Math.min(bytes.length, this.#max - this.#kept);
    const granted = this.#room.take(wanted);
    // A copy: the piece lies in a larger buffer, which would live as long as it does.
    if (granted > 0) this.#pieces.push(Buffer.from(bytes.subarray(0, granted)));
    this.#kept += granted;
    if (granted === bytes.length) return;
    // What comes behind has no room either, or would stand behind a hole.
    this.#isClosed = true;
    this.#coverage = worseCoverage(this.#coverage, truncated('limit'));
  }

  trailers(headers: readonly string[]): void {
    if (!this.#isClosed) this.#trailers = headers;
  }

  /** The end of it was heard. */
  close(): void {
    this.#isClosed = true;
  }

  /** So many bytes of it, or behind it, were not heard: it ends before them. */
  lose(bytes: number): void {
    this.#lost += bytes;
    this.#isClosed = true;
  }

  /** Something beside lost bytes is missing. */
  lessen(coverage: Coverage): void {
    this.#coverage = worseCoverage(this.#coverage, coverage);
  }

  /** What it is now; its room is given back, and it keeps nothing. */
  take(): HeardMessage {
    const body = this.#pieces.length === 1 ? (this.#pieces[0] ?? EMPTY) : Buffer.concat(this.#pieces, this.#kept);
    this.#pieces = [];
    this.#room.give(this.#kept);
    this.#kept = 0;
    this.#isClosed = true;
    const { head } = this;
    const coverage = this.#lost === 0 ? this.#coverage : truncated(`lost ${this.#lost} bytes`);
    const headers = this.#trailers.length === 0 ? head.headers : [...head.headers, ...this.#trailers];
    return { ...head, headers, body, bytes: this.#seen, coverage };
  }
}

const EMPTY = Buffer.alloc(0);
