/**
 * One source scanned: its findings with their places, and what became of each. Nothing here keeps a value; where a
 * fingerprint is asked for, it is made while the text is at hand.
 */
import type { GivenName, NameReader } from '../../engine/names/given.ts';
import type { Scanner } from '../../engine/scan/scanner.ts';
import { type Coverage, FULL, opaque, truncated, worseCoverage } from '../../flow/coverage.ts';
import type { TextFinding } from '../../flow/finding.ts';
import { allowComments, applyAllow } from './allow-comment.ts';
import type { FindingFilter } from './entity-filter.ts';
import { type Place, PlaceCounter } from './place-counter.ts';
import { reasonOf, type TextSource } from './source.ts';
import { type Pieces, WINDOW_SIZES, type Window, type WindowSizes, windowsOf } from './windows.ts';

/** `new` findings are what a scan answers for; the others are counted. */
export type FindingState = 'new' | 'known' | 'allowed';

export interface LocatedFinding {
  readonly finding: TextFinding;
  readonly start: Place;
  readonly end: Place;
  readonly state: FindingState;
  /** Of an allowed one, the comment's reason, redacted. */
  readonly reason: string | null;
  /** What is wrong with a comment that would have allowed it. */
  readonly problem: string | null;
  /** Under home's key; null where nobody asked. */
  readonly fingerprint: string | null;
}

export interface FileScan {
  readonly name: string;
  readonly findings: readonly LocatedFinding[];
  readonly coverage: Coverage;
  /** Why it could not be read to its end; null where it was. */
  readonly error: string | null;
  /** Of the text, as UTF-8. */
  readonly bytes: number;
}

/** Both are called with a finding's value while the text is at hand. */
export interface FindingMarks {
  /** Whether a baseline holds it. */
  isKnown(finding: TextFinding, value: string, name: string): boolean;
  fingerprint(finding: TextFinding, value: string): string | null;
}

export interface ScanPlan {
  readonly scanner: Scanner;
  readonly filter: FindingFilter;
  /** Names of entities and `category:NAME`, for comments. */
  readonly isEntity: (name: string) => boolean;
  readonly marks: FindingMarks | null;
  readonly isExplained: boolean;
  /** Asks the model for names; null or absent without one. */
  readonly readNames?: NameReader | null;
  readonly sizes?: WindowSizes;
  /** Called now and then with the bytes looked at since the last call. */
  onProgress?(bytes: number): void;
}

/** Never throws for what a file or its content does. */
export async function scanSource(plan: ScanPlan, source: TextSource): Promise<FileScan> {
  const located: LocatedFinding[] = [];
  const counter = new PlaceCounter();
  let bytes = 0;
  let looked = FULL;
  const onTruncated = (missing: Coverage): void => {
    looked = worseCoverage(looked, missing);
  };
  try {
    for await (const { window, findings } of scannedWindows(plan.scanner, source.pieces, { ...plan, onTruncated })) {
      located.push(...locate(plan, source, window, findings.filter(plan.filter), counter));
      if (window.step > 0) counter.moveOn(window.text, window.step);
      const fresh = Math.min(window.to, window.text.length) - window.from;
      bytes += fresh;
      plan.onProgress?.(fresh);
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const coverage = bytes === 0 ? opaque('unreadable') : truncated('unreadable');
    return { name: source.name, findings: located, coverage, error: reasonOf(error), bytes };
  }
  const coverage = worseCoverage(source.coverage(), looked);
  return { name: source.name, findings: located, coverage, error: null, bytes };
}

/** Not all that is encoded in the text was decoded: there is a limit to that, in bytes. */
export const NOT_DECODED: Coverage = truncated('decoding');
/** The model has not read all of the text. */
export const NOT_READ: Coverage = truncated('model');

/** What the model finds in one text. `onTruncated` is called where it has not read it to its end. */
export async function namesIn(
  text: Buffer,
  readNames: NameReader | null,
  onTruncated: (missing: Coverage) => void,
): Promise<readonly GivenName[]> {
  if (readNames === null) return [];
  const { names, isWhole } = await readNames([text]);
  if (!isWhole) onTruncated(NOT_READ);
  return names[0] ?? [];
}

export interface ScannedWindow {
  readonly window: Window;
  /** The window's own findings. */
  readonly findings: readonly TextFinding[];
}

export interface ScanOptions {
  readonly sizes?: WindowSizes;
  readonly isExplained?: boolean;
  /** Asks the model for names; null without one. */
  readonly readNames?: NameReader | null;
  /** Told what was not looked at, so that a value may stand in it still. */
  readonly onTruncated?: (missing: Coverage) => void;
}

/** The findings of a text, window by window; a finding that crosses a cut is told once. */
export async function* scannedWindows(
  scanner: Scanner,
  pieces: Pieces,
  options: ScanOptions = {},
): AsyncGenerator<ScannedWindow> {
  const { isExplained = false, onTruncated = () => {}, readNames = null } = options;
  const hints = { label: null, role: null, isExplained, onTruncated: () => onTruncated(NOT_DECODED) };
  let doneTo = 0;
  for await (const window of windowsOf(pieces, options.sizes ?? WINDOW_SIZES)) {
    const names = await namesIn(window.text, readNames, onTruncated);
    const all = scanner.scan(window.text, { ...hints, names });
    const from = Math.max(window.from, doneTo);
    const isWhole = window.from === 0 && window.step === 0;
    const findings = isWhole ? all : all.filter((one) => one.start >= from && one.start < window.to);
    doneTo = Math.max(doneTo, findings.at(-1)?.end ?? 0) - window.step;
    yield { window, findings };
  }
}

function locate(
  plan: ScanPlan,
  source: TextSource,
  { text }: Window,
  findings: readonly TextFinding[],
  counter: PlaceCounter,
): LocatedFinding[] {
  if (findings.length === 0) return [];
  const allowed = applyAllow(allowComments(text, plan.isEntity), findings);
  const located: LocatedFinding[] = [];
  for (const [index, finding] of findings.entries()) {
    const start = counter.placeAt(text, finding.start);
    const end = counter.placeAt(text, finding.end);
    if (source.lines?.touches(start.line, end.line) === false) continue;
    const reason = allowed.reasons.get(index) ?? null;
    const value = plan.marks === null || reason !== null ? '' : plan.scanner.valueOf(text, finding);
    const isKnown = reason === null && plan.marks?.isKnown(finding, value, source.name) === true;
    located.push({
      finding,
      start,
      end,
      state: reason !== null ? 'allowed' : isKnown ? 'known' : 'new',
      reason: reason === null ? null : redactedText(plan.scanner, reason),
      problem: reason === null ? (allowed.problems.get(index) ?? null) : null,
      fingerprint: reason === null ? (plan.marks?.fingerprint(finding, value) ?? null) : null,
    });
  }
  return located;
}

/** A reason may repeat the value that it excuses. */
function redactedText(scanner: Scanner, text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return redactSpan(bytes, scanner.scan(bytes, { label: null, role: null }), 0, bytes.length);
}

/** Bytes `from` to `to` with `[ENTITY]` in the place of each finding that starts there. */
export function redactSpan(text: Buffer, findings: readonly TextFinding[], from: number, to: number): string {
  let out = '';
  let at = from;
  for (const finding of findings) {
    out += `${text.toString('utf8', at, finding.start)}[${finding.entity}]`;
    at = finding.end;
  }
  return at < to ? out + text.toString('utf8', at, to) : out;
}

/** The host's answer while a file was read. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
