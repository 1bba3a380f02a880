/**
 * A simulated node, a process of its own: records exchanges at a rate, as a proxy does (spool, writer thread, outbox, carrier),
 * and notes the id of each when it is safe to answer the client. Started and killed by run.ts.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { busSettings } from '../../fleet/bus-settings.ts';
import { startCarrier } from '../../fleet/start-carrier.ts';
import { openHome } from '../../store/home.ts';
import { createRecorder } from '../../store/recorder.ts';
import { exchange } from '../exchange.ts';

export interface NodeArguments {
  readonly home: string;
  readonly bus: string;
  /** Exchanges a second. */
  readonly rate: number;
  readonly outboxBytes: number;
}

export type ToNode = { readonly kind: 'rate'; readonly rate: number } | { readonly kind: 'quiet' };
export type FromNode = { readonly kind: 'ready' } | { readonly kind: 'quiet' };

/** Ids that were answered for, one a line. */
export const ACKNOWLEDGED = 'acknowledged';

const TICK_MS = 20;
const LOCK_MS = 30_000;

if (import.meta.main) {
  const { home: path, bus, rate: first, outboxBytes }: NodeArguments = JSON.parse(process.argv[2] ?? '{}');
  const home = openHome(path, 'outbox');
  home.lock(LOCK_MS);
  const say = (message: FromNode): void => void process.send?.(message);
  const onProblem = (message: string): void => {
    if (process.env['WEIR_BENCH_LOUD'] === '1') process.stderr.write(`${message}\n`);
  };
  const recorder = createRecorder(home, { encryptExcerpts: true, eventLog: null, onProblem, outboxBytes });
  startCarrier(home, { kind: 'bus', settings: busSettings(bus), node: null, name: 'bench' }, onProblem);
  await recorder.ready();
  let rate = first;
  process.on('message', (message: ToNode) => {
    if (message.kind === 'rate') rate = message.rate;
    else {
      rate = 0;
      void recorder.flush().then(() => say({ kind: 'quiet' }));
    }
  });
  process.on('disconnect', () => process.exit(0));
  say({ kind: 'ready' });
  let due = 0;
  let at = performance.now();
  for (let i = 0; ; ) {
    await pause(TICK_MS);
    const now = performance.now();
    due = Math.min(due + (rate * (now - at)) / 1000, rate);
    at = now;
    const count = Math.floor(due);
    due -= count;
    const made = Array.from({ length: count }, () => exchange(i++));
    const answered: string[] = [];
    await Promise.all(
      made.map(async ({ opening, closing }) => {
        try {
          await recorder.openSoon(opening);
          await recorder.closeSoon(closing);
          answered.push(opening.id);
        } catch {
          // Not recorded, so not answered for: `proxy.onError` would have its say.
        }
      }),
    );
    if (answered.length > 0) appendFileSync(join(`${path}.notes`, ACKNOWLEDGED), `${answered.join('\n')}\n`);
  }
}
