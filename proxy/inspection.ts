/**
 * The inspection of a message as the proxy does it: extract, have its documents read, ask the model for names where there
 * is one, and the rest of the engine. The engine itself asks nobody; what takes time lies between its two halves.
 */
import { expanded } from '../engine/condensed.ts';
import { examineReading, isForModel, withDocuments } from '../engine/examine-reading.ts';
import type { DocumentReader } from '../engine/extract/documents.ts';
import { extract } from '../engine/extract/extract.ts';
import {
  beginExamining,
  carryOut,
  type Engine,
  type Examined,
  type InspectContext,
  type Inspection,
  judge,
  judgeExamined,
  type UsageLedger,
  wanted,
} from '../engine/inspect.ts';
import type { NameReader } from '../engine/names/given.ts';
import type { LearnedFields } from '../flow/learned.ts';
import type { Message } from '../flow/message.ts';
import type { Override } from '../flow/override.ts';
import { carryOutElsewhere, type Elsewhere } from './elsewhere.ts';
import type { ProxyFigures } from './figures.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { NOW } from './turns.ts';

export interface Inspecting {
  readonly engine: Engine;
  readonly readNames: NameReader | null;
  readonly readDocuments: DocumentReader | null;
  /** Another thread for large messages; null without. */
  readonly elsewhere: Elsewhere | null;
  readonly figures: ProxyFigures;
  readonly usage: UsageLedger;
  /** What people have let through for a while; asked only where a rule grants that. */
  readonly overrides: () => readonly Override[];
  /** What is known of the fields of an edge. */
  readonly learned: (message: Message) => LearnedFields | null;
}

/** An inspection in the proxy, whose conversations may be with another process. */
export interface ProxyInspectContext
  extends Omit<InspectContext, 'conversation' | 'names' | 'usage' | 'overrides' | 'learned'> {
  /** Its body is still to come, and is inspected then: nothing of it is counted now. */
  readonly isHead?: boolean;
  /** All texts are needed afterwards, not only those in which something was found. */
  readonly needsTexts?: boolean;
  /** Null where nothing that is edited will be sent: a label stands for a token then. */
  readonly pseudonyms: Pseudonyms | null;
}

/** Rejects as `inspect` throws, and where the conversation cannot be asked for its tokens. */
export async function inspectWithNames(
  inspecting: Inspecting,
  message: Message,
  context: ProxyInspectContext,
): Promise<Inspection> {
  const { pseudonyms, needsTexts } = context;
  const since = performance.now();
  const { engine, readNames, elsewhere, figures } = inspecting;
  // What a response rule covers is held.
  const isPart = message.status === 206 && context.held;
  const taking = isPart ? { ...engine, refusesParts: true } : engine;
  // The model's thread is asked about texts from here, so that with a model all is done here.
  const isHere = readNames !== null || needsTexts === true || message.isWithinStream === true;
  const asked = isHere || elsewhere === null ? null : elsewhere.examine(message, isPart);
  // Nothing is waited for that is there: most messages are small, and nobody is asked about them.
  const condensed = asked === null ? null : await asked;
  let examined: Examined;
  if (condensed === null) {
    const taken = extract(message, taking);
    await NOW;
    const isReading = readNames !== null || taken.documents !== null;
    if (isReading) examined = await examineReading(engine, taken, inspecting);
    else {
      const examineNames = beginExamining(engine, taken);
      await NOW;
      examined = examineNames();
    }
  } else {
    const found = expanded(condensed, message.body);
    examined = await withDocuments(engine, found, inspecting.readDocuments);
  }
  await NOW;
  const judged = judgeExamined(engine, message, examined, judging(inspecting, message, context));
  const tokens = pseudonyms === null ? null : wanted(judged);
  const issued = pseudonyms === null || tokens === null ? null : await pseudonyms.issue(judged.extraction, tokens);
  const inspection =
    condensed === null || elsewhere === null
      ? carryOut(engine, judged, issued)
      : await carryOutElsewhere(engine, judged, issued, condensed, elsewhere);
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
  context: ProxyInspectContext,
): Inspection {
  const { engine, readNames } = inspecting;
  const extraction = extract(message, engine);
  const names = readNames === null ? null : { names: [], isWhole: !extraction.segments.some(isForModel) };
  const judged = judge(engine, message, extraction, { ...judging(inspecting, message, context), names });
  return carryOut(engine, judged, null);
}

/** What is judged with. Field by field, since this is done for every message. */
function judging(
  inspecting: Inspecting,
  message: Message,
  context: ProxyInspectContext,
): Omit<InspectContext, 'conversation' | 'names'> {
  const { now, held, bytes = message.body.length } = context;
  const { usage, overrides } = givenOf(inspecting, context);
  return { now, held, bytes, usage, overrides, learned: inspecting.learned(message) };
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
