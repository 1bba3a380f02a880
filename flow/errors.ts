/**
 * The one error of the outside world failing. Expected outcomes are values; bugs are asserts; this is for what
 * the proxy, a disk, a peer or a user's file did. docs/errors.md is made from the table.
 */

export type Fault = 'client' | 'upstream' | 'policy' | 'us';

interface Meaning {
  readonly meaning: string;
  readonly fault: Fault;
  readonly hint: string;
}

export const ERRORS = {
  config_invalid: {
    meaning: 'The configuration has an error.',
    fault: 'client',
    hint: 'Mend the place that the message names; docs/configuration.md lists the keys.',
  },
  policy_invalid: {
    meaning: 'A policy has an error.',
    fault: 'policy',
    hint: 'Mend the place that the message names; `weir policy check` tells all errors at once.',
  },
  home_locked: {
    meaning: 'Another weir runs on the same home.',
    fault: 'client',
    hint: 'Stop it, or give this one a home of its own (WEIR_HOME).',
  },
  home_unusable: {
    meaning: 'The home folder cannot be read or written.',
    fault: 'client',
    hint: 'Give it to the user that runs weir, mode 0700.',
  },
  seal_unusable: {
    meaning: 'The key that the secrets of this home are sealed under cannot be used.',
    fault: 'client',
    hint: 'Do as the message says; nothing was changed. docs/fleet.md tells about sealed secrets.',
  },
  enrolment_refused: {
    meaning: 'The centre of the fleet did not take this node.',
    fault: 'client',
    hint: 'Do as the message says; `weir fleet token` makes a new token, `weir fleet nodes` lists who has joined.',
  },
  centre_untrusted: {
    meaning: 'What answers at the address of the centre is not the centre of this fleet.',
    fault: 'client',
    hint: "Nothing was handed over. Check the address, the clocks and whether the fleet's certificate was changed, and ask for a new token by a way that you trust.",
  },
  centre_away: {
    meaning: 'The centre of the fleet cannot be reached.',
    fault: 'us',
    hint: 'A node goes on with what it has; check `weir fleet serve` on the host that the message names, and the way there.',
  },
  fleet_unusable: {
    meaning: 'The files of the fleet in this home cannot be used.',
    fault: 'client',
    hint: 'Do as the message says.',
  },
  authority_unusable: {
    meaning: 'The certificate authority of this home cannot be used.',
    fault: 'client',
    hint: 'Do as the message says; after `weir ca init --force` clients have to trust the new certificate.',
  },
  store_newer: {
    meaning: 'The database was made by a newer version of Weir.',
    fault: 'client',
    hint: 'Run that version or a later one, or use another home; a database is never taken back.',
  },
  store_unwritable: {
    meaning: 'A record could not be written.',
    fault: 'us',
    hint: 'Free space on the disk that holds home; until then `proxy.onError` decides about calls.',
  },
  store_away: {
    meaning: 'The shared store cannot be reached, or cannot take anything now.',
    fault: 'upstream',
    hint: 'Do as the message says; what is to be recorded waits on its node until then, and nothing is lost.',
  },
  store_denied: {
    meaning: 'The shared store does not let this user in, or not do that.',
    fault: 'client',
    hint: 'Check user, password and database of `store`; docs/postgres.md lists what each role needs.',
  },
  store_untrusted: {
    meaning: 'The certificate of the shared store was not accepted, or it does not speak TLS.',
    fault: 'client',
    hint: 'Name the file of its authority as sslrootcert= in `store`, and a host that the certificate is for.',
  },
  store_unready: {
    meaning: 'The shared store has no tables of this version yet, or is a PostgreSQL that is too old.',
    fault: 'client',
    hint: 'Run `weir store migrate` with a role that may create tables; PostgreSQL has to be 13 or newer.',
  },
  store_refused: {
    meaning: 'Records cannot be stored as they are.',
    fault: 'us',
    hint: 'The message names them; they lie in the dead-letter file, and the others went on.',
  },
  port_taken: {
    meaning: 'The address to listen on is taken.',
    fault: 'client',
    hint: 'Stop the program that the message names or set `proxy.listen` or `console.listen`.',
  },
  listener_open: {
    meaning: 'A listener off loopback has no app tokens.',
    fault: 'client',
    hint: 'Give apps tokens (`apps: [{name, token}]`) or set `proxy.open: true`.',
  },
  address_forbidden: {
    meaning: 'The upstream address is one that the proxy does not reach.',
    fault: 'client',
    hint: 'Name the exact host:port under `proxy.resolve`, or the host under `destinations` with `private: true`.',
  },
  upstream_unresolved: {
    meaning: 'The upstream name could not be resolved.',
    fault: 'upstream',
    hint: 'Check the name and the DNS of this host.',
  },
  upstream_unreachable: {
    meaning: 'No connection to the upstream could be made.',
    fault: 'upstream',
    hint: 'The upstream is down, or a firewall is between.',
  },
  upstream_untrusted: {
    meaning: 'The certificate of the upstream was not accepted.',
    fault: 'upstream',
    hint: 'For a certificate authority of your own, name its file under `proxy.upstream.ca`.',
  },
  upstream_proxy_refused: {
    meaning: 'The proxy that `proxy.upstream.proxy` names did not let a call through.',
    fault: 'upstream',
    hint: 'The message says what it answered; user and password stand in its URL.',
  },
  upstream_timeout: {
    meaning: 'The upstream did not answer in time.',
    fault: 'upstream',
    hint: 'The message names the limit; `proxy.limits` sets it.',
  },
  upstream_reset: {
    meaning: 'The upstream ended the connection before the answer was complete.',
    fault: 'upstream',
    hint: 'Send the request again.',
  },
  upstream_malformed: {
    meaning: 'The upstream answered with something that is not HTTP.',
    fault: 'upstream',
    hint: 'Check that the port speaks HTTP.',
  },
  body_too_large: {
    meaning: 'A body that has to be held is larger than `limits.inspectBytes`.',
    fault: 'client',
    hint: 'Send less, or raise `proxy.limits.inspectBytes`.',
  },
  pattern_invalid: {
    meaning: 'RE2 refuses a pattern.',
    fault: 'policy',
    hint: 'RE2 has no look-around and no back-references.',
  },
  model_unusable: {
    meaning: 'The model that `detection.model` names cannot be used.',
    fault: 'client',
    hint: 'Do as the message says, or leave `detection.model` out; docs/names.md says what a model has to be.',
  },
  worker_ended: {
    meaning: 'A worker process ended, or does not do what it was told.',
    fault: 'us',
    hint: 'It is replaced while weir runs; what it wrote on stderr before says why it ended.',
  },
  conversations_unreachable: {
    meaning: 'Whoever keeps the conversations did not answer: the process above, or the bus of the fleet.',
    fault: 'us',
    hint: 'The host is overloaded, or that process is stopped; until then `proxy.onError` decides about calls with something to tokenize. Where it is the bus, what has no token yet is redacted instead.',
  },
  edit_unsafe: {
    meaning: 'An edited body would not have been read as intended.',
    fault: 'us',
    hint: 'Please report it with the shape of the body, never its content.',
  },
} as const satisfies Record<string, Meaning>;

export type ErrorCode = keyof typeof ERRORS;

/** `message` says what, where and how to mend it; never a value taken from a message. */
export class WeirError extends Error {
  readonly code: ErrorCode;
  /** For programs: of `store_refused`, the ids of the records. */
  readonly details: { readonly ids?: readonly string[] };

  constructor(
    code: ErrorCode,
    message: string,
    { details = {}, ...options }: { readonly cause?: unknown; readonly details?: WeirError['details'] } = {},
  ) {
    super(message, options);
    this.name = 'WeirError';
    this.code = code;
    this.details = details;
  }

  get fault(): Fault {
    return ERRORS[this.code].fault;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }
}

/** For the end of a switch over a union: a value that reaches it is a bug. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${typeof value}`);
}
