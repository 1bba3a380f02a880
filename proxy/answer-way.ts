/**
 * How an answer goes back, told by its head: as it comes, changed while it streams, or held whole. What streams is what
 * the rules can judge piece by piece; everything else that a rule could change waits until it is there.
 */
import type { Inspection } from '../engine/inspect.ts';
import { createStreamRestorer, type StreamRestorer } from '../engine/transform/restore.ts';
import { createStreamGate, type StreamGate, streamFraming } from '../engine/transform/stream/gate.ts';
import { FULL, truncated } from '../flow/coverage.ts';
import { actionRank } from '../flow/decision.ts';
import { headerOf, type Message } from '../flow/message.ts';
import { isProtobuf, isTextual } from './beside.ts';
import type { ExchangeContext, Ready } from './context.ts';
import { valuesOf } from './head.ts';
import { givenOf, inspectWithoutNames } from './inspection.ts';
import { type StreamCoding, streamDecoder } from './stream-decoder.ts';

/** What an answer goes through while it streams, in this order. */
export interface StreamParts {
  readonly decoder: StreamCoding | null;
  readonly gate: StreamGate | null;
  readonly restorer: StreamRestorer | null;
}

/** `message`: the answer with its head and no body. */
export function wayOf(message: Message, ready: Ready, context: ExchangeContext): StreamParts | 'pass' | 'hold' {
  if (ready.holdsResponse) return judgedParts(message, ready, context) ?? 'hold';
  if (ready.pseudonyms === null) return 'pass';
  const { headers, status, target } = message;
  const contentType = headerOf(headers, 'content-type');
  if (!isTextual(contentType) || status === 206) return 'pass';
  if (isProtobuf(contentType)) return 'hold';
  const decoder = decoderOf(headers);
  // Without its type it may be anything; a single document of JSON is put back whole.
  const isStreamed =
    streamFraming(contentType, target) !== null || ready.shape === 'gemini.web' || !/json/i.test(contentType ?? '');
  if (!isStreamed || decoder === undefined) return 'hold';
  return { decoder, gate: null, restorer: restorerOf(contentType, ready) };
}

/** Null where the answer has to be there whole before anything can be said of it. */
function judgedParts(message: Message, ready: Ready, context: ExchangeContext): StreamParts | null {
  const { headers, status, target, source, destination } = message;
  const contentType = headerOf(headers, 'content-type');
  const framing = streamFraming(contentType, target);
  const decoder = decoderOf(headers);
  if (framing === null || decoder === undefined || status === 206) return null;
  const { engine, readNames, config, now } = context;
  const gate = createStreamGate(engine, framing, {
    source,
    destination,
    shape: ready.shape,
    coverage: readNames === null ? FULL : truncated('model'),
    now: new Date(now()),
    ...givenOf(context, {}),
    readDocuments: context.readDocuments,
    hasConversation: ready.pseudonyms !== null,
    holdMs: config.limits.holdMs,
    hasNameModel: readNames !== null,
  });
  if (gate === null) return null;
  const head = inspectHead(message, context);
  // What is to be changed in the head is changed where the whole is there.
  if (actionRank(head.decision.enforced.action) > actionRank('alert')) return null;
  gate.begin(head);
  return { decoder, gate, restorer: ready.pseudonyms === null ? null : restorerOf(contentType, ready) };
}

/** Headers alone, or trailers alone, as those of an answer without a body. */
export function inspectHead(message: Message, context: ExchangeContext): Inspection {
  return inspectWithoutNames(context, message, {
    now: new Date(context.now()),
    held: false,
    isHead: true,
    pseudonyms: null,
  });
}

function restorerOf(contentType: string | null, { shape, pseudonyms }: Ready): StreamRestorer | null {
  return pseudonyms === null ? null : createStreamRestorer(shape, contentType ?? '', pseudonyms);
}

/** Null where there is nothing to undo; undefined where it cannot be undone while it streams. */
function decoderOf(headers: readonly string[]): StreamCoding | null | undefined {
  const coding = valuesOf(headers, 'content-encoding').join(', ');
  if (coding.trim() === '' || coding.trim().toLowerCase() === 'identity') return null;
  return streamDecoder(coding) ?? undefined;
}
