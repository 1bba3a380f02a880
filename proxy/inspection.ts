/**
 * The inspection of a message as the proxy does it: extract, ask the model for names where there is one, and the rest of
 * the engine. The engine itself asks nobody; what takes time lies between its two halves.
 */
import { extract } from '../engine/extract/extract.ts';
import { type Engine, type InspectContext, type Inspection, inspect, inspectExtraction } from '../engine/inspect.ts';
import type { NameReader, NamesInTexts } from '../engine/names/given.ts';
import type { Message } from '../flow/message.ts';
import type { Segment } from '../flow/segment.ts';

export interface Inspecting {
  readonly engine: Engine;
  readonly readNames: NameReader | null;
}

/** Rejects as `inspect` throws. */
export async function inspectWithNames(
  { engine, readNames }: Inspecting,
  message: Message,
  context: InspectContext,
): Promise<Inspection> {
  if (readNames === null) return inspect(engine, message, context);
  const extraction = extract(message, { maxDecodedBytes: engine.maxDecodedBytes });
  const names = await namesOf(extraction.segments, readNames);
  return inspectExtraction(engine, message, extraction, { ...context, names });
}

/** The same where nothing can be waited for: coverage says that the model has not read it. */
export function inspectWithoutNames(
  { engine, readNames }: Inspecting,
  message: Message,
  context: InspectContext,
): Inspection {
  if (readNames === null) return inspect(engine, message, context);
  const extraction = extract(message, { maxDecodedBytes: engine.maxDecodedBytes });
  const isWhole = !extraction.segments.some(isForModel);
  return inspectExtraction(engine, message, extraction, { ...context, names: { names: [], isWhole } });
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
