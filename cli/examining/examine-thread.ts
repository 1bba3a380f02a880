/**
 * The thread that looks at large messages: extract and scan, with an engine of its own. What it is sent it shares with the
 * thread that asks, and does not change; what it answers is condensed. It decides nothing.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Condensed, condense } from '../../engine/condensed.ts';
import { extract } from '../../engine/extract/extract.ts';
import { examine } from '../../engine/inspect.ts';
import type { Message } from '../../flow/message.ts';
import { openHome } from '../../store/home.ts';
import { EngineMaker, fingerprinter } from '../configured-engine.ts';
import type { Snapshot } from '../snapshot.ts';

export interface ExamineThreadData {
  readonly home: string;
  readonly snapshot: Snapshot;
}

export interface ExamineJob {
  readonly id: number;
  readonly message: Omit<Message, 'body'>;
  readonly body: SharedArrayBuffer;
  readonly start: number;
  readonly length: number;
  readonly refusesParts: boolean;
}

/** `condensed` null: it could not be done, and the code of the error is told. */
export type FromExamineThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly condensed: Condensed | null };

if (parentPort !== null) {
  const port = parentPort;
  const { home, snapshot }: ExamineThreadData = workerData;
  const engine = new EngineMaker(fingerprinter(openHome(home))).make(snapshot.config, snapshot.documents);
  const say = (message: FromExamineThread): void => port.postMessage(message);
  port.on('message', ({ id, message, body, start, length, refusesParts }: ExamineJob) => {
    let condensed: Condensed | null = null;
    try {
      const whole: Message = { ...message, body: Buffer.from(body, start, length) };
      const taken = extract(whole, refusesParts ? { ...engine, refusesParts: true } : engine);
      const { documents } = taken;
      // Of what documents hold the other thread knows later; here counts all the rest.
      condensed = condense(
        examine(engine, documents === null ? taken : { ...taken, coverage: documents.coverageBeside }),
      );
    } catch {
      // The other thread does it itself, and says what goes wrong.
    }
    say({ kind: 'done', id, condensed });
  });
  say({ kind: 'ready' });
}
