/**
 * From a client's request to one that may go upstream: held and inspected where a rule could change it, else on its
 * way with a scan beside. No byte that a rule could hold leaves here before its decision.
 */
import type { Readable } from 'node:stream';
import { extract, maySpeak, shapeOfBody } from '../engine/extract/extract.ts';
import { isSignIn } from '../engine/extract/sign-in.ts';
import type { Inspection } from '../engine/inspect.ts';
import { describeRoute } from '../engine/route-text.ts';
import { opaque } from '../flow/coverage.ts';
import { type Action, actionRank } from '../flow/decision.ts';
import { headerOf, type Message } from '../flow/message.ts';
import type { Destination } from '../flow/parties.ts';
import type { Account } from './account.ts';
import { Answer, blocked, failed, overloaded, reasonOf } from './answer.ts';
import { authorityText } from './authority.ts';
import { Beside } from './beside.ts';
import type { ExchangeContext, Incoming, Ready } from './context.ts';
import { failClosed, failOpen } from './failing.ts';
import { requestHead, trailerFields, withTrailers } from './head.ts';
import type { BodyReader, ReadEnd } from './held.ts';
import { inspectWithNames, inspectWithoutNames, type ProxyInspectContext } from './inspection.ts';
import { messagesOf, prepareMessages } from './messages/prepare-messages.ts';
import { Pseudonyms } from './pseudonyms.ts';
import {
  blockedAsSigned,
  gatewayScope,
  isBrokenBy,
  keysAt,
  type SigningScope,
  signatureOf,
  signed,
  unsignable,
} from './signing.ts';

/** Everything up to the first byte upstream. Throws Answer where there is to be none. */
export async function prepare(
  incoming: Incoming,
  destination: Destination,
  reader: BodyReader,
  account: Account,
  context: ExchangeContext,
): Promise<Ready> {
  const { request, origin, target } = incoming;
  const path = target.split('?', 1)[0] ?? '';
  if (isSignIn(origin.host, request.method ?? '', path)) {
    account.route = `${request.method} ${path}`;
    return unscanned(incoming, destination, reader, account, 'sign-in', context);
  }
  if (context.isBypassed(origin.host)) return unscanned(incoming, destination, reader, account, 'tunnelled', context);

  const messages = messagesOf(incoming);
  if (messages !== null) return prepareMessages(messages, incoming, destination, reader, account, context);
  if (incoming.expectsContinue) {
    refuseByHead(incoming, destination, account, context);
    incoming.response.writeContinue();
  }
  const to =
    destination.category === 'unknown' && incoming.hasBody
      ? await knownDestination(incoming, destination, reader, account, context)
      : destination;
  const gateway = gatewayScope(incoming.provider, origin, request.rawHeaders);
  const { aws } = context.config.upstream;
  if (gateway !== null && keysAt(aws, context.now()) === null) {
    throw failed(incoming, account, 400, 'signature_needed', unsignable(aws), 'refused');
  }
  const { policies } = context.engine;
  const scope = { source: incoming.source, destination: to };
  const holdsRequest = isStrong(policies.strongest({ ...scope, direction: 'request' }));
  const holdsResponse = isStrong(policies.strongest({ ...scope, direction: 'response' }));
  // A body is signed when it is whole.
  return holdsRequest || gateway !== null
    ? hold(incoming, to, reader, account, holdsResponse, gateway, context)
    : streamBeside(incoming, to, reader, account, holdsResponse, context);
}

function isStrong(action: Action): boolean {
  return actionRank(action) > actionRank('alert');
}

/** Sign-in and bypassed hosts: passed on as they are, and recorded as not looked at. */
function unscanned(
  incoming: Incoming,
  destination: Destination,
  reader: BodyReader,
  account: Account,
  reason: string,
  context: ExchangeContext,
): Ready {
  if (incoming.expectsContinue) incoming.response.writeContinue();
  account.lessen(opaque(reason));
  return {
    headers: requestHead(incoming.request.rawHeaders, {
      authority: authorityText(incoming.origin),
      contentLength: incoming.declaredLength,
      isIdentity: false,
      narrowsEncoding: false,
    }),
    target: incoming.target,
    letGo: () => {},
    body: streamed(incoming, reader, account, null, context),
    trailers: trailersOf(incoming),
    destination,
    shape: null,
    isStreamAsked: false,
    pseudonyms: null,
    holdsResponse: false,
    isUnscanned: true,
    relay: null,
    settle: () => {},
    settleWithNames: async () => {},
  };
}

