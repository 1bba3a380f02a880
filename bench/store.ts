/**
 * What recording costs: the time that opening and closing an exchange take in the proxy's own thread, and how many
 * events a second the writer commits. Run: node bench/store.ts. Bounded: about 20,000 exchanges, some seconds, a
 * temporary folder.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHome } from '../store/home.ts';
import { openReader } from '../store/reader.ts';
import { createRecorder } from '../store/recorder.ts';
import { closingLine } from '../store/spool-reader.ts';
import { exchange, WITH_FINDING } from './exchange.ts';

const EXCHANGES = 20_000;
/** Between two pauses, so that the thread's own turns (timers, messages) are as in a proxy. */
const BURST = 50;

function microseconds(since: bigint): number {
  return Number(process.hrtime.bigint() - since) / 1000;
}

function line(name: string, times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1).padStart(8);
  return `${name.padEnd(24)}p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  max ${at(1)} µs\n`;
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-store-'));
try {
  const home = openHome(folder);
  const lock = home.lock();
  const onProblem = (message: string) => void process.stderr.write(`${message}\n`);
  const recorder = createRecorder(home, { encryptExcerpts: true, eventLog: null, onProblem });
  await recorder.ready();
  const opens: number[] = [];
  const closes: number[] = [];
  const bytes = Buffer.byteLength(closingLine(exchange(1).closing));
  const begun = process.hrtime.bigint();
  for (let i = 0; i < EXCHANGES; i++) {
    const { opening, closing } = exchange(i);
    const open = process.hrtime.bigint();
    recorder.open(opening);
    opens.push(microseconds(open));
    const close = process.hrtime.bigint();
    recorder.close(closing);
    closes.push(microseconds(close));
    if (i % BURST === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const written = microseconds(begun) / 1e6;
  await recorder.flush();
  const committed = microseconds(begun) / 1e6;
  const reader = openReader(home);
  const verifying = process.hrtime.bigint();
  const { isIntact, records } = reader.verify();
  const verified = microseconds(verifying) / 1e6;
  const listing = process.hrtime.bigint();
  const listed = [...reader.events({ limit: 100 })].length;
  const list = microseconds(listing) / 1000;
  reader.close();
  const size = statSync(home.databaseFile).size / records;
  await recorder.close();
  lock.release();
  process.stdout.write(
    [
      `${EXCHANGES} exchanges, a closing of ${bytes} bytes, one in ${WITH_FINDING} with a finding and a sealed excerpt\n`,
      line('open', opens),
      line('close', closes),
      line(
        'close with an excerpt',
        closes.filter((_, i) => i % WITH_FINDING === 0),
      ),
      `recorded                ${Math.round(EXCHANGES / written)} exchanges a second, one thread\n`,
      `committed               ${Math.round(records / committed)} events a second, from the first call to the last commit\n`,
      `database                ${Math.round(size)} bytes an event\n`,
      `verify                  ${Math.round(records / verified)} records a second, ${isIntact ? 'intact' : 'NOT INTACT'}\n`,
      `newest ${listed} listed       ${list.toFixed(1)} ms\n`,
    ].join(''),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
