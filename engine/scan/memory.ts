/**
 * A scanner that remembers what it found in a text. Agents send their whole history with every turn, so most of what
 * comes has been scanned before. No text is kept: a text is known by a keyed hash, under a key that its caller made for
 * this process, and findings hold no values. What was found encoded is not remembered, since its decoded value would be.
 */
import { hash } from 'node:crypto';
import type { TextFinding } from '../../flow/finding.ts';
import type { BegunScan, ScanHints, Scanner } from './scanner.ts';

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
  const known = new Generations<readonly TextFinding[]>(maxTexts);
  const counts = { known: 0, unknown: 0 };
  const digest = new Digest(options.key);

  const isWorthKeeping = (findings: readonly TextFinding[]): boolean =>
    findings.length <= MAX_FINDINGS && !findings.some((finding) => scanner.isDecoded(finding));

  const begin = (text: Buffer, hints: ScanHints): BegunScan => {
    if (text.length < minBytes || hints.isExplained === true) return scanner.begin(text, hints);
    const name = digest.of(text, hints);
    const before = known.get(name);
    if (before !== undefined) {
      counts.known++;
      return { findings: () => before };
    }
    counts.unknown++;
    let isTruncated = false;
    const onTruncated = (): void => {
      isTruncated = true;
      hints.onTruncated?.();
    };
    const begun = scanner.begin(text, { ...hints, onTruncated });
    return {
      findings: () => {
        const findings = begun.findings();
        if (!isTruncated && isWorthKeeping(findings)) known.set(name, findings);
        return findings;
      },
    };
  };

  return {
    recognizers: scanner.recognizers,
    counts,
    holding: (isWanted) => scanner.holding(isWanted),
    isDecoded: (finding) => scanner.isDecoded(finding),
    valueOf: (text, finding) => scanner.valueOf(text, finding),
    scan: (text, hints) => begin(text, hints).findings(),
    begin,
  };
}

/**
 * What was used of late, in two maps: when the younger is full it becomes the elder, whose content goes. One map in the order
 * of use would leave a gap at its front for each that went, and looking for the oldest would step over them.
 */
class Generations<T> {
  readonly #half: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(max: number) {
    this.#half = Math.max(1, max >> 1);
  }

  get(name: string): T | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.set(name, old);
    return old;
  }

  set(name: string, value: T): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, value);
  }
}

/** Longer texts are put together in a buffer of their own. */
const SCRATCH = 64 * 1024;
/** Of label and role, at 3 bytes a character. */
const MAX_HOW = 16 * 1024;

/**
 * What a text is known by: the SHA-256 of the key, of the label, role and what else changes the findings, with their length so
 * that no text can pass for another, and of the text. One call costs half of what an HMAC does; digests leave no
 * process, so that nobody can lengthen one.
 */
class Digest {
  readonly #key: Buffer;
  readonly #scratch = Buffer.alloc(SCRATCH);

  constructor(key: Buffer) {
    this.#key = key;
    key.copy(this.#scratch);
  }

  of(text: Buffer, { label, role, isBase64Read, names }: ScanHints): string {
    const how = JSON.stringify([label, role, isBase64Read === true, names ?? []]);
    const head = `${how.length}:${how}`;
    const from = this.#key.length;
    if (from + head.length * 3 > MAX_HOW || from + MAX_HOW + text.length > SCRATCH)
      return hash('sha256', Buffer.concat([this.#key, Buffer.from(head), text]), 'base64');
    const at = from + this.#scratch.write(head, from);
    const end = at + text.copy(this.#scratch, at);
    const digest = hash('sha256', this.#scratch.subarray(0, end), 'base64');
    // No text is kept.
    this.#scratch.fill(0, from, end);
    return digest;
  }
}