/** `Expect: 100-continue` is answered once the head alone has been decided on (RFC 9110 §10.1.1). */
function refuseByHead(incoming: Incoming, destination: Destination, account: Account, context: ExchangeContext): void {
  const message = requestMessage(incoming, destination, Buffer.alloc(0));
  const inspection = inspectWithoutNames(context, message, { ...inspectContext(context, false, null), isHead: true });
  if (inspection.decision.enforced.action === 'block') throw blocked(message, inspection, account, context);
}

/**
 * A host that the catalog does not know may speak a provider's shape all the same: its JSON, whatever it is declared as,
 * is held until that is known, at most `limits.shapeBytes`; in a provider's shape, or undecided there, it counts as `genai`.
 */
async function knownDestination(
  incoming: Incoming,
  destination: Destination,
  reader: BodyReader,
  account: Account,
  context: ExchangeContext,
): Promise<Destination> {
  const contentType = headerOf(incoming.request.rawHeaders, 'content-type');
  if (!maySpeak(contentType)) return destination;
  const asGenai: Destination = { ...destination, category: 'genai' };
  const { policies } = context.engine;
  const mayMatter = (direction: 'request' | 'response'): boolean =>
    isStrong(policies.strongest({ source: incoming.source, destination: asGenai, direction }));
  if (!mayMatter('request') && !mayMatter('response')) return destination;

  let shape: ReturnType<typeof shapeOfBody> = 'undecided';
  // A compressed body tells its shape only when it is whole.
  const coding = headerOf(incoming.request.rawHeaders, 'content-encoding');
  const isCoded = coding !== null && coding.toLowerCase() !== 'identity';
  const end = await reader.read(context.config.limits.shapeBytes, (bytes) => {
    if (!isCoded) shape = shapeOfBody(incoming.target, contentType, bytes, false);
    return shape !== 'undecided';
  });
  if (end === 'aborted' || end === 'full' || end === 'slow') throw readFailure(end, incoming, account, context);
  if (end === 'end') {
    const message = requestMessage(incoming, destination, reader.bytes());
    const { body, format } = extract(message, context.engine);
    if (format !== 'opaque') shape = shapeOfBody(incoming.target, contentType, body, true);
  }
  if (shape === 'other') return destination;
  account.destination = asGenai;
  return asGenai;
}

