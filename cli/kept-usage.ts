/**
 * What sources have used of their limits, kept in home for the next start: rows that have changed are appended to one file
 * each second, off the way of calls, and the file is written anew when it has grown. A process that is killed loses what it
 * counted since. Rows go by a keyed digest, so that no name of a source stands there.
 */
import { createHmac } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INTERVALS, type Row, SharedUsage, type UsageRows } from '../proxy/usage-ledger.ts';
import type { Home } from '../store/home.ts';
import { seldom } from '../store/recorder.ts';

export interface KeptUsage {
  readonly usage: SharedUsage;
  /** Writes down what has changed since. */
  close(): Promise<void>;
}

const FILE = 'limits.counts';
const WRITE_MS = 1000;
/** The file is written anew when it has grown so large, and to so many times what it was. */
const LEAST_BYTES = 1024 * 1024;
const GROWTH = 4;

/** By what a row goes in the file, and between processes until its source is seen again. */
export function usageDigests(home: Pick<Home, 'keys'>): (name: string) => string {
  const { fingerprint } = home.keys;
  return (name) => createHmac('sha256', fingerprint).update(`limit\0${name}`).digest('base64url').slice(0, 22);
}

/** Takes up what earlier runs have left. The home's lock is held. */
export function keepUsage(home: Pick<Home, 'keys' | 'path'>, log: (line: string) => void): KeptUsage {
  const file = join(home.path, FILE);
  const tell = seldom((message) => log(`weir: ${message}`));
  const kept = readRows(file, tell);
  const usage = new SharedUsage(Date.now, null, kept.rows, { digestOf: usageDigests(home) });
  let bytes = kept.bytes;
  let smallest = 0;
  let writing: Promise<void> = Promise.resolve();
  let isClosed = false;

  const append = async (rows: UsageRows): Promise<void> => {
    const lines = rows.map(lineOf).join('');
    await appendFile(file, lines, { mode: 0o600 });
    bytes += lines.length;
  };
  const rewrite = async (): Promise<void> => {
    const lines = usage.kept().map(lineOf).join('');
    await writeFile(`${file}.new`, lines, { mode: 0o600 });
    await rename(`${file}.new`, file);
    bytes = lines.length;
    smallest = bytes;
  };
  const write = async (): Promise<void> => {
    const rows = usage.changed();
    if (rows.length === 0) return;
    try {
      await (bytes > Math.max(LEAST_BYTES, GROWTH * smallest) ? rewrite() : append(rows));
    } catch (error) {
      tell(`${file} cannot be written: ${error instanceof Error ? error.message : 'unknown error'}`);
    }
  };
  // Begins the reckoning of what has changed, and leaves out what has run out.
  usage.changed();
  if (kept.bytes > 0) writing = rewrite().catch(() => undefined);
  let isWriting = false;
  const timer = setInterval(() => {
    if (isWriting || isClosed) return;
    isWriting = true;
    writing = writing.then(write).finally(() => {
      isWriting = false;
    });
  }, WRITE_MS).unref();
  return {
    usage,
    async close() {
      isClosed = true;
      clearInterval(timer);
      await writing;
      try {
        appendFileSync(file, usage.changed().map(lineOf).join(''), { mode: 0o600 });
      } catch (error) {
        tell(`${file} cannot be written: ${error instanceof Error ? error.message : 'unknown error'}`);
      }
    },
  };
}

/** `[digest, perMs, latest, [[back, requests, bytes, findings], …]]`, `back` in intervals before `latest`. */
function lineOf([digest, row]: UsageRows[number]): string {
  const counts: number[][] = [];
  for (let back = 0; back < INTERVALS && back <= row.latest; back++) {
    const at = (row.latest - back) % INTERVALS;
    const used = [row.requests[at] ?? 0, row.bytes[at] ?? 0, row.findings[at] ?? 0];
    if (used.some((one) => one !== 0)) counts.push([back, ...used]);
  }
  return `${JSON.stringify([digest, row.perMs, row.latest, counts])}\n`;
}

function readRows(file: string, tell: (message: string) => void): { rows: UsageRows; bytes: number } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      tell(`${file} cannot be read: limits begin to count anew`);
    }
    return { rows: [], bytes: 0 };
  }
  rmSync(`${file}.new`, { force: true });
  const rows = new Map<string, Row>();
  let broken = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const read = rowOf(line);
    if (read === null) broken++;
    else {
      // The one changed last comes last.
      rows.delete(read[0]);
      rows.set(...read);
    }
  }
  // A process that was killed may have left half a line.
  if (broken > 1) tell(`${file}: ${broken} lines cannot be read`);
  const now = Date.now();
  const isOver = ({ latest, perMs }: Row): boolean => ((latest + INTERVALS) * perMs) / INTERVALS <= now;
  return { rows: [...rows].filter(([, row]) => !isOver(row)), bytes: text.length };
}

function rowOf(line: string): [string, Row] | null {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return null;
  }
  if (!Array.isArray(read)) return null;
  const [digest, perMs, latest, counts] = read as unknown[];
  if (typeof digest !== 'string' || !isCount(perMs) || perMs === 0 || !isCount(latest) || !Array.isArray(counts))
    return null;
  const empty = (): Float64Array => new Float64Array(INTERVALS);
  const row: Row = { requests: empty(), bytes: empty(), findings: empty(), latest, perMs };
  for (const one of counts as unknown[]) {
    if (!Array.isArray(one) || !one.every(isCount)) return null;
    const [back = 0, requests = 0, bytes = 0, findings = 0] = one as number[];
    if (back >= INTERVALS || back > latest) return null;
    const at = (latest - back) % INTERVALS;
    row.requests[at] = requests;
    row.bytes[at] = bytes;
    row.findings[at] = findings;
  }
  return [digest, row];
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
