/**
 * What was found in a message, as little of it as can be, to be handed from the thread that looked to the one that decides:
 * of the segments only those in which something was found, and one for each role and position there is. Texts that lie
 * in the body are named by their place in it.
 */
import type { Coverage } from '../flow/coverage.ts';
import type { Segment } from '../flow/segment.ts';
import type { CarriedDocument } from './extract/documents.ts';
import type { Extraction } from './extract/extract.ts';
import { openingOf } from './extract/opening.ts';
import type { Examined } from './inspect.ts';
import { type PackedFindings, packed, unpacked } from './packed-findings.ts';
import { literalsIn } from './transform/replacements.ts';

/** A place in the body, or in what lies beside it. */
interface CondensedText {
  readonly of: 'body' | 'beside';
  readonly start: number;
  readonly end: number;
}

/** Plain data: it passes from thread to thread as it is, and its bytes are shared, so that none of them is copied for it. */
export interface Condensed {
  readonly extraction: Omit<Extraction, 'segments' | 'body' | 'firstUserText' | 'documents' | 'literals'>;
  readonly segments: readonly (Omit<Segment, 'text' | 'across'> & { readonly text: CondensedText })[];
  /** Tokens that stand in the payload: no value may get one of their numbers. */
  readonly literals: readonly string[];
  readonly findings: PackedFindings;
  readonly coverage: Coverage;
  /** The body without its codings; null where it had none. */
  readonly body: Uint8Array | null;
  /** Texts that do not stand in the body as they are, one behind the other. */
  readonly beside: Uint8Array;
  readonly firstUserText: string | null;
  readonly documents: readonly (Omit<CarriedDocument, 'bytes'> & { readonly bytes: Uint8Array })[];
}

/** Of a message whose documents nobody has read yet; its coverage is then that of all the rest. */
export function condense({ extraction, findings, coverage }: Examined): Condensed {
  const { segments, body, firstUserText, documents, ...rest } = extraction;
  const places = new Map<number, number>();
  const kept: Segment[] = [];
  for (const { segment } of findings) {
    const one = segments[segment];
    if (one === undefined || places.has(segment)) continue;
    places.set(segment, kept.length);
    kept.push(one);
  }
  const seen = new Set<string>();
  for (const one of segments) {
    const kind = `${one.role} ${one.position}`;
    if (!seen.has(kind)) kept.push({ ...one, text: NOTHING, layers: [] });
    seen.add(kind);
  }
  const beside = new Beside();
  const segmentsOf = kept.map(({ text, across: _, ...segment }) => ({
    ...segment,
    text: placeWithin(text, body) ?? beside.add(text),
  }));
  return {
    extraction: rest,
    segments: segmentsOf,
    literals: literalsIn(extraction),
    findings: packed(findings.map((finding) => ({ ...finding, segment: places.get(finding.segment) ?? 0 }))),
    coverage,
    body: extraction.decoded ? shared([body]) : null,
    beside: beside.bytes(),
    firstUserText: openingOf(firstUserText()),
    documents: documents?.list.map((one) => ({ ...one, bytes: shared([one.bytes]) })) ?? [],
  };
}

/** The other way round, beside the body as it was received. */
export function expanded(condensed: Condensed, received: Buffer): Examined {
  const { extraction, coverage, firstUserText, literals } = condensed;
  const body = condensed.body === null ? received : bufferOf(condensed.body);
  const beside = bufferOf(condensed.beside);
  const documents = condensed.documents.map((one) => ({ ...one, bytes: bufferOf(one.bytes) }));
  return {
    extraction: {
      ...extraction,
      coverage,
      literals: { found: literals, upTo: condensed.segments.length },
      segments: condensed.segments.map((segment) => ({ ...segment, text: textOf(segment.text, body, beside) })),
      body,
      firstUserText: () => firstUserText,
      documents: documents.length === 0 ? null : { list: documents, coverageBeside: coverage },
    },
    findings: unpacked(condensed.findings),
    coverage,
  };
}

const NOTHING = Buffer.alloc(0);

class Beside {
  readonly #texts: Buffer[] = [];
  #size = 0;

  add(text: Buffer): CondensedText {
    const start = this.#size;
    this.#size += text.length;
    this.#texts.push(text);
    return { of: 'beside', start, end: this.#size };
  }

  bytes(): Uint8Array {
    return shared(this.#texts);
  }
}

/** Where it lies in the body; null where it does not. */
function placeWithin(text: Buffer, body: Buffer): CondensedText | null {
  const start = text.byteOffset - body.byteOffset;
  const isWithin = text.buffer === body.buffer && start >= 0 && start + text.length <= body.length;
  return isWithin ? { of: 'body', start, end: start + text.length } : null;
}

function shared(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(parts.reduce((sum, { length }) => sum + length, 0)));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function textOf({ of, start, end }: CondensedText, body: Buffer, beside: Buffer): Buffer {
  return (of === 'body' ? body : beside).subarray(start, end);
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
