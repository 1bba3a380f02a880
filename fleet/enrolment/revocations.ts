/**
 * The list of nodes that were taken out of a fleet, signed by the fleet's authority, so that it may be carried by anybody. A
 * list with a lower version than one that was seen is refused.
 */
import { type KeyObject, verify } from 'node:crypto';
import { BadField, Fields } from './checked-fields.ts';
import { NODE_NAME } from './terms.ts';

export interface Revocations {
  readonly fleet: string;
  readonly version: number;
  /** RFC 3339: when it was signed. */
  readonly time: string;
  readonly revoked: readonly { readonly name: string; readonly user: string; readonly time: string }[];
}

/** As it travels and is kept: the text that was signed, and ECDSA over it. */
export interface SignedRevocations {
  readonly text: string;
  readonly signature: string;
}

const LABEL = 'weir revocations 1\n';

export function signRevocations(list: Revocations, sign: (text: string) => Buffer): SignedRevocations {
  const text = JSON.stringify(list);
  return { text, signature: sign(LABEL + text).toString('base64url') };
}

/** The list, where one of the fleet's keys has signed it; null for any other. */
export function openRevocations(
  { text, signature }: SignedRevocations,
  fleetKeys: readonly KeyObject[],
): Revocations | null {
  const [bytes, proof] = [Buffer.from(LABEL + text), Buffer.from(signature, 'base64url')];
  if (!fleetKeys.some((key) => verify('sha256', bytes, key, proof))) return null;
  try {
    const fields = Fields.parse(text);
    return {
      fleet: fields.text('fleet', /^[0-9a-f]{16}$/),
      version: fields.number('version'),
      time: new Date(fields.moment('time')).toISOString(),
      revoked: fields.list('revoked', 1_000_000).map((one) => ({
        name: one.text('name', NODE_NAME),
        user: one.text('user', /^[a-z0-9.-]{1,253}$/),
        time: one.text('time', /^[\x21-\x7e]{10,40}$/),
      })),
    };
  } catch (error) {
    if (error instanceof BadField) return null;
    throw error;
  }
}
