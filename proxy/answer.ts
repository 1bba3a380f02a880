/**
 * The ends that the proxy makes itself: a block in the provider's own error shape, a failure, a client that is gone.
 * Each records before it answers.
 */
import type { Shape } from '../engine/extract/extract.ts';
import type { Inspection } from '../engine/inspect.ts';
import { failure, type Refusal, refuse } from '../engine/transform/refuse.ts';
import { WeirError } from '../flow/errors.ts';
import type { Outcome } from '../flow/event.ts';
import type { Message } from '../flow/message.ts';
import type { Account } from './account.ts';
import type { ExchangeContext, Incoming } from './context.ts';
import { failClosed, failOpen } from './failing.ts';
import { forUnary } from './messages/endings.ts';
import { forBrowser } from './own/browser-answer.ts';

/** An end without the upstream. */
export class Answer extends Error {
  readonly refusal: Refusal;
  readonly outcome: Outcome;
  readonly reason: string | null;
  /** What follows the body. */
  readonly trailers: readonly [string, string][];

  constructor(refusal: Refusal, outcome: Outcome, reason: string | null, trailers: readonly [string, string][] = []) {
    super('answered');
    this.refusal = refusal;
    this.outcome = outcome;
    this.reason = reason;
    this.trailers = trailers;
  }
}

/** The answer to a blocked message, in the provider's own shape. */
export function blocked(message: Message, inspection: Inspection, account: Account, context: ExchangeContext): Answer {
  const { status, style } = context.config.block;
  const refusal = refuse({
    shape: inspection.extraction.shape,
    destinationHost: message.destination.host,
    ruling: inspection.decision.enforced,
    findings: inspection.findings,
    subject: inspection.decision.subject,
    eventId: account.id,
    status,
    style,
    stream: inspection.extraction.stream,
    model: inspection.extraction.model,
    callId: inspection.extraction.callId,
  });
  return new Answer(refusal, 'blocked', null);
}

/** An answer of our own in the provider's error shape. */
export function failed(
  incoming: Incoming,
  account: Account,
  status: number,
  code: string,
  message: string,
  outcome: Outcome,
  shape: Shape | null = null,
): Answer {
  const refusal = failure({ shape, destinationHost: incoming.origin.host, status, code, message, eventId: account.id });
  return new Answer(refusal, outcome, `${status} ${message}`);
}

/** Seconds: about as long as one has waited for room already. */
const RETRY_AFTER = '10';

/** There was no room for a body, for as long as one waits for it. */
export function overloaded(incoming: Incoming, account: Account, shape: Shape | null = null): Answer {
  const text = 'no room for held bodies (limits.heldBytes); try again';
  const { refusal, outcome, reason } = failed(incoming, account, 503, 'overloaded', text, 'failed', shape);
  return new Answer({ ...refusal, headers: [...refusal.headers, 'Retry-After', RETRY_AFTER] }, outcome, reason);
}

/** The record of what is about to happen. Where it cannot be written, `onError` decides; throws WeirError where that stops it. */
export function openOrStop(account: Account, context: ExchangeContext): void {
  try {
    account.open();
  } catch (error) {
    if (context.config.onError === 'open') return failOpen(account, 'record', reasonOf(error), context);
    failClosed(account, 'record', reasonOf(error), context);
    throw error;
  }
}

/** Closes the account; false where that cannot be recorded and `onError` is closed. */
export function closeRecord(
  account: Account,
  outcome: Outcome,
  status: number | null,
  reason: string | null,
  context: ExchangeContext,
): boolean {
  try {
    account.close(outcome, status, reason);
    return true;
  } catch (error) {
    return isLetGo(account, error, context);
  }
}

/** The same, together with what else is recorded now. Never rejects. */
export async function closeRecordSoon(
  account: Account,
  outcome: Outcome,
  status: number | null,
  context: ExchangeContext,
): Promise<boolean> {
  try {
    await account.closeSoon(outcome, status, null);
    return true;
  } catch (error) {
    return isLetGo(account, error, context);
  }
}

function isLetGo(account: Account, error: unknown, context: ExchangeContext): boolean {
  const { onError } = context.config;
  context.log(`weir: ${reasonOf(error)} (event ${account.id}, onError: ${onError})`);
  if (onError === 'open') context.figures.failedOpen('record');
  else context.figures.failedClosed('record');
  return onError === 'open';
}

/** Records, then answers the client; a client that is gone is let go. */
export function answer(
  incoming: Incoming,
  account: Account,
  { refusal: plain, outcome, reason, trailers }: Answer,
  context: ExchangeContext,
): void {
  const { response, request } = incoming;
  const refusal = forBrowser(forUnary(plain, request.rawHeaders, outcome), request.rawHeaders);
  const isGone = refusal.status === 0 || response.destroyed;
  closeRecord(account, isGone ? 'client_aborted' : outcome, isGone ? null : refusal.status, reason, context);
  if (isGone) {
    response.destroy();
    return;
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What of the body was not read is not waited for.
  const headers = [...refusal.headers];
  // With a length, HTTP/1.1 has no place for trailers.
  if (trailers.length === 0) headers.push('Content-Length', String(refusal.body.length));
  if (!request.complete) headers.push('Connection', 'close');
  response.writeHead(refusal.status, headers);
  if (trailers.length > 0) response.addTrailers(trailers);
  response.end(refusal.body);
  if (!request.complete) request.resume();
}

/** An error of ours: `onError: closed` blocks. (What `open` can still pass on was passed on where it failed.) */
export function breakDown(incoming: Incoming, account: Account, error: unknown, context: ExchangeContext): void {
  const reason = reasonOf(error);
  context.log(`weir: internal error in exchange ${account.id}: ${reason}`);
  failClosed(account, 'inspection', reason, context);
  const given = failed(incoming, account, 503, 'weir_failed', 'the proxy failed to inspect this exchange', 'failed');
  answer(incoming, account, new Answer(given.refusal, 'failed', reason), context);
}

/** Code and message of our own errors, the name alone of any other: its message might quote a value. */
export function reasonOf(error: unknown): string {
  if (error instanceof WeirError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.name : 'unknown error';
}
