/** Which protocols carry a stream of messages in the body of one request and of its answer, and how. */
import type { Direction } from '../../flow/decision.ts';
import { headerOf } from '../../flow/message.ts';
import { COMPRESSED, END_STREAM, TRAILERS } from './envelopes.ts';

export interface MessageProtocol {
  readonly kind: 'grpc' | 'grpc-web' | 'connect';
  /** All of the body is base64. */
  readonly isBase64: boolean;
  /** The type of one message. */
  readonly messageType: 'application/proto' | 'application/json';
}

const FRAMED = /^application\/(grpc-web-text|grpc-web|grpc|connect)(?:\+([\w.-]+))?$/;

/** By the Content-Type of a request or an answer; null for any other body, one message of Connect included. */
export function messageProtocolOf(contentType: string | null): MessageProtocol | null {
  if (contentType === null) return null;
  const found = FRAMED.exec((contentType.split(';', 1)[0] ?? '').trim().toLowerCase());
  const [, name, codec] = found ?? [];
  if (name === undefined || (name === 'connect' && codec === undefined)) return null;
  return {
    kind: name === 'grpc-web-text' ? 'grpc-web' : name === 'connect' || name === 'grpc' ? name : 'grpc-web',
    isBase64: name === 'grpc-web-text',
    messageType: codec === 'json' ? 'application/json' : 'application/proto',
  };
}

/** The coding of messages that say they are compressed; null where the head names none. */
export function messageCoding({ kind }: MessageProtocol, headers: readonly string[]): string | null {
  const coding = headerOf(headers, kind === 'connect' ? 'connect-content-encoding' : 'grpc-encoding');
  return coding === null || coding.trim().toLowerCase() === 'identity' ? null : coding.trim().toLowerCase();
}

/** What stands before a message, and the coding of the compressed ones of its stream. */
export interface MessageEnvelope {
  readonly flags: number;
  readonly coding: string | null;
  readonly protocol: MessageProtocol;
}

/** Whether a message says that the answer ends, which gRPC says in trailers instead. */
export function isLastMessage(direction: Direction, { flags, protocol }: Omit<MessageEnvelope, 'coding'>): boolean {
  if (direction === 'request' || protocol.kind === 'grpc') return false;
  return (flags & ~COMPRESSED) === (protocol.kind === 'connect' ? END_STREAM : TRAILERS);
}

/** The headers that say of one message by itself what its envelope and its stream say. */
export function messageHeaders(direction: Direction, { flags, coding, protocol }: MessageEnvelope): readonly string[] {
  const isEnd = isLastMessage(direction, { flags, protocol });
  const type = isEnd && protocol.kind === 'connect' ? 'application/json' : protocol.messageType;
  const headers = ['content-type', isEnd && protocol.kind === 'grpc-web' ? 'text/plain' : type];
  if ((flags & COMPRESSED) !== 0) headers.push('content-encoding', coding ?? 'unnamed');
  // What a flag means that nobody has defined, only the server knows.
  if ((flags & ~COMPRESSED) !== 0 && !isEnd) headers.push('content-encoding', 'unknown-flag');
  return headers;
}

/** Services of LLMs that are spoken to by gRPC under any host: Google's, KServe's and Triton's, xAI's, watsonx's, TGI's. */
const GENAI_SERVICES =
  /^\/(?:google\.ai\.generativelanguage\.|google\.cloud\.aiplatform\.\w+\.(?:PredictionService|LlmUtilityService)\/|inference\.GRPCInferenceService\/|xai_api\.|fmaas\.GenerationService\/|generate\.v\d+\.TextGenerationService\/)/;

/** Whether a path (of a request with such a body) is that of an LLM. */
export function isGenaiService(target: string): boolean {
  return GENAI_SERVICES.test(target);
}