/** The body whole, then inspection, then what is to be sent. */
async function hold(
  incoming: Incoming,
  destination: Destination,
  reader: BodyReader,
  account: Account,
  holdsResponse: boolean,
  gateway: SigningScope | null,
  context: ExchangeContext,
): Promise<Ready> {
  const { inspectBytes } = context.config.limits;
  const since = performance.now();
  const end = incoming.hasBody ? await reader.read(inspectBytes) : 'end';
  context.figures.passed('hold', since);
  if (end === 'limit') {
    const text = `the body is larger than limits.inspectBytes (${inspectBytes} bytes)`;
    account.lessen(opaque('too-large'));
    if (context.config.onError === 'closed' || gateway !== null) {
      failClosed(account, 'size', text, context);
      throw failed(incoming, account, 413, 'body_too_large', text, 'failed');
    }
    failOpen(account, 'size', text, context);
    return streamBeside(incoming, destination, reader, account, holdsResponse, context);
  }
  if (end === 'aborted' || end === 'full' || end === 'slow') throw readFailure(end, incoming, account, context);

  const body = reader.bytes();
  account.bytesOut = body.length;
  const message = requestMessage(incoming, destination, body);
  const pseudonyms = new Pseudonyms(context.conversations, message, context.credentials);
  let inspection: Inspection;
  try {
    inspection = await inspectWithNames(context, message, inspectContext(context, true, pseudonyms));
  } catch (error) {
    if (context.config.onError === 'closed' || gateway !== null) throw error;
    failOpen(account, 'inspection', reasonOf(error), context);
    account.lessen(opaque('failed'));
    return streamBeside(incoming, destination, reader, account, holdsResponse, context);
  }
  const keys = context.config.upstream.aws;
  const aws = keysAt(keys, context.now());
  let scope = gateway;
  if (inspection.edited !== null && gateway === null) {
    const signature = signatureOf(message.headers, message.target);
    if (signature !== null && isBrokenBy(signature, inspection.edited, message.headers)) {
      if (signature.scope === null || aws === null) inspection = blockedAsSigned(inspection, signature, keys);
      else scope = signature.scope;
    }
  }
  account.enter(message, inspection, context.excerptChars);
  if (inspection.decision.enforced.action === 'block') throw blocked(message, inspection, account, context);

  const { edited, extraction } = inspection;
  const settling = pseudonyms.settle(inspection);
  if (settling !== null) await settling;
  const sent = edited?.changed.body === true ? edited.body : body;
  // Trailers stand behind the headers of the message that was inspected; an edit leaves each at its place.
  const { rawHeaders } = incoming.request;
  const fields = edited?.headers ?? message.headers;
  const trailers = fields.slice(rawHeaders.length);
  const headers = trailers.length === 0 ? fields : fields.slice(0, rawHeaders.length);
  const target = edited?.target ?? incoming.target;
  const head = requestHead(headers, {
    authority: authorityText(incoming.origin),
    contentLength: null,
    isIdentity: edited?.changed.body === true,
    narrowsEncoding: (holdsResponse || pseudonyms.isNeeded) && (scope !== null || mayNarrow(message)),
  });
  const method = incoming.request.method ?? 'GET';
  return {
    headers:
      scope === null || aws === null
        ? head
        : await signed(
            { method, origin: incoming.origin, target, headers: head, body: sent },
            scope,
            aws,
            new Date(context.now()),
          ),
    target,
    letGo: () => reader.release(),
    body: incoming.hasBody || sent.length > 0 ? sent : null,
    trailers: () => trailers,
    destination,
    shape: extraction.shape,
    isStreamAsked: extraction.stream,
    pseudonyms: pseudonyms.isNeeded ? pseudonyms : null,
    holdsResponse,
    isUnscanned: false,
    relay: null,
    settle: () => {},
    settleWithNames: async () => {},
  };
}

/** Under a signature the header stays as it is: an answer in a coding that is not read is said to be so. */
function mayNarrow({ headers, target }: Pick<Message, 'headers' | 'target'>): boolean {
  return signatureOf(headers, target)?.signedHeaders.has('accept-encoding') !== true;
}

/** No rule could change it: it streams, and a first part of it is scanned beside, for the edge and for alerts. */
function streamBeside(
  incoming: Incoming,
  destination: Destination,
  reader: BodyReader,
  account: Account,
  holdsResponse: boolean,
  context: ExchangeContext,
): Ready {
  const { request } = incoming;
  // Without a body all of it is here: it is inspected once, where no model is to be asked.
  const isWhole = !incoming.hasBody && context.readNames === null;
  const since = performance.now();
  const message = requestMessage(incoming, destination, NOTHING);
  const now = new Date(context.now());
  const head = inspectWithoutNames(context, message, { now, held: false, pseudonyms: null, isHead: !isWhole });
  if (isWhole) context.figures.passed('inspect', since);
  const beside = isWhole
    ? null
    : new Beside(context.config.limits.besideBytes, headerOf(request.rawHeaders, 'content-type'));
  const { settle, settleWithNames } =
    beside === null
      ? settled(message, head, account, context)
      : settling(incoming, destination, beside, account, context);
  account.route = describeRoute(request.method ?? '', incoming.target, head.extraction.segments, head.findings);
  return {
    headers: requestHead(request.rawHeaders, {
      authority: authorityText(incoming.origin),
      contentLength: incoming.declaredLength,
      isIdentity: false,
      narrowsEncoding: holdsResponse && mayNarrow({ headers: request.rawHeaders, target: incoming.target }),
    }),
    target: incoming.target,
    letGo: () => {},
    body: streamed(incoming, reader, account, beside, context),
    trailers: trailersOf(incoming),
    destination,
    shape: head.extraction.shape,
    isStreamAsked: false,
    pseudonyms: null,
    holdsResponse,
    isUnscanned: false,
    relay: null,
    settle,
    settleWithNames,
  };
}

