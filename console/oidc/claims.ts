/**
 * What the claims of an ID token make of somebody: a role and a name. Nothing but the ID token is looked at, since it alone is
 * signed for this console; what a userinfo endpoint says is not asked for.
 */
import { ACCESS, type Access } from '../../flow/access.ts';
import type { ProviderSettings } from './settings.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** `role` null: `reason` says why, in words for whoever was refused. */
export type Person =
  | { readonly name: string; readonly subject: string; readonly role: Access }
  | { readonly name: string; readonly subject: string; readonly role: null; readonly reason: string };

const MAX_VALUES = 5000;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@+| '-]{0,127}$/u;

export function personOf(
  claims: Claims,
  { claim, roles, user }: Pick<ProviderSettings, 'claim' | 'roles' | 'user'>,
): Person {
  const { sub } = claims;
  const subject = typeof sub === 'string' ? printable(sub) : '';
  const name = nameOf(claims, subject, user);
  const values = valuesAt(claims, claim);
  // The strongest of those that fit.
  const role = ACCESS.toReversed().find((one) => roles[one].some((value) => values.includes(value)));
  if (role !== undefined) return { name, subject, role };
  return { name, subject, role: null, reason: reasonOf(claims, claim, values) };
}

/** The strings of a claim: of an array each that is one, of a string itself, whole. */
export function valuesAt(claims: Claims, claim: string): readonly string[] {
  const path = claim.startsWith('/') ? claim.slice(1).split('/').map(unescaped) : [claim];
  let at: unknown = claims;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return [];
    at = Object.entries(at).find(([key]) => key === part)?.[1];
  }
  if (typeof at === 'string') return [at];
  if (!Array.isArray(at)) return [];
  return at.slice(0, MAX_VALUES).filter((value) => typeof value === 'string');
}

/** RFC 6901 §4. */
function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function nameOf(claims: Claims, subject: string, user: string | null): string {
  // An address that the provider has not looked at may be anybody's.
  const email = claims['email_verified'] === false ? null : claims['email'];
  const given = user === null ? [claims['preferred_username'], email] : [user === 'email' ? email : claims[user]];
  const name = given.find((value) => typeof value === 'string' && NAME.test(value));
  return typeof name === 'string' ? name : subject;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 255);
}

function reasonOf(claims: Claims, claim: string, values: readonly string[]): string {
  if (values.length > 0) return `no value of its claim ${claim} gives one (there are ${values.length})`;
  // Some providers leave groups out where there are too many, and name where to ask.
  const elsewhere = claims['_claim_names'];
  if (typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, claim)) {
    return `the provider left the claim ${claim} out of the ID token, since it has too many values; have it send fewer`;
  }
  return `its ID token has no claim ${claim} with a value`;
}
