/**
 * What a new node is handed to join with: where the centre is, which certificate it has to have (so that nothing is trusted
 * at first sight), and a secret that is good for a while and a number of times. The centre keeps a digest of the secret.
 */
import { createHash, randomBytes } from 'node:crypto';
import { BadField, Fields } from './checked-fields.ts';

export interface JoinToken {
  /** `host:port`. */
  readonly address: string;
  /** SHA-256 over the DER of the fleet's certificate, hexadecimal. */
  readonly pin: string;
  /** Which token; no secret. */
  readonly id: string;
  /** 256 bits, base64url. */
  readonly secret: string;
}

const START = 'weirjoin_';
export const TOKEN_ID = /^[0-9a-f]{12}$/;
export const PIN = /^[0-9a-f]{64}$/;
export const SECRET = /^[A-Za-z0-9_-]{43}$/;
const ADDRESS = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253}):[1-9][0-9]{0,4}$/;

export function newTokenSecret(): { readonly id: string; readonly secret: string } {
  return { id: randomBytes(6).toString('hex'), secret: randomBytes(32).toString('base64url') };
}

/** Of 256 random bits nothing is to be guessed, so that one round is enough. */
export function secretDigest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function joinTokenText({ address, pin, id, secret }: JoinToken): string {
  return START + Buffer.from(JSON.stringify({ a: address, p: pin, i: id, s: secret })).toString('base64url');
}

/** Null for what is no token, or not a whole one. */
export function readJoinToken(text: string): JoinToken | null {
  const body = text.trim();
  if (!body.startsWith(START) || body.length > 2000) return null;
  try {
    const fields = Fields.parse(Buffer.from(body.slice(START.length), 'base64url').toString('utf8'));
    return {
      address: fields.text('a', ADDRESS),
      pin: fields.text('p', PIN),
      id: fields.text('i', TOKEN_ID),
      secret: fields.text('s', SECRET),
    };
  } catch (error) {
    if (error instanceof BadField) return null;
    throw error;
  }
}

/** `HOST:PORT` in the form that tokens carry; null for anything else. */
export function centreAddress(text: string): string | null {
  const lower = text.trim().toLowerCase();
  return ADDRESS.test(lower) && Number(lower.slice(lower.lastIndexOf(':') + 1)) <= 65_535 ? lower : null;
}
