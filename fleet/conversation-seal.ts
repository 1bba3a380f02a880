/**
 * What leaves a node of a conversation: names that tell nothing, and values that only nodes with the fleet's key read.
 * AES-256-GCM under a key of its own for each text, so that no pair of key and IV comes twice however many there are; the
 * name that it stands under is authenticated with it, so that no text is read in another's place.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';

export interface ConversationSeal {
  /** The name under which what is known as this is kept: letters, digits, `-` and `_`. */
  nameOf(kind: 'key' | 'conversation', text: string): string;
  /** The same under keys that were in use before. */
  earlierNamesOf(kind: 'key' | 'conversation', text: string): readonly string[];
  seal(name: string, text: string): Buffer;
  /** Null for what was changed, moved, or sealed by a key that is not known here. */
  unseal(name: string, sealed: Uint8Array): string | null;
}

const FORMAT = 1;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;
const HEAD_BYTES = 1 + KEY_ID_BYTES + SALT_BYTES + IV_BYTES;
/** A length tells little of what is sealed. */
const PADDED_TO = 256;

interface SealKey {
  readonly id: Buffer;
  readonly names: Buffer;
  readonly values: Buffer;
}

/** `keys`: of the fleet, the present one first; asked for each time, since they rotate. */
export function conversationSeal(keys: () => readonly [KeyObject, ...KeyObject[]]): ConversationSeal {
  const derived = new WeakMap<KeyObject, SealKey>();
  const sealKeyOf = (key: KeyObject): SealKey => {
    const known = derived.get(key) ?? sealKey(key);
    derived.set(key, known);
    return known;
  };
  const present = (): SealKey => sealKeyOf(keys()[0]);
  return {
    nameOf: (kind, text) => nameUnder(present(), kind, text),
    earlierNamesOf: (kind, text) =>
      keys()
        .slice(1)
        .map((key) => nameUnder(sealKeyOf(key), kind, text)),
    seal: (name, text) => sealUnder(present(), name, text),
    unseal: (name, sealed) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const id = bytes.subarray(1, 1 + KEY_ID_BYTES);
      const key = keys()
        .map(sealKeyOf)
        .find((one) => id.equals(one.id));
      return key === undefined ? null : unsealUnder(key, name, bytes);
    },
  };
}

function sealKey(key: KeyObject): SealKey {
  const derived = (what: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', key, '', `weir fleet conversations 1\0${what}`, length));
  return { id: derived('id', KEY_ID_BYTES), names: derived('names', 32), values: derived('values', 32) };
}

function nameUnder({ names }: SealKey, kind: string, text: string): string {
  return createHmac('sha256', names).update(`${kind}\0${text}`).digest('base64url');
}

function valueKey({ values }: SealKey, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', values, salt, 'weir fleet conversation', 32));
}

function sealUnder(key: SealKey, name: string, text: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', valueKey(key, salt), iv);
  cipher.setAAD(Buffer.from(name));
  const plain = padded(text);
  return Buffer.concat([
    Buffer.of(FORMAT),
    key.id,
    salt,
    iv,
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

function unsealUnder(key: SealKey, name: string, sealed: Buffer): string | null {
  if (sealed[0] !== FORMAT || sealed.length < HEAD_BYTES + TAG_BYTES) return null;
  const salt = sealed.subarray(1 + KEY_ID_BYTES, 1 + KEY_ID_BYTES + SALT_BYTES);
  const iv = sealed.subarray(1 + KEY_ID_BYTES + SALT_BYTES, HEAD_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', valueKey(key, salt), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const plain = Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
    return plain.toString('utf8').trimEnd();
  } catch {
    // The tag does not fit: changed or moved.
    return null;
  }
}

/** JSON, with blanks behind it. */
function padded(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const padding = (PADDED_TO - (bytes.length % PADDED_TO)) % PADDED_TO;
  return padding === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(padding, 0x20)]);
}
