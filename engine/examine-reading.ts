/**
 * What is found in a message together with those who take time over it: the reader of the documents that it carries, and the
 * model that reads names. The engine asks them and waits; they come in as functions.
 */
import type { Segment } from '../flow/segment.ts';
import { type DocumentReader, withReadings } from './extract/documents.ts';
import type { Extraction } from './extract/extract.ts';
import { type Engine, type Examined, examine } from './inspect.ts';
import type { NameReader, NamesInTexts } from './names/given.ts';

export interface Readers {
  readonly readNames: NameReader | null;
  readonly readDocuments: DocumentReader | null;
}

/** Scans what was taken out of a message, its documents and the model's names included. */
export async function examineReading(
  engine: Pick<Engine, 'scanner' | 'fingerprint'>,
  taken: Extraction,
  { readNames, readDocuments }: Readers,
): Promise<Examined> {
  const { documents, segments } = taken;
  let extraction = taken;
  if (documents !== null && readDocuments !== null) {
    const readings = await readDocuments(documents.list);
    extraction = { ...taken, ...withReadings(segments, documents, readings), documents: null };
  }
  const names = readNames === null ? null : await namesOf(extraction.segments, readNames);
  return examine(engine, extraction, names);
}

/** What was found without its documents, with what they hold. */
export async function withDocuments(
  engine: Pick<Engine, 'scanner' | 'fingerprint'>,
  examined: Examined,
  readDocuments: DocumentReader | null,
): Promise<Examined> {
  const { documents, segments } = examined.extraction;
  if (documents === null) return examined;
  const readings = readDocuments === null ? [] : await readDocuments(documents.list);
  const read = withReadings([], documents, readings);
  const inside = examine(engine, { ...examined.extraction, ...read });
  const found = inside.findings.map((finding) => ({ ...finding, segment: finding.segment + segments.length }));
  return {
    extraction: { ...inside.extraction, segments: [...segments, ...read.segments], documents: null },
    findings: [...examined.findings, ...found],
    coverage: inside.coverage,
  };
}

async function namesOf(segments: readonly Segment[], readNames: NameReader): Promise<NamesInTexts> {
  const asked = segments.filter(isForModel);
  if (asked.length === 0) return { names: [], isWhole: true };
  const { names, isWhole } = await readNames(asked.map(({ text }) => text));
  const found = new Map(asked.map((segment, at) => [segment, names[at] ?? []]));
  return { names: segments.map((segment) => found.get(segment) ?? []), isWhole };
}

/** Two letters and more of what somebody says: the model is not asked about numbers, ids, headers and names of models. */
export function isForModel({ role, text }: Segment): boolean {
  if (role === 'metadata') return false;
  let letters = 0;
  for (let i = 0; i < text.length && letters < 2; i++) {
    const byte = text[i] as number;
    const lower = byte | 0x20;
    if (byte >= 0x80 || (lower >= 0x61 && lower <= 0x7a)) letters++;
  }
  return letters >= 2;
}
