/**
 * A scanner that remembers what it found in a text. Agents send their whole history with every turn, so most of what
 * comes has been scanned before. No text is kept: a text is known by a keyed hash, under a key that its caller made for
 * this process, and findings hold no values. What was found encoded is not remembered, since its decoded value would be.
 */
import { hash } from 'node:crypto';
import type { TextFinding } from '../../flow/finding.ts';
import type { ScanHints, Scanner } from './scanner.ts';

export interface MemoryOptions {
  /** 32 random bytes. */
  readonly key: Buffer;
  /** Texts that are remembered at most; the ones not met for longest go first. */
  readonly maxTexts?: number;
  /** Shorter texts, bytes, are scanned again: looking them up would take about as long. */
  readonly minBytes?: number;
}

export interface RememberingScanner extends Scanner {
  /** Texts that were known, and texts that were not though long enough. */
  readonly counts: { readonly known: number; readonly unknown: number };
}

const MAX_TEXTS = 8192;
const MIN_BYTES = 1024;
/** A text with more findings is a dump, and nobody sends it every turn. */
const MAX_FINDINGS = 256;

export function remembering(scanner: Scanner, options: MemoryOptions): RememberingScanner {
  const { maxTexts = MAX_TEXTS, minBytes = MIN_BYTES } = options;
  const known = new Map<string, readonly TextFinding[]>();
  const counts = { known: 0, unknown: 0 };

  const isWorthKeeping = (findings: readonly TextFinding[]): boolean =>
    findings.length <= MAX_FINDINGS && !findings.some((finding) => scanner.isDecoded(finding));

  return {
    recognizers: scanner.recognizers,
    counts,
    isDecoded: (finding) => scanner.isDecoded(finding),
    valueOf: (text, finding) => scanner.valueOf(text, finding),
    scan(text: Buffer, hints: ScanHints): readonly TextFinding[] {
      if (text.length < minBytes || hints.isExplained === true) return scanner.scan(text, hints);
      const digest = digestOf(options.key, text, hints);
      const before = known.get(digest);
      if (before !== undefined) {
        counts.known++;
        known.delete(digest);
        known.set(digest, before);
        return before;
      }
      counts.unknown++;
      let isTruncated = false;
      const onTruncated = (): void => {
        isTruncated = true;
        hints.onTruncated?.();
      };
      const findings = scanner.scan(text, { ...hints, onTruncated });
      if (isTruncated || !isWorthKeeping(findings)) return findings;
      known.set(digest, findings);
      if (known.size > maxTexts) for (const [oldest] of known) if (known.delete(oldest)) break;
      return findings;
    },
  };
}

/**
 * The key comes first; then the label, role and what else changes the findings, with their length, so that no text can
 * pass for another. A hash of all that in one call, at a third of what an HMAC costs: digests leave no process, so
 * that nobody can lengthen one.
 */
function digestOf(key: Buffer, text: Buffer, { label, role, isBase64Read, names }: ScanHints): string {
  const how = Buffer.from(JSON.stringify([label, role, isBase64Read === true, names ?? []]));
  const length = Buffer.from(`${how.length}:`);
  return hash('sha256', Buffer.concat([key, length, how, text]), 'base64');
}
