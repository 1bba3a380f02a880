/**
 * An answer that is judged while it streams. Bytes in, bytes out; it knows no clock, so that whoever calls says what
 * time it is, and asks again when something is due.
 */
import { isEventStream } from '../../extract/event-stream.ts';
import type { Extraction } from '../../extract/extract.ts';
import type { Engine, Inspection } from '../../inspect.ts';
import type { Conversation } from '../conversation.ts';
import { EventStreamFraming } from '../event-stream-framing.ts';
import { mediaType } from '../restore.ts';
import type { Asking } from './asking.ts';
import { DocumentGate } from './document-gate.ts';
import { type Framing, JsonFraming, SseFraming } from './framings.ts';
import { type JudgeOptions, StreamJudge } from './judge.ts';

/** The framing of a stream; `null` for what is not a stream of documents. */
export type StreamFraming = 'sse' | 'json' | 'eventstream';

export interface StreamGate {
  readonly framing: StreamFraming;
  push(chunk: Buffer, now: number): Asking<Buffer>;
  /** What has waited for long enough. */
  tick(now: number): Asking<Buffer>;
  end(now: number): Asking<Buffer>;
  /** When `tick` is to be called; null where nothing waits for it. */
  readonly dueAt: number | null;
  /** A rule ends the stream; nothing more leaves. */
  readonly isBlocked: boolean;
  /** Why the rest cannot be judged; null while it can. */
  readonly failure: string | null;
  /** Id of the response that streams, in OpenAI's responses shape, once seen. */
  readonly responseId: string | null;
  /** Where tokens that were asked for are to be learnt. */
  readonly tokens: Conversation;
  /** The answer as far as it has come, without its texts. */
  extraction(): Extraction;
  /** What was found in the head of the answer. */
  begin(head: Inspection): void;
  /** What was found and decided; `bytes` is how long the answer was. To be asked once. */
  inspection(bytes: number): Inspection;
  /** What ends the stream in place of what is held, made of an error as a stream of this kind tells it. */
  ending(error: Buffer): Buffer;
}

/** How a stream of documents is framed, by its content type and the request's target; null for what is none. */
export function streamFraming(contentType: string | null, target: string): StreamFraming | null {
  const kind = mediaType(contentType ?? '');
  if (kind === 'text/event-stream') return 'sse';
  if (/(?:^|[/-])(?:ndjson|jsonl|jsonlines|stream\+json)$/.test(kind)) return 'json';
  if (isEventStream(kind)) return 'eventstream';
  // Gemini streams a JSON list where it was not asked for events.
  return kind === 'application/json' && target.includes(':streamGenerateContent') ? 'json' : null;
}

export interface GateOptions extends JudgeOptions {
  readonly holdMs: number;
  /** A model reads names beside the scanner; it is asked about whole texts alone. */
  readonly hasNameModel: boolean;
}

/** What a model of names finds. */
const NAMED = [
  ['PERSON', 'personal'],
  ['LOCATION', 'personal'],
  ['ORGANIZATION', 'business'],
] as const;

/** Null where a rule of this scope can only be carried out on the whole answer. */
export function createStreamGate(engine: Engine, framing: StreamFraming, options: GateOptions): StreamGate | null {
  const { source, destination } = options;
  const acts = engine.policies.streaming({ source, destination, direction: 'response' });
  if (acts === null || (options.hasNameModel && NAMED.some(([entity, category]) => acts(entity, category))))
    return null;
  const holding = engine.scanner.holding(acts);
  if (holding === null) return null;
  const judge = new StreamJudge(engine, options, holding);
  return new Gate(judge, new DocumentGate(judge, options.holdMs), framing);
}

class Gate implements StreamGate {
  readonly framing: StreamFraming;
  readonly #judge: StreamJudge;
  readonly #documents: DocumentGate;
  readonly #framing: Framing;

  constructor(judge: StreamJudge, documents: DocumentGate, framing: StreamFraming) {
    this.framing = framing;
    this.#judge = judge;
    this.#documents = documents;
    this.#framing = framingFor(framing, documents);
  }

  *push(chunk: Buffer, now: number): Asking<Buffer> {
    this.#judge.at = now;
    return together(yield* this.#framing.push(chunk));
  }

  *tick(now: number): Asking<Buffer> {
    this.#judge.at = now;
    return together(yield* this.#framing.idle());
  }

  *end(now: number): Asking<Buffer> {
    this.#judge.at = now;
    return together(yield* this.#framing.end());
  }

  get dueAt(): number | null {
    return this.#documents.dueAt;
  }

  get isBlocked(): boolean {
    return this.#judge.isBlocked;
  }

  get failure(): string | null {
    return this.#documents.failure;
  }

  get responseId(): string | null {
    return this.#documents.responseId;
  }

  get tokens(): Conversation {
    return this.#judge.tokens;
  }

  extraction(): Extraction {
    return this.#judge.extraction([]);
  }

  begin(head: Inspection): void {
    this.#judge.begin(head);
  }

  inspection(bytes: number): Inspection {
    return this.#judge.inspection(bytes);
  }

  ending(error: Buffer): Buffer {
    if (!(this.#framing instanceof JsonFraming)) return error;
    const { before, behind } = this.#framing.ending;
    return Buffer.from(before + error.toString('utf8').trim() + behind, 'utf8');
  }
}

function framingFor(framing: StreamFraming, documents: DocumentGate): Framing {
  switch (framing) {
    case 'sse':
      return new SseFraming(documents);
    case 'json':
      return new JsonFraming(documents);
    case 'eventstream':
      return new EventStreamFraming(documents);
  }
}

function together(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}
