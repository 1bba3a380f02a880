/**
 * Documents that a message carries as bytes: PDF, and the ZIP that Office files are. The engine tells them by how they
 * begin and hands them out; reading them takes libraries and time, so whoever calls it does so between extract and scan.
 */
import { type Coverage, opaque, truncated, worseCoverage } from '../../flow/coverage.ts';
import type { Part, Segment } from '../../flow/segment.ts';
import type { Zone } from './zone.ts';

export type DocumentKind = 'pdf' | 'zip';

/** One document, and where it stands in the message. */
export interface CarriedDocument {
  readonly bytes: Buffer;
  readonly kind: DocumentKind;
  readonly path: string;
  readonly label: string | null;
  readonly zone: Zone;
  readonly part: Part;
}

/** What a message carries, and the coverage of all the rest of it. */
export interface CarriedDocuments {
  readonly list: readonly CarriedDocument[];
  readonly coverageBeside: Coverage;
}

/** A text of a document: a page, a sheet, a file in an archive. */
export interface DocumentText {
  readonly name: string;
  readonly text: string;
}

/** What was read of a document; `isWhole` is false where some of it was not. Null for one that could not be read. */
export type DocumentReading = { readonly texts: readonly DocumentText[]; readonly isWhole: boolean } | null;

/** Reads documents; never rejects. */
export type DocumentReader = (documents: readonly CarriedDocument[]) => Promise<readonly DocumentReading[]>;

/** ISO 32000 lets a header stand somewhat behind the beginning, and readers take it there. */
const PDF_WITHIN = 1024;

/** True for text that is a PDF from its first byte on; one that only speaks of PDFs is none. */
export function isPdfSource(text: Buffer): boolean {
  return text.length > 5 && text[0] === 0x25 && text.toString('latin1', 0, 5) === '%PDF-';
}

export function documentKind(bytes: Buffer): DocumentKind | null {
  if (bytes.length < 22) return null;
  if (bytes.readUInt32BE(0) === 0x504b0304) return 'zip';
  return bytes.subarray(0, PDF_WITHIN).includes('%PDF-') ? 'pdf' : null;
}

/** The segments and the coverage of a message once its documents are read. No edit can be made inside a document. */
export function withReadings(
  segments: readonly Segment[],
  carried: CarriedDocuments,
  readings: readonly DocumentReading[],
): { readonly segments: readonly Segment[]; readonly coverage: Coverage } {
  const all = [...segments];
  let coverage = carried.coverageBeside;
  for (const [index, { path, label, zone, part }] of carried.list.entries()) {
    const reading = readings[index] ?? null;
    if (reading === null) coverage = worseCoverage(coverage, opaque('media'));
    else if (!reading.isWhole) coverage = worseCoverage(coverage, truncated('document'));
    for (const { name, text } of reading?.texts ?? []) {
      if (text === '') continue;
      const inside = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const { position } = zone;
      const bytes = Buffer.from(text.toWellFormed(), 'utf8');
      all.push({ text: bytes, path: inside, label, role: 'file', position, part, layers: [], immutable: true });
    }
  }
  return { segments: all, coverage };
}
