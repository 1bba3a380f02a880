/**
 * The life of a process of Weir's own below another: it hears what the one above says over Node's channel, ends with it, and
 * leaves the signals of a terminal or a unit to it.
 */
import { reportFailure } from './failure.ts';

export interface Child<Start, Rest, Answer> {
  /** Begins with the first message, of kind `start`. */
  readonly start: (message: Start, say: (answer: Answer) => void) => Promise<{ hear(message: Rest): unknown }>;
  /** What is said above of a start, or a message, that failed. */
  readonly failed: (error: unknown) => Answer;
}

/** Runs this process as a child; it ends when the process above is gone. */
export function runAsChild<Start extends { readonly kind: 'start' }, Rest extends { readonly kind: string }, Answer>({
  start,
  failed,
}: Child<Start, Rest, Answer>): void {
  const say = (answer: Answer): void => {
    // Where the channel is closed the process is about to end.
    if (process.connected) process.send?.(answer, () => {});
  };
  const crash = (error: unknown): void => {
    reportFailure(error, { env: process.env, err: (text) => void process.stderr.write(text) });
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  // Whatever was recorded is in the spool, and the next start takes it up; one that went on would record unseen.
  process.on('disconnect', () => process.exit(1));
  // They come to the whole group of a terminal or a unit; the process above tells when to stop.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

  // It may have gone while this one's modules were being loaded.
  if (!process.connected) process.exit(1);

  const isStart = (message: Start | Rest): message is Start => message.kind === 'start';
  let child: Promise<{ hear(message: Rest): unknown }> | null = null;
  process.on('message', (message: Start | Rest) => {
    if (isStart(message)) child = start(message, say);
    const running = child;
    if (running === null) return;
    running
      .then((it) => (isStart(message) ? undefined : it.hear(message)))
      .catch((error: unknown) => say(failed(error)));
  });
}
