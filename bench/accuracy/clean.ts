/**
 * False alarms on the clean corpus: every finding of medium or higher that is neither of a kind left out (names, places,
 * dates, addresses of hosts, which such texts truly hold) nor on the checked-in list of spans judged true. The list holds
 * hashes, places, entities and reasons, never a value.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import type { Scanner } from '../../engine/scan/scanner.ts';
import { MEDIUM, type TextFinding } from '../../flow/finding.ts';
import type { CorpusText, TextKind } from '../corpus/texts.ts';

/** Kinds that are not counted on the clean corpus: its texts hold many, and rightly. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  'PERSON',
  'LOCATION',
  'ORGANIZATION',
  'DATE_TIME',
  'URL',
  'IP_ADDRESS',
]);

/** Kinds of documents that a text is by its kind: code is source code. */
const TRUE_OF_KIND: Readonly<Partial<Record<TextKind, string>>> = { code: 'SOURCE_CODE', logs: 'STACK_TRACE_LOG_DUMP' };

export const TARGET_PER_100_KB = 2;

export interface TrueSpan {
  /** Of the file, as in the manifest. */
  readonly sha256: string;
  /** Bytes from its start. */
  readonly offset: number;
  readonly entity: string;
  readonly reason: string;
}

export interface FalseAlarm {
  readonly text: CorpusText;
  readonly finding: TextFinding;
}

export interface CleanFigures {
  readonly bytes: number;
  readonly alarms: readonly FalseAlarm[];
  readonly judgedTrue: number;
  readonly per100Kb: number;
  readonly byKind: ReadonlyMap<TextKind, { readonly bytes: number; readonly alarms: number }>;
}

export function readTrueSpans(): readonly TrueSpan[] {
  const lines = readFileSync(join(packageRoot, 'bench', 'corpus', 'true-spans.jsonl'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line): TrueSpan => JSON.parse(line));
}

export function spanKey(sha256: string, offset: number, entity: string): string {
  return `${sha256} ${offset} ${entity}`;
}

/** Whether a finding of the clean corpus counts as a false alarm: asked with the text and the place in it. */
export function falseAlarmCheck(): (text: CorpusText, offset: number, finding: TextFinding) => boolean {
  const known = new Set(readTrueSpans().map(({ sha256, offset, entity }) => spanKey(sha256, offset, entity)));
  return (text, offset, finding) =>
    finding.score >= MEDIUM &&
    !LEFT_OUT.has(finding.entity) &&
    TRUE_OF_KIND[text.kind] !== finding.entity &&
    !known.has(spanKey(text.sha256, offset, finding.entity));
}

export function measureClean(scanner: Scanner, texts: readonly CorpusText[]): CleanFigures {
  const isFalse = falseAlarmCheck();
  const alarms: FalseAlarm[] = [];
  const byKind = new Map<TextKind, { bytes: number; alarms: number }>();
  let judgedTrue = 0;
  let bytes = 0;
  for (const text of texts) {
    const kind = byKind.get(text.kind) ?? { bytes: 0, alarms: 0 };
    byKind.set(text.kind, kind);
    kind.bytes += text.text.length;
    bytes += text.text.length;
    for (const finding of scanner.scan(text.text, { label: null, role: null })) {
      if (finding.score < MEDIUM || LEFT_OUT.has(finding.entity)) continue;
      if (TRUE_OF_KIND[text.kind] === finding.entity) continue;
      if (!isFalse(text, finding.start, finding)) judgedTrue++;
      else {
        alarms.push({ text, finding });
        kind.alarms++;
      }
    }
  }
  return { bytes, alarms, judgedTrue, per100Kb: (alarms.length * 100_000) / bytes, byKind };
}

const ROUND = 32;

/** The place on one line, the value masked unless `plain` (the texts are public). */
export function shownContext({ text, finding }: FalseAlarm, plain: boolean): string {
  const whole = text.text;
  const value = whole.toString('utf8', finding.start, Math.min(finding.end, finding.start + 60));
  const masked = plain ? value : value.replace(/\p{L}/gu, 'x').replace(/\p{N}/gu, '9');
  const before = whole.toString('utf8', Math.max(0, finding.start - ROUND), finding.start);
  const after = whole.toString('utf8', finding.end, finding.end + ROUND);
  return `${before}[${masked}]${after}`.replace(/\s+/g, ' ');
}
