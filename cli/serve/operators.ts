/**
 * What is done with a span when a text is anonymized, and back: the operators of Presidio's anonymizer, by their names
 * and parameters. AES is CBC with PKCS #7 padding, the IV before the ciphertext, base64url, so that either side reads
 * what the other encrypted.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { countCodePoints } from './code-points.ts';
import { type JsonObject, kindOf, member } from './json-value.ts';
import { Refusal } from './refusal.ts';

/** Turns the text of one span of an entity into what stands in its place. */
export type Operate = (value: string, entity: string) => string;

export interface Operator {
  readonly name: string;
  readonly operate: Operate;
}

/** Reads the parameters of an operator. Throws Refusal 422. `salt` is this request's own. */
type Prepare = (params: JsonObject, salt: Buffer) => Operate;

const MIN_SALT_BYTES = 16;
const KEY_BYTES: readonly number[] = [16, 24, 32];
const IV_BYTES = 16;
const MAX_REPLACEMENT = 10_000;

const ANONYMIZERS: Readonly<Record<string, Prepare>> = { hash, mask, redact, replace, encrypt, keep };
const DEANONYMIZERS: Readonly<Record<string, Prepare>> = { decrypt, deanonymize_keep: keep };

export const ANONYMIZER_NAMES: readonly string[] = Object.keys(ANONYMIZERS);
export const DEANONYMIZER_NAMES: readonly string[] = Object.keys(DEANONYMIZERS);

/** An anonymizer as a request names it under `type`. Throws Refusal. */
export function anonymizer(config: JsonObject, salt: Buffer): Operator {
  if (member(config, 'type') === 'custom') throw new Refusal(400, 'Custom type anonymizer is not supported');
  return operator(config, ANONYMIZERS, salt);
}

/** A deanonymizer as a request names it under `type`. Throws Refusal. */
export function deanonymizer(config: JsonObject): Operator {
  return operator(config, DEANONYMIZERS, Buffer.alloc(0));
}

function operator(config: JsonObject, known: Readonly<Record<string, Prepare>>, salt: Buffer): Operator {
  const name = member(config, 'type');
  if (typeof name !== 'string' || name === '') {
    throw new Refusal(422, 'Invalid input, operator config must contain operator_name');
  }
  const prepare = Object.hasOwn(known, name) ? known[name] : undefined;
  if (prepare === undefined) {
    throw new Refusal(422, `Invalid operator class; expected one of ${Object.keys(known).join(', ')}`);
  }
  return { name, operate: prepare(config, salt) };
}

/** A parameter of one kind; null and absent are the same. */
function parameter(params: JsonObject, name: string, kind: 'string' | 'number' | 'boolean'): unknown {
  const value = member(params, name) ?? null;
  // biome's useValidTypeof wants literals in comparisons; kindOf names the kinds of JSON.
  if (value !== null && kindOf(value) !== kind) {
    throw new Refusal(422, `Invalid parameter value for ${name}. Expecting '${kind}', but got '${kindOf(value)}'.`);
  }
  return value;
}

function required(params: JsonObject, name: string, kind: 'string' | 'number' | 'boolean'): unknown {
  const value = parameter(params, name, kind);
  if (value === null) throw new Refusal(422, `Expected parameter ${name}`);
  return value;
}

function replace(params: JsonObject): Operate {
  const value = parameter(params, 'new_value', 'string');
  if (typeof value !== 'string' || value === '') return (_, entity) => `<${entity}>`;
  if (value.length > MAX_REPLACEMENT) {
    throw new Refusal(422, `Invalid input, new_value is longer than ${MAX_REPLACEMENT} characters`);
  }
  return () => value;
}

function redact(): Operate {
  return () => '';
}

function keep(): Operate {
  return (value) => value;
}

function mask(params: JsonObject): Operate {
  const character = String(required(params, 'masking_char', 'string'));
  if (countCodePoints(character) > 1) throw new Refusal(422, 'Invalid input, masking_char must be a character');
  const most = Number(required(params, 'chars_to_mask', 'number'));
  if (!Number.isInteger(most)) throw new Refusal(422, 'Invalid input, chars_to_mask must be a whole number');
  const isFromEnd = parameter(params, 'from_end', 'boolean') === true;
  return (value) => {
    const characters = [...value];
    const count = Math.min(characters.length, Math.max(0, most));
    const masked = character.repeat(count);
    return isFromEnd
      ? characters.slice(0, characters.length - count).join('') + masked
      : masked + characters.slice(count).join('');
  };
}

/** Without a salt of the client's, the request's own: equal values of one request stay equal, and nobody can try all of them. */
function hash(params: JsonObject, ownSalt: Buffer): Operate {
  const kind = member(params, 'hash_type') ?? 'sha256';
  if (kind !== 'sha256' && kind !== 'sha512') {
    throw new Refusal(422, 'Parameter hash_type value is not in range of values sha256, sha512');
  }
  const given = parameter(params, 'salt', 'string');
  const salt = typeof given === 'string' ? Buffer.from(given, 'utf8') : ownSalt;
  if (salt.length < MIN_SALT_BYTES) {
    throw new Refusal(422, `Invalid input, salt must be of at least ${MIN_SALT_BYTES} bytes, or left out`);
  }
  return (value) => createHash(kind).update(value, 'utf8').update(salt).digest('hex');
}

function keyOf(params: JsonObject): Buffer {
  const key = Buffer.from(String(required(params, 'key', 'string')), 'utf8');
  if (!KEY_BYTES.includes(key.length)) {
    throw new Refusal(422, 'Invalid input, key must be of length 128, 192 or 256 bits');
  }
  return key;
}

/** `deterministic` gives equal values equal ciphertexts: the IV is then a MAC of the value. */
function encrypt(params: JsonObject): Operate {
  const key = keyOf(params);
  const isDeterministic = parameter(params, 'deterministic', 'boolean') === true;
  return (value) => {
    const iv = isDeterministic
      ? createHmac('sha256', key).update(value, 'utf8').digest().subarray(0, IV_BYTES)
      : randomBytes(IV_BYTES);
    const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, iv);
    const text = Buffer.concat([iv, cipher.update(value, 'utf8'), cipher.final()]).toString('base64url');
    return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  };
}

function decrypt(params: JsonObject): Operate {
  const key = keyOf(params);
  return (value) => {
    const bytes = Buffer.from(value, 'base64');
    try {
      const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, bytes.subarray(0, IV_BYTES));
      const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES)), decipher.final()]);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
    } catch {
      // What OpenSSL or the decoder says of it is of no use to the client, and may quote bytes.
      throw new Refusal(422, 'Invalid input, the text was not encrypted with this key');
    }
  };
}
