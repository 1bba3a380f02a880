/**
 * The inspection of a message as the proxy does it: extract, have its documents read, ask the model for names where there
 * is one, and the rest of the engine. The engine itself asks nobody; what takes time lies between its two halves.
 */
import { type DocumentReader, withReadings } from '../engine/extract/documents.ts';
import { type Extraction, extract } from '../engine/extract/extract.ts';
import {
  carryOut,
  type Engine,
  type InspectContext,
  type Inspection,
  judge,
  type UsageLedger,
  wanted,
} from '../engine/inspect.ts';
import type { NameReader, NamesInTexts } from '../engine/names/given.ts';
import type { Message } from '../flow/message.ts';
import type { Override } from '../flow/override.ts';
import type { Segment } from '../flow/segment.ts';
import type { ProxyFigures } from './figures.ts';
import type { Pseudonyms } from './pseudonyms.ts';

export interface Inspecting {
  readonly engine: Engine;
  readonly readNames: NameReader | null;
  readonly readDocuments: DocumentReader | null;
  readonly figures: ProxyFigures;
  readonly usage: UsageLedger;
  /** What people have let through for a while; asked only where a rule grants that. */
  readonly overrides: () => readonly Override[];
}

/** An inspection in the proxy, whose conversations may be with another process. */
export interface ProxyInspectContext extends Omit<InspectContext, 'conversation' | 'names' | 'usage' | 'overrides'> {
  /** Its body is still to come, and is inspected then: nothing of it is counted now. */
  readonly isHead?: boolean;
  /** Null where nothing that is edited will be sent: a label stands for a token then. */
  readonly pseudonyms: Pseudonyms | null;
}

/** Rejects as `inspect` throws, and where the conversation cannot be asked for its tokens. */
export async function inspectWithNames(
  inspecting: Inspecting,
  message: Message,
  { pseudonyms, ...context }: ProxyInspectContext,
): Promise<Inspection> {
  const since = performance.now();
  const { engine, readNames, readDocuments, figures } = inspecting;
  // What a response rule covers is held.
  const isPart = message.status === 206 && context.held;
  const taken = extract(message, isPart ? { ...engine, refusesParts: true } : engine);
  const extraction = await withDocuments(taken, readDocuments);
  const names = readNames === null ? null : await namesOf(extraction.segments, readNames);
  const judged = judge(engine, message, extraction, { ...context, ...givenOf(inspecting, context), names });
  const tokens = pseudonyms === null ? null : wanted(judged);
  const issued = pseudonyms === null || tokens === null ? null : await pseudonyms.issue(judged.extraction, tokens);
  const inspection = carryOut(engine, judged, issued);
  figures.passed('inspect', since);
  return inspection;
}

/**
 * The same where nothing can be waited for: coverage says that the model has not read it, and no token is given out.
 * For what is recorded, not sent.
 */
export function inspectWithoutNames(
  inspecting: Inspecting,
  message: Message,
  { pseudonyms: _, ...context }: ProxyInspectContext,
): Inspection {
  const { engine, readNames } = inspecting;
  const extraction = extract(message, engine);
  const names = readNames === null ? null : { names: [], isWhole: !extraction.segments.some(isForModel) };
  const judged = judge(engine, message, extraction, { ...context, ...givenOf(inspecting, context), names });
  return carryOut(engine, judged, null);
}

/** What the engine is told from outside: what was used of limits, and what was let through. */
export function givenOf(
  { engine, usage, overrides }: Inspecting,
  { isHead }: Pick<ProxyInspectContext, 'isHead'>,
): { readonly usage: UsageLedger | null; readonly overrides: readonly Override[] } {
  const { hasLimits, hasOverrides } = engine.policies;
  return { usage: hasLimits && isHead !== true ? usage : null, overrides: hasOverrides ? overrides() : NONE };
}

const NONE: readonly Override[] = [];

/** With the texts of the documents that it carries. What lies in a document has no conversation and no model of its own. */
async function withDocuments(extraction: Extraction, read: DocumentReader | null): Promise<Extraction> {
  const { documents, segments } = extraction;
  if (documents === null || read === null) return extraction;
  return { ...extraction, ...withReadings(segments, documents, await read(documents.list)), documents: null };
}

async function namesOf(segments: readonly Segment[], readNames: NameReader): Promise<NamesInTexts> {
  const asked = segments.filter(isForModel);
  if (asked.length === 0) return { names: [], isWhole: true };
  const { names, isWhole } = await readNames(asked.map(({ text }) => text));
  const found = new Map(asked.map((segment, at) => [segment, names[at] ?? []]));
  return { names: segments.map((segment) => found.get(segment) ?? []), isWhole };
}

/** Two letters and more of what somebody says: the model is not asked about numbers, ids, headers and names of models. */
function isForModel({ role, text }: Segment): boolean {
  if (role === 'metadata') return false;
  let letters = 0;
  for (let i = 0; i < text.length && letters < 2; i++) {
    const byte = text[i] as number;
    const lower = byte | 0x20;
    if (byte >= 0x80 || (lower >= 0x61 && lower <= 0x7a)) letters++;
  }
  return letters >= 2;
}
