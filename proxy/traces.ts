/**
 * Traces of exchanges: where they are on, an exchange, a stream or a tunnel is a span below the caller's (W3C Trace Context), and the
 * upstream's are below it. Where they are off nothing here is called, and the caller's headers pass as they are. What a
 * span says it takes from the event, so that it can say no more than the record; who sends spans anywhere is not known here.
 */
import { messageProtocolOf } from '../engine/extract/message-protocols.ts';
import type { EventBody } from '../flow/event.ts';
import { headerOf } from '../flow/message.ts';
import type { Closing, Recorder } from '../flow/recorder.ts';

/** The caller's span, as its headers say. */
export interface TraceParent {
  /** 32 and 16 lower-case hex digits, neither all zeros. */
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
  readonly state: string | null;
}

export interface Span {
  /** What goes upstream instead of the caller's. */
  readonly traceparent: string;
  readonly tracestate: string | null;
  end(event: EventBody, carried: Carried): void;
}

/** What was carried, beyond what the event says. */
export interface Carried {
  readonly kind: 'http' | 'grpc' | 'connect' | 'websocket' | 'tunnel';
  /** Method of a call by JSON-RPC (MCP); null where there was none. */
  readonly rpcMethod: string | null;
}

/** Makes spans; `startedAt` is Unix time in ms. */
export interface SpanMaker {
  begin(parent: TraceParent | null, startedAt: number): Span;
}

/** The spans that are open. One ends with the event of its exchange, whichever way that one ends. */
export class Traces {
  readonly #maker: SpanMaker;
  readonly #open = new Map<string, { readonly span: Span; carried: Carried }>();

  constructor(maker: SpanMaker) {
    this.#maker = maker;
  }

  /** `event`: the id that the exchange's event will have. */
  begin(event: string, headers: readonly string[], startedAt: number, kind: Carried['kind'] = kindOf(headers)): Span {
    const span = this.#maker.begin(parentOf(headers), startedAt);
    this.#open.set(event, { span, carried: { kind, rpcMethod: null } });
    return span;
  }

  /** The exchange of that event is a call by JSON-RPC. */
  called(event: string, rpcMethod: string): void {
    const open = this.#open.get(event);
    if (open !== undefined) open.carried = { ...open.carried, rpcMethod };
  }

  /** The same recorder; what it closes ends its span. */
  recording(recorder: Recorder): Recorder {
    const end = ({ event }: Closing): void => {
      const open = this.#open.get(event.id);
      if (open === undefined) return;
      this.#open.delete(event.id);
      open.span.end(event, open.carried);
    };
    return {
      open: (opening) => recorder.open(opening),
      openSoon: (opening) => recorder.openSoon(opening),
      close: (closing) => {
        end(closing);
        recorder.close(closing);
      },
      closeSoon: (closing) => {
        end(closing);
        return recorder.closeSoon(closing);
      },
    };
  }
}

function kindOf(headers: readonly string[]): Carried['kind'] {
  const protocol = messageProtocolOf(headerOf(headers, 'content-type'))?.kind;
  return protocol === undefined ? 'http' : protocol === 'connect' ? 'connect' : 'grpc';
}

/** Of the headers as received (W3C Trace Context §3.2); null where there is none, or none that is right. */
export function parentOf(headers: readonly string[]): TraceParent | null {
  const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(
    allOf(headers, 'traceparent')?.trim() ?? '',
  );
  if (found === null) return null;
  const [, version = '', traceId = '', spanId = '', flags = '', more] = found;
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, flags: Number.parseInt(flags, 16), state: allOf(headers, 'tracestate') };
}

/** The same headers with the span as the parent of what the upstream does. */
export function carrying(headers: readonly string[], { traceparent, tracestate }: Span): readonly string[] {
  // What the caller signed stays as it was signed (AWS Signature Version 4).
  const signed = /SignedHeaders=([^,\s]*)/i.exec(headerOf(headers, 'authorization') ?? '')?.[1] ?? '';
  if (signed.split(';').some((name) => isTraceHeader(name))) return headers;
  const rest = headers.filter((_, at) => !isTraceHeader(headers[at - (at % 2)] ?? ''));
  return [...rest, 'traceparent', traceparent, ...(tracestate === null ? [] : ['tracestate', tracestate])];
}

function isTraceHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === 'traceparent' || lower === 'tracestate';
}

/** Several of one name are one list. */
function allOf(headers: readonly string[], name: string): string | null {
  const values = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === name);
  return values.length === 0 ? null : values.join(',');
}
