/**
 * The thread that looks at large messages: extract and scan, with an engine of its own; and that makes in them what was
 * decided elsewhere. What it is sent it shares with the thread that asks, and does not change. It decides nothing.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Condensed, condense, expanded } from '../../engine/condensed.ts';
import { extract } from '../../engine/extract/extract.ts';
import { type Engine, examine } from '../../engine/inspect.ts';
import { restoreBody } from '../../engine/transform/restore.ts';
import { applyEdits, type Edit, type Edited } from '../../engine/transform/splice.ts';
import type { Message } from '../../flow/message.ts';
import { openHome } from '../../store/home.ts';
import { EngineMaker, fingerprinter } from '../configured-engine.ts';
import type { Snapshot } from '../snapshot.ts';

export interface ExamineThreadData {
  readonly home: string;
  readonly snapshot: Snapshot;
}

/** What is to be done with the message. */
export type Work =
  | { readonly kind: 'examine'; readonly refusesParts: boolean }
  | { readonly kind: 'edit'; readonly found: Condensed; readonly edits: readonly Edit[] }
  | { readonly kind: 'restore'; readonly tokens: ReadonlyMap<string, string> };

export interface Job {
  readonly id: number;
  readonly work: Work;
  readonly message: Omit<Message, 'body'>;
  readonly body: SharedArrayBuffer;
  readonly start: number;
  readonly length: number;
}

/** All bytes are shared, so that none is copied for it. */
export type Done =
  | { readonly kind: 'examined'; readonly condensed: Condensed }
  | { readonly kind: 'edited'; readonly edited: Omit<Edited, 'body'> & { readonly body: Uint8Array } }
  /** `body` null: it is as received. */
  | { readonly kind: 'restored'; readonly body: Uint8Array | null; readonly restored: number };

/** `done` null: it could not be done; whoever asked does it, and says what goes wrong. */
export type FromExamineThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly done: Done | null };

function carriedOut(engine: Engine, message: Message, work: Work): Done {
  switch (work.kind) {
    case 'examine': {
      const taken = extract(message, work.refusesParts ? { ...engine, refusesParts: true } : engine);
      const { documents } = taken;
      // Of what documents hold the other thread knows later; here counts all the rest.
      const examined = examine(engine, documents === null ? taken : { ...taken, coverage: documents.coverageBeside });
      return { kind: 'examined', condensed: condense(examined) };
    }
    case 'edit': {
      const { body, ...edited } = applyEdits(message, expanded(work.found, message.body).extraction, work.edits);
      return { kind: 'edited', edited: { ...edited, body: shared(body) } };
    }
    case 'restore': {
      const { body, restored } = restoreBody(message, extract(message, engine), { byToken: work.tokens });
      return { kind: 'restored', body: restored === 0 ? null : shared(body), restored };
    }
  }
}

function shared(bytes: Buffer): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

if (parentPort !== null) {
  const port = parentPort;
  const { home, snapshot }: ExamineThreadData = workerData;
  const engine = new EngineMaker(fingerprinter(openHome(home))).make(snapshot.config, snapshot.documents);
  const say = (message: FromExamineThread): void => port.postMessage(message);
  port.on('message', ({ id, work, message, body, start, length }: Job) => {
    let done: Done | null = null;
    try {
      done = carriedOut(engine, { ...message, body: Buffer.from(body, start, length) }, work);
    } catch {
      // The other thread does it itself, and says what goes wrong.
    }
    say({ kind: 'done', id, done });
  });
  say({ kind: 'ready' });
}