const NOTHING = Buffer.alloc(0);

/** What was inspected already is entered once its call is over. */
function settled(
  message: Message,
  inspection: Inspection,
  account: Account,
  context: ExchangeContext,
): Pick<Ready, 'settle' | 'settleWithNames'> {
  let isSettled = false;
  const settle = (): void => {
    if (isSettled) return;
    isSettled = true;
    account.enter(message, inspection, context.excerptChars);
  };
  return { settle, settleWithNames: async () => settle() };
}

/** The scan of what was kept beside, once, by whichever of the two is over first. */
function settling(
  incoming: Incoming,
  destination: Destination,
  beside: Beside,
  account: Account,
  context: ExchangeContext,
): Pick<Ready, 'settle' | 'settleWithNames'> {
  let isSettled = false;
  const whole = (): ProxyInspectContext => ({ ...inspectContext(context, false, null), bytes: account.bytesOut });
  const enter = (message: Message, inspection: Inspection): void => {
    if (isSettled) return;
    isSettled = true;
    account.enter(message, inspection, context.excerptChars);
    if (beside.missing !== null) account.lessen(beside.missing);
  };
  return {
    settle: () => {
      if (isSettled) return;
      const message = requestMessage(incoming, destination, beside.bytes());
      enter(message, inspectWithoutNames(context, message, whole()));
    },
    settleWithNames: async () => {
      if (isSettled) return;
      const message = requestMessage(incoming, destination, beside.bytes());
      enter(message, await inspectWithNames(context, message, whole()));
    },
  };
}

function streamed(
  incoming: Incoming,
  reader: BodyReader,
  account: Account,
  beside: Beside | null,
  context: ExchangeContext,
): Readable | null {
  if (!incoming.hasBody) return null;
  return reader.stream(
    (chunk) => {
      account.bytesOut += chunk.length;
      beside?.take(chunk);
      context.youngChunks.pass(chunk.length);
    },
    () => incoming.request.destroy(),
    // Once it is being answered, a client may wait for what it reads before it goes on.
    () => incoming.response.headersSent,
  );
}

/** The trailers of a body that is streamed on, when it has ended. */
function trailersOf({ request }: Incoming): () => readonly string[] {
  return () => trailerFields(request.rawTrailers);
}

function requestMessage(incoming: Incoming, destination: Destination, body: Buffer): Message {
  return {
    direction: 'request',
    source: incoming.source,
    destination,
    method: incoming.request.method ?? 'GET',
    target: incoming.target,
    status: null,
    headers: withTrailers(incoming.request.rawHeaders, trailerFields(incoming.request.rawTrailers)),
    body,
  };
}

function inspectContext(context: ExchangeContext, held: boolean, pseudonyms: Pseudonyms | null): ProxyInspectContext {
  return {
    now: new Date(context.now()),
    held,
    pseudonyms,
  };
}

function readFailure(
  end: Exclude<ReadEnd, 'end' | 'stopped' | 'limit'>,
  incoming: Incoming,
  account: Account,
  context: ExchangeContext,
): Answer {
  switch (end) {
    case 'aborted':
      return new Answer({ status: 0, headers: [], body: Buffer.alloc(0), text: '' }, 'client_aborted', null);
    case 'slow': {
      const rate = context.config.limits.clientBodyBytesPerSecond;
      const text = `the body came slower than limits.clientBodyBytesPerSecond (${rate})`;
      return failed(incoming, account, 408, 'body_too_slow', text, 'failed');
    }
    case 'full':
      return overloaded(incoming, account);
  }
}
