/** The thread that reads documents: whoever sends one can make it slow or large, and here it holds up nobody's call. */
import { parentPort } from 'node:worker_threads';
import type { DocumentReading } from '../engine/extract/documents.ts';
import { documentTexts } from './document-texts.ts';

export interface DocumentJob {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export interface DocumentDone {
  readonly id: number;
  readonly reading: DocumentReading;
}

parentPort?.on('message', ({ id, bytes }: DocumentJob) => {
  void documentTexts(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).then((reading) => {
    const done: DocumentDone = { id, reading };
    parentPort?.postMessage(done);
  });
});
