/** What a data store's reader makes of a transcript, a line a message, for tests to compare. */

import { coverageText } from '../../flow/coverage.ts';
import { StoreConnection } from '../../sensor/stores/store-connection.ts';
import { STORE_LIMITS, type StoreLimits, type StoreMessage } from '../../sensor/stores/store-message.ts';
import { seeded } from './every-split.ts';
import type { Spoken, Transcript } from './transcripts.ts';

export interface HeardStore {
  readonly connection: StoreConnection;
  readonly messages: StoreMessage[];
}

export function listen(limits: StoreLimits = STORE_LIMITS): HeardStore {
  const messages: StoreMessage[] = [];
  return { connection: new StoreConnection({ limits, hear: (message) => messages.push(message) }), messages };
}

export function hearTranscript(transcript: Transcript, limits?: StoreLimits): HeardStore {
  const heard = listen(limits);
  for (const { way, bytes } of transcript) heard.connection.data(way, bytes);
  heard.connection.end();
  return heard;
}

/** `out INSERT app.people full: /rows/0/email=ann@mail.example | …`, texts in their order. */
export function lineOf({ way, operation, database, resource, texts, coverage }: StoreMessage): string {
  const of = [database, resource].filter((one) => one !== null).join('.');
  const said = texts.map(({ path, text }) => `${path}=${text.toString('utf8')}`).join(' | ');
  return `${way} ${operation ?? '-'} ${of === '' ? '-' : of} ${coverageText(coverage)}: ${said}`;
}

export function linesOf(messages: readonly StoreMessage[]): readonly string[] {
  return messages.map(lineOf);
}

/** The same words cut differently: each piece into single bytes, or into parts of random size. */
export function recut(transcript: Transcript, size: () => number): Transcript {
  const cut: Spoken[] = [];
  for (const { way, bytes } of transcript) {
    for (let at = 0; at < bytes.length; ) {
      const end = at + Math.max(1, size());
      cut.push({ way, bytes: bytes.subarray(at, end) });
      at = end;
    }
  }
  return cut;
}

/** Damages transcripts in every way that is met: bytes changed, pieces lost, repeated, swapped. Nothing may throw or grow. */
export function torment(transcript: Transcript, rounds: number): void {
  const random = seeded(transcript.length);
  const below = (n: number): number => Math.floor(random() * n);
  for (let round = 0; round < rounds; round++) {
    const { connection, messages } = listen();
    for (const { way, bytes } of recut(transcript, () => 1 + below(200))) {
      const kind = below(12);
      const piece = Buffer.from(bytes);
      if (kind === 0) {
        connection.lost(way, piece.length + below(3) * 1000);
        continue;
      }
      if (kind === 1) piece[below(piece.length)] = below(256);
      if (kind === 2) piece.fill(below(256), below(piece.length));
      connection.data(way, piece);
      if (kind === 3) connection.data(way === 'out' ? 'in' : 'out', piece);
    }
    connection.end();
    let kept = 0;
    for (const message of messages) for (const { text } of message.texts) kept += text.length;
    if (kept > messages.length * (STORE_LIMITS.messageBytes + 64)) throw new Error(`${kept} bytes of text`);
  }
}
