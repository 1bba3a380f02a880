/** The words of enrolment: who may be in a fleet and how it is called, there and on the bus. */

/** What a node is for, which says what it is handed. */
export const ROLES = ['proxy', 'sensor', 'collector', 'console'] as const;
export type Role = (typeof ROLES)[number];

/** A node's name: a label of DNS, so that no path, subject or certificate takes it for anything else. */
export const NODE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The name in the centre's own certificate, wherever it is reached. */
export const CENTRE_NAME = 'centre.weir.internal';
/** No certificate for another server is for a name below it. */
export const OWN_DOMAIN = 'weir.internal';

/** The id of a writer of records: a ULID. */
export const WRITER_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** How the bus knows a node: the name in its certificate, by which `verify_and_map` finds its user. */
export function busUserOf(name: string, role: Role): string {
  return `${name}.${role}.node.${OWN_DOMAIN}`;
}

/** Clocks further apart than this are mended before anything else: records would be of another day. */
export const MOST_SKEW_MS = 3_600_000;
/** From here on it is said. */
export const NOTED_SKEW_MS = 300_000;

/** What the centre says against a request. */
export const REFUSALS = {
  bad_request: 400,
  token_wrong: 401,
  token_expired: 401,
  token_used: 401,
  certificate_missing: 401,
  certificate_expired: 401,
  certificate_unknown: 401,
  certificate_superseded: 401,
  authority_dropped: 401,
  revoked: 403,
  clock_off: 409,
  name_taken: 409,
  home_copied: 409,
  too_many: 429,
  failed: 500,
} as const;
export type RefusalCode = keyof typeof REFUSALS;

/** An answer that is no success. `message` is for people and holds no secret. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}

export function isRefusalCode(text: string): text is RefusalCode {
  return Object.hasOwn(REFUSALS, text);
}
