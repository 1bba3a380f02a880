/**
 * A bundle: policies as one signed document, so that many nodes take up the same ones from one place. What is signed is
 * the canonical text of all but the signatures; a bundle with a field that is not known is refused, so that nothing in it
 * is unsigned. It opens no file and asks no clock: bytes, keys and the moment come in as arguments.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

export interface PolicyBundle {
  /** Lower case letters, digits and hyphens. */
  readonly name: string;
  /** Counts up: a node never goes back to a lower one. */
  readonly version: number;
  /** RFC 3339, UTC. */
  readonly created: string;
  /** Nodes take it up from then on; null for at once. RFC 3339, UTC. */
  readonly notBefore: string | null;
  /** The lowest version of Weir that understands it, `major.minor.patch`; null for any. */
  readonly leastEngine: string | null;
  /** Only nodes that have one of these labels take it up; null for all. */
  readonly labels: readonly string[] | null;
  /** The share of the nodes that take it up, 1 to 100. */
  readonly rollout: number;
  readonly files: readonly BundleFile[];
}

export interface BundleFile {
  /** `cards.yaml`: a name, no path. */
  readonly path: string;
  readonly text: string;
}

export interface BundleSignature {
  /** As from `keyId`. */
  readonly key: string;
  /** Ed25519 (RFC 8032), base64. */
  readonly signature: string;
}

export interface SignedBundle {
  readonly bundle: PolicyBundle;
  readonly signatures: readonly BundleSignature[];
}

export const MAX_BUNDLE_BYTES = 8 * 1024 * 1024;
const MAX_FILES = 1000;
const MAX_SIGNATURES = 16;

export type ReadBundle =
  | { readonly kind: 'read'; readonly signed: SignedBundle }
  /** What is wrong with it, in words; nothing of it is quoted. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The document as text, one line, with its signatures. */
export function bundleText({ bundle, signatures }: SignedBundle): string {
  return `${JSON.stringify({ ...canonicalFields(bundle), signatures })}\n`;
}

/** What is signed: the fields in this order, without white space, numbers as integers (as RFC 8785 would write them). */
function canonicalText(bundle: PolicyBundle): Buffer {
  return Buffer.from(JSON.stringify(canonicalFields(bundle)), 'utf8');
}

function canonicalFields(bundle: PolicyBundle) {
  const { name, version, created, notBefore, leastEngine, labels, rollout, files } = bundle;
  const head = { apiVersion: 'weir/v1', kind: 'PolicyBundle', name, version, created, notBefore, leastEngine };
  return { ...head, labels, rollout, files: files.map(({ path, text }) => ({ path, text })) };
}

/** Adds a signature; one of the same key before it is replaced. The key is an Ed25519 private key. */
export function signBundle({ bundle, signatures }: SignedBundle, privateKey: KeyObject): SignedBundle {
  const key = keyId(createPublicKey(privateKey));
  const signature = sign(null, canonicalText(bundle), privateKey).toString('base64');
  return { bundle, signatures: [...signatures.filter((one) => one.key !== key), { key, signature }] };
}

/** The id of the first of these keys that has signed it; null where none has. */
export function signerOf({ bundle, signatures }: SignedBundle, keys: readonly KeyObject[]): string | null {
  const content = canonicalText(bundle);
  for (const key of keys) {
    const id = keyId(key);
    const found = signatures.find((one) => one.key === id);
    if (found !== undefined && verify(null, content, key, Buffer.from(found.signature, 'base64'))) return id;
  }
  return null;
}

/** The first 16 hexadecimal digits of SHA-256 over the key's SubjectPublicKeyInfo (RFC 5280 §4.1). */
export function keyId(publicKey: KeyObject): string {
  const known = keyIds.get(publicKey);
  if (known !== undefined) return known;
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(spki).digest('hex').slice(0, 16);
  keyIds.set(publicKey, id);
  return id;
}

const keyIds = new WeakMap<KeyObject, string>();

const FIELDS = [
  ...['apiVersion', 'kind', 'name', 'version', 'created', 'notBefore', 'leastEngine', 'labels', 'rollout', 'files'],
  'signatures',
];
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.yaml$/;
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;
const RELEASE = /^\d{1,5}\.\d{1,5}\.\d{1,5}$/;

