/** A thread that answers questions: one after the other, with the handlers that it is given. Runs in the thread. */
import type { MessagePort } from 'node:worker_threads';
import type { Handlers } from '../../console/api/desk.ts';
import { answerWith } from '../../console/api/desk.ts';
import type { Situation } from '../../console/api/situation.ts';
import type { Snapshot } from '../snapshot.ts';
import type { FromDesk, ToDesk } from './messages.ts';

export interface Answering {
  /** `situation` is as it was when the question was asked. */
  readonly handlers: Partial<Handlers>;
  readonly take: (snapshot: Snapshot) => void;
  readonly hear?: (
    message: Extract<ToDesk, { readonly kind: 'committed' | 'heard' | 'snapshot' }>,
  ) => void | Promise<void>;
}

/** `make` gets where to find the situation of the question that is being answered. */
export function answerOn(
  port: MessagePort,
  make: (say: (message: FromDesk) => void, situation: () => Situation) => Answering,
): void {
  const say = (message: FromDesk): void => port.postMessage(message);
  let current: Situation | null = null;
  const { handlers, take, hear } = make(say, () => {
    if (current === null) throw new Error('no question was asked yet');
    return current;
  });
  let work: Promise<void> = Promise.resolve();
  const queue = (one: () => void | Promise<void>): void => {
    work = work.then(one).catch((error: unknown) => say({ kind: 'problem', message: bugText(error) }));
  };
  port.on('message', (message: ToDesk) => {
    queue(async () => {
      if (message.kind === 'taken') return take(message.snapshot);
      current = message.situation;
      if (message.kind !== 'ask') return await hear?.(message);
      const onBug = (error: unknown): void => say({ kind: 'problem', message: bugText(error) });
      const answered = await answerWith(handlers, message.asked, onBug);
      const none = { kind: 'failure', code: 'unavailable', error: 'this is not part of this version' } as const;
      say({ kind: 'answered', id: message.id, answered: answered ?? none });
    });
  });
  say({ kind: 'ready' });
}

/** What it is called and where it came from: its message may quote what it failed on. */
function bugText(error: unknown): string {
  if (!(error instanceof Error)) return 'a question to the console failed';
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  const [, place = 'an unknown place'] = /\n\s+at .*?([\w.-]+\/[\w.-]+:\d+):\d+/.exec(error.stack ?? '') ?? [];
  return `a question to the console failed: ${error.name}${code} at ${place}`;
}
