/**
 * Tokens put back in what comes from upstream: the client sees the values that it sent. Only tokens in the map given
 * are touched; signed and encrypted parts never are.
 */
import type { Message } from '../../flow/message.ts';
import { isEventStream } from '../extract/event-stream.ts';
import type { Extraction, Shape } from '../extract/extract.ts';
import { namesItself } from '../extract/shape.ts';
import { BatchFraming } from './batch-framing.ts';
import { EventStreamFraming } from './event-stream-framing.ts';
import { applyEdits, type Edit } from './splice.ts';
import { withoutAsking } from './stream/asking.ts';
import { DocumentRestorer, tokensIn } from './stream/document-restorer.ts';
import { type Framing, JsonFraming, SseFraming, TextRestorer } from './stream/framings.ts';

/** The tokens that may be put back, and what each stands for. */
export interface Tokens {
  readonly byToken: ReadonlyMap<string, string>;
}

/**
 * A whole body with its tokens put back. Where `restored` is not 0 the body has no content coding any more; else it
 * is the body as received. Throws WeirError `edit_unsafe`.
 */
export function restoreBody(
  message: Message,
  extraction: Extraction,
  tokens: Tokens,
): { body: Buffer; restored: number } {
  const untouched = { body: message.body, restored: 0 };
  if (tokens.byToken.size === 0) return untouched;
  const stream = STREAMS[extraction.format];
  if (stream !== undefined) {
    const restorer = createStreamRestorer(extraction.shape, stream, tokens);
    const body = Buffer.concat([restorer.push(extraction.body), restorer.end()]);
    return restorer.restored === 0 ? untouched : { body, restored: restorer.restored };
  }
  const edits: Edit[] = [];
  extraction.segments.forEach(({ text, part, layers, immutable, label }, segment) => {
    // A key is immutable for policies alone (its label is null); what a provider has signed is so for everybody.
    if (part.kind !== 'body' || layers.length === 0 || (immutable && label !== null)) return;
    for (const { token, start, value } of tokensIn(text, tokens.byToken)) {
      edits.push({ segment, start, end: start + token.length, replacement: value });
    }
  });
  if (edits.length === 0) return untouched;
  return { body: applyEdits(message, extraction, edits).body, restored: edits.length };
}

/** Formats in which a text may grow over documents, and a type that names each. */
const STREAMS: Partial<Record<Extraction['format'], string>> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  eventstream: 'application/vnd.amazon.eventstream',
  batch: 'application/json',
};

/** Bytes of a stream in, bytes out; what is kept back comes with a later push or with `end`. */
export interface StreamRestorer {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
  /** How many tokens were put back so far. */
  readonly restored: number;
  /** The id by which the next request names the conversation, once seen; null without tokens. */
  readonly responseId: string | null;
}

/**
 * For a body that is passed on as it comes: events, a JSON list, NDJSON, text. A token is found however it is cut;
 * text that cannot begin one is never kept back. Without tokens it hands chunks through.
 */
export function createStreamRestorer(shape: Shape | null, contentType: string, tokens: Tokens): StreamRestorer {
  if (tokens.byToken.size === 0) return PASS;
  const kind = mediaType(contentType);
  const isSse = kind === 'text/event-stream';
  const isBatch = shape === 'gemini.web' && !isSse;
  if (!isSse && !isBatch && !isEventStream(kind) && !kind.includes('json')) {
    const restorer = new TextRestorer(tokens.byToken);
    return {
      push: (chunk) => together(restorer.push(chunk)),
      end: () => together(restorer.end()),
      get restored() {
        return restorer.restored;
      },
      responseId: null,
    };
  }
  const documents = new DocumentRestorer(tokens.byToken, namesItself(shape));
  const framing = framingFor(kind, isBatch, documents);
  return {
    push: (chunk) => together(withoutAsking(framing.push(chunk))),
    end: () => together(withoutAsking(framing.end())),
    get restored() {
      return documents.restored;
    },
    get responseId() {
      return documents.responseId;
    },
  };
}

const PASS: StreamRestorer = { push: (chunk) => chunk, end: () => Buffer.alloc(0), restored: 0, responseId: null };

function framingFor(kind: string, isBatch: boolean, documents: DocumentRestorer): Framing {
  if (kind === 'text/event-stream') return new SseFraming(documents);
  if (isBatch) return new BatchFraming(documents);
  return isEventStream(kind) ? new EventStreamFraming(documents) : new JsonFraming(documents);
}

/** Type and subtype, lower case, without parameters. */
export function mediaType(contentType: string): string {
  return contentType.toLowerCase().split(';', 1)[0]?.trim() ?? '';
}

function together(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}
