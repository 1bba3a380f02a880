/** Who may use the proxy, and the record of whoever may not. */
import type { Socket } from 'node:net';
import type { AppConfig } from '../config/config.ts';
import type { AppLabel } from '../engine/decide/app-match.ts';
import type { Source } from '../flow/parties.ts';
import { Account } from './account.ts';
import { isLoopback } from './addresses.ts';
import { closeRecord } from './answer.ts';
import type { Arrivals } from './arrivals.ts';
import type { Target } from './authority.ts';
import type { ExchangeContext } from './context.ts';
import { type Identity, identify, sourceOf } from './identity.ts';

export interface AdmissionContext extends ExchangeContext {
  readonly apps: readonly AppConfig[];
  /** True when the proxy listens on loopback only. */
  readonly isListenerLocal: boolean;
  readonly hostname: string;
  readonly arrivals: Arrivals;
  /** The app that a client's certificate is known for. */
  readonly labelOf: (subject: string) => AppLabel | null;
}

export interface Denied {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** How a client says who it is, and the status of an answer to one that does not. */
export interface Asking {
  readonly status: number;
  /** How to go on, for the message. */
  readonly how: string;
  /** Pages about the proxy itself are for everybody. */
  readonly isForAll: boolean;
}

/**
 * The source that a credential (`app:token`) names, or why it may not go on. `peer` is the client's address, `socket` its
 * connection, `subject` what its certificate says where one was checked: then it is known, with a token or without.
 */
export function admit(
  credential: string | null,
  peer: string | null,
  asking: Asking,
  context: AdmissionContext,
  socket: Socket,
  subject: string | null = null,
): Source | Denied {
  const identity = withCertificate(identify(credential, context.apps), subject, context);
  const mustBeKnown = !context.isListenerLocal && !context.config.open && !asking.isForAll;
  if (identity.kind === 'denied' || (mustBeKnown && identity.kind !== 'verified' && subject === null)) {
    const fault = identity.kind === 'denied' ? "the token is not the app's" : 'a token is needed';
    return { status: asking.status, code: 'app_unknown', message: `${fault}; ${asking.how}` };
  }
  const source = sourceOf(identity, hostOf(peer, context), subject);
  // Whom a load balancer speaks for is not who has its socket open.
  if (peer === (socket.remoteAddress ?? null)) context.peers?.begin(source, socket);
  return source;
}

/** A certificate proves the app that it is known for; a client that names another one is taken at its own word alone. */
function withCertificate(identity: Identity, subject: string | null, context: AdmissionContext): Identity {
  if (subject === null || identity.kind === 'denied' || identity.kind === 'verified') return identity;
  const label = context.labelOf(subject);
  if (label === null || (identity.kind === 'labelled' && identity.app !== label.app)) return identity;
  return label.verified ? { kind: 'verified', app: label.app } : { kind: 'labelled', app: label.app };
}

/** What is known already of whoever is refused. */
export interface Known {
  /** Where the tunnel leads that it came through. */
  readonly tunnel: Target | null;
  /** Who opened it. */
  readonly source: Source | null;
}

const NOTHING: Known = { tunnel: null, source: null };

/** The one event of a request that came no further; its id. */
export function recordDenied(
  denied: Denied,
  peer: string | null,
  outcome: 'refused' | 'malformed',
  context: AdmissionContext,
  protocol = 'http',
  { tunnel, source }: Known = NOTHING,
): string {
  const account = new Account(
    {
      id: context.newId(),
      startedAt: context.now(),
      source: source ?? sourceOf({ kind: 'anonymous' }, hostOf(peer, context)),
      destination: tunnel === null ? null : context.catalog.lookup(tunnel.host, tunnel.port),
      protocol: tunnel?.scheme ?? protocol,
      provider: null,
      via: tunnel?.via,
    },
    context.recorder,
    context.now,
  );
  closeRecord(account, outcome, denied.status, `${denied.status} ${denied.message}`, context);
  return account.id;
}

/** The host of a client by its address: this one for a client on it. */
export function hostOf(peer: string | null, context: AdmissionContext): string {
  return peer === null || isLoopback(peer) ? context.hostname : peer.replace(/^::ffff:/, '');
}