/** Reads a document strictly; whether it is signed by anybody is another question. Never throws. */
export function readBundle(bytes: Buffer): ReadBundle {
  if (bytes.length > MAX_BUNDLE_BYTES) return refused(`longer than ${MAX_BUNDLE_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return refused('not JSON: cut off, or no bundle');
  }
  if (!isObject(value)) return refused('no JSON object');
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) return refused('it has a field that this version does not know');
  if (value['apiVersion'] !== 'weir/v1' || value['kind'] !== 'PolicyBundle') return refused('no bundle of policies');
  const { name, version, created, notBefore, leastEngine, labels, rollout, files, signatures } = value;
  if (typeof name !== 'string' || !NAME.test(name)) return refused('name: expected lower case letters and digits');
  if (!isWhole(version, 1, Number.MAX_SAFE_INTEGER)) return refused('version: expected a whole number from 1 on');
  if (!isTime(created)) return refused('created: expected a time in UTC');
  if (notBefore !== null && !isTime(notBefore)) return refused('notBefore: expected a time in UTC, or null');
  if (leastEngine !== null && (typeof leastEngine !== 'string' || !RELEASE.test(leastEngine)))
    return refused('leastEngine: expected a version such as 1.2.0, or null');
  if (labels !== null && !isListOf(labels, (one) => typeof one === 'string' && NAME.test(one), 100))
    return refused('labels: expected a list of labels, or null');
  if (!isWhole(rollout, 1, 100)) return refused('rollout: expected a whole number from 1 to 100');
  if (!isListOf(files, isBundleFile, MAX_FILES) || files.length === 0)
    return refused('files: expected names and texts');
  if (new Set(files.map(({ path }) => path)).size < files.length) return refused('files: one name stands twice');
  if (!isListOf(signatures, isSignature, MAX_SIGNATURES)) return refused('signatures: expected keys and signatures');
  const bundle = { name, version, created, notBefore, leastEngine, labels, rollout, files };
  return { kind: 'read', signed: { bundle, signatures } };
}

function refused(reason: string): ReadBundle {
  return { kind: 'refused', reason };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && UTC_TIME.test(value) && !Number.isNaN(Date.parse(value));
}

function isListOf<T>(value: unknown, isOne: (one: unknown) => one is T, most: number): value is readonly T[];
function isListOf(value: unknown, isOne: (one: unknown) => boolean, most: number): value is readonly string[];
function isListOf(value: unknown, isOne: (one: unknown) => boolean, most: number): boolean {
  return Array.isArray(value) && value.length <= most && value.every(isOne);
}

function isBundleFile(value: unknown): value is BundleFile {
  if (!isObject(value) || Object.keys(value).length !== 2) return false;
  const { path, text } = value;
  return typeof path === 'string' && FILE_NAME.test(path) && typeof text === 'string';
}

function isSignature(value: unknown): value is BundleSignature {
  if (!isObject(value) || Object.keys(value).length !== 2) return false;
  const { key, signature } = value;
  return (
    typeof key === 'string' && /^[0-9a-f]{16}$/.test(key) && typeof signature === 'string' && signature.length < 200
  );
}

/** What a node is, as far as a bundle asks. */
export interface BundleNode {
  /** Tells it from all others, always the same. */
  readonly id: string;
  readonly labels: readonly string[];
  /** Of Weir. */
  readonly engine: string;
  readonly keys: readonly KeyObject[];
  readonly now: Date;
  /** What it runs; null for none yet. */
  readonly running: { readonly name: string; readonly version: number } | null;
}

export type BundleVerdict =
  | { readonly kind: 'take'; readonly signer: string }
  /** What runs is this one, or it is for other nodes. */
  | { readonly kind: 'keep'; readonly reason: string }
  /** Its time has not come. */
  | { readonly kind: 'wait'; readonly until: Date }
  /** It must not be taken up, and somebody has to look at it. */
  | { readonly kind: 'refuse'; readonly reason: string };

/** Whether a node takes a bundle up. The signature is judged first: of one that nobody signed nothing else is believed. */
export function judgeBundle(signed: SignedBundle, node: BundleNode): BundleVerdict {
  const { bundle } = signed;
  const signer = signerOf(signed, node.keys);
  if (signer === null) {
    const by = signed.signatures.map(({ key }) => key).join(', ');
    return { kind: 'refuse', reason: `it is signed by ${by === '' ? 'nobody' : by}, and by none of bundle.keys` };
  }
  const { running } = node;
  if (running !== null && running.name !== bundle.name)
    return { kind: 'refuse', reason: `it is named ${bundle.name}, what runs is ${running.name}` };
  if (running !== null && bundle.version === running.version) return { kind: 'keep', reason: 'it runs' };
  if (running !== null && bundle.version < running.version)
    return { kind: 'refuse', reason: `version ${bundle.version} is older than ${running.version}, which runs` };
  if (bundle.leastEngine !== null && isOlder(node.engine, bundle.leastEngine))
    return { kind: 'refuse', reason: `it needs Weir ${bundle.leastEngine}, this is ${node.engine}` };
  if (bundle.labels !== null && !bundle.labels.some((label) => node.labels.includes(label)))
    return { kind: 'keep', reason: `it is for nodes labelled ${bundle.labels.join(', ')}` };
  if (shareOf(node.id, bundle.name) >= bundle.rollout)
    return { kind: 'keep', reason: `it is rolled out to ${bundle.rollout} % of the nodes, and not to this one` };
  if (bundle.notBefore !== null && new Date(bundle.notBefore) > node.now)
    return { kind: 'wait', until: new Date(bundle.notBefore) };
  return { kind: 'take', signer };
}

/** 0 to 99, by the node and the name: a node that a small share has is in every larger one. */
function shareOf(node: string, name: string): number {
  return createHash('sha256').update(`${name}\0${node}`).digest().readUInt32BE(0) % 100;
}

/** By numbers; what is behind a hyphen (a pre-release) does not count. An engine without a version is no reason to refuse. */
function isOlder(engine: string, least: string): boolean {
  const [own = [], needed = []] = [engine, least].map((text) =>
    /^\d+\.\d+\.\d+/.exec(text)?.[0].split('.').map(Number),
  );
  for (let part = 0; part < 3; part++) {
    const difference = (own[part] ?? Number.POSITIVE_INFINITY) - (needed[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
