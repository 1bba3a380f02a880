/**
 * A request whose body is a stream of messages, made ready to go upstream: its head is decided on, and each message of it
 * will be, as it comes. Nothing waits for the end of the body, which may come after the answer's.
 */
import { isGenaiService, type MessageProtocol, messageProtocolOf } from '../../engine/extract/message-protocols.ts';
import { actionRank } from '../../flow/decision.ts';
import { headerOf, type Message } from '../../flow/message.ts';
import type { Destination } from '../../flow/parties.ts';
import type { Account } from '../account.ts';
import { Answer } from '../answer.ts';
import { authorityText } from '../authority.ts';
import type { ExchangeContext, Incoming, Ready } from '../context.ts';
import { requestHead, trailerFields } from '../head.ts';
import type { BodyReader } from '../held.ts';
import { inspectWithNames } from '../inspection.ts';
import { Pseudonyms } from '../pseudonyms.ts';
import { BesideMessages } from './beside-messages.ts';
import { wholeEnding } from './endings.ts';
import { IncomingMessages } from './incoming-messages.ts';
import { MessageStream } from './message-stream.ts';
import { relayMessages } from './relay-messages.ts';
import { RequestGate } from './request-gate.ts';

/** The protocol of a request's messages; null for every other body. */
export function messagesOf({ request, hasBody }: Incoming): MessageProtocol | null {
  return hasBody ? messageProtocolOf(headerOf(request.rawHeaders, 'content-type')) : null;
}

/** Everything up to the first byte upstream. Throws Answer where there is to be none. */
export async function prepareMessages(
  protocol: MessageProtocol,
  incoming: Incoming,
  known: Destination,
  reader: BodyReader,
  account: Account,
  context: ExchangeContext,
): Promise<Ready> {
  const { request, origin } = incoming;
  const destination = destinationOf(incoming, known);
  account.destination = destination;
  const { policies } = context.engine;
  const isHeld = (direction: 'request' | 'response'): boolean =>
    actionRank(policies.strongest({ source: incoming.source, destination, direction })) > actionRank('alert');
  const holds = { request: isHeld('request'), response: isHeld('response') };
  const contentType = headerOf(request.rawHeaders, 'content-type') ?? '';
  const coding = headerOf(request.rawHeaders, 'content-encoding');
  // A coding of all of the body hides where a message begins: one byte stands for what cannot be read.
  const isUnread = coding !== null && coding.trim().toLowerCase() !== 'identity';
  const message: Message = {
    direction: 'request',
    source: incoming.source,
    destination,
    method: request.method ?? 'POST',
    target: incoming.target,
    status: null,
    headers: request.rawHeaders,
    body: Buffer.alloc(isUnread ? 1 : 0),
  };
  const { conversations, credentials } = context;
  const ofHead = new Pseudonyms(conversations, message, credentials);
  const now = new Date(context.now());
  const inspection = await inspectWithNames(context, message, {
    now,
    held: holds.request,
    pseudonyms: ofHead,
    isHead: true,
  });
  account.enter(message, inspection, context.excerptChars);
  // The head alone names a session; without one the exchange stands alone, and tokens of head and messages are one count.
  const { conversationId } = inspection.extraction;
  const pseudonyms =
    conversationId === null ? ofHead : new Pseudonyms(conversations, message, credentials, conversationId);
  const stream = new MessageStream({ protocol, incoming, account, context, destination, holds, pseudonyms });
  if (inspection.decision.enforced.action === 'block') {
    const ending = stream.blocked(message, inspection, account.id);
    const { refusal, trailers } = wholeEnding(protocol, ending, contentType);
    throw new Answer(refusal, 'blocked', null, trailers);
  }
  await stream.settle(inspection);
  if (incoming.expectsContinue) incoming.response.writeContinue();

  const { edited } = inspection;
  const isGated = holds.request && !isUnread;
  const beside = isGated ? null : new BesideMessages(stream, 'request', context.config.limits.besideBytes);
  const head = requestHead(edited?.headers ?? request.rawHeaders, {
    authority: authorityText(origin),
    contentLength: isGated ? null : incoming.declaredLength,
    isIdentity: false,
    narrowsEncoding: false,
  });
  // Servers of gRPC refuse a call without it; it holds for one hop, and this is the next.
  if (protocol.kind === 'grpc') head.push('te', 'trailers');
  return {
    headers: holds.request || holds.response ? withReadableCodings(head) : head,
    target: edited?.target ?? incoming.target,
    letGo: () => {},
    body: isGated ? gated(stream, reader) : watched(stream, isUnread ? null : beside, reader),
    trailers: () => trailerFields(request.rawTrailers),
    destination,
    shape: null,
    isStreamAsked: true,
    pseudonyms: null,
    holdsResponse: holds.response,
    isUnscanned: false,
    relay: (ready, send) => relayMessages(stream, beside, ready, send),
    settle: () => {},
    settleWithNames: async () => {},
  };
}

/** A host that nobody knows counts as an LLM where it is spoken to as one. */
function destinationOf({ target }: Incoming, known: Destination): Destination {
  return known.category === 'unknown' && isGenaiService(target) ? { ...known, category: 'genai' } : known;
}

function gated(stream: MessageStream, reader: BodyReader): RequestGate {
  const gate = new RequestGate(stream);
  const { request } = stream.incoming;
  const body = reader.stream(
    (chunk) => passed(stream, chunk),
    () => request.destroy(),
    () => gate.isIdle,
  );
  body.on('close', () => {
    // A client that went away in the middle: what it sent must not look complete.
    if (!body.readableEnded) gate.destroy();
  });
  gate.on('close', () => body.destroy());
  gate.on('error', () => body.destroy());
  body.pipe(gate);
  return gate;
}

/** Messages that no rule can change: they go by, and are looked at beside. */
function watched(stream: MessageStream, beside: BesideMessages | null, reader: BodyReader): Ready['body'] {
  const { incoming, context, protocol } = stream;
  const messages = new IncomingMessages(protocol, incoming.request.rawHeaders, context.config.limits.besideBytes);
  return reader.stream(
    (chunk) => {
      passed(stream, chunk);
      beside?.push(messages, chunk);
    },
    () => incoming.request.destroy(),
    () => !messages.isWithin,
  );
}

function passed({ account, context }: MessageStream, chunk: Buffer): void {
  account.bytesOut += chunk.length;
  context.youngChunks.pass(chunk.length);
}

/** What an answer may be compressed with: of its messages what can be undone, of all of it nothing. */
function withReadableCodings(headers: readonly string[]): string[] {
  return headers.map((value, at) => {
    const name = at % 2 === 1 ? headers[at - 1]?.toLowerCase() : undefined;
    if (name === 'accept-encoding') return 'identity';
    if (name !== 'grpc-accept-encoding' && name !== 'connect-accept-encoding') return value;
    const kept = value.split(',').filter((coding) => /^\s*(?:identity|gzip|deflate)\s*$/i.test(coding));
    return kept.length === 0 ? 'identity' : kept.join(',');
  });
}
