/**
 * Short texts in which nothing was found that counts, and that come again and again: within a message the id and model that
 * stand in every event of a stream; over messages what stands beside the turns, such as models and the names of clients,
 * and the paths of what is found. Of what anyone says nothing is kept beyond its message.
 */
import type { Segment } from '../flow/segment.ts';
import type { Scanner } from './scan/scanner.ts';

/** Longer texts hardly come twice. */
const MAX_BYTES = 64;
const MAX_TEXTS = 2000;

/** All that a scan depends on. */
interface CleanText {
  readonly text: Uint8Array;
  readonly role: Segment['role'];
  readonly label: string | null;
  readonly isBase64Read: boolean;
}

type Texts = Map<number, CleanText>;

interface Beside {
  readonly texts: Texts;
  readonly paths: Set<string>;
}

const ofScanners = new WeakMap<Scanner, Beside>();

export class CleanTexts {
  readonly #beside: Beside;
  #inMessage: Texts | null = null;

  constructor(scanner: Scanner) {
    let beside = ofScanners.get(scanner);
    if (beside === undefined) {
      beside = { texts: new Map(), paths: new Set() };
      ofScanners.set(scanner, beside);
    }
    this.#beside = beside;
  }

  mayKeep({ text }: Segment): boolean {
    return text.length <= MAX_BYTES;
  }

  /** Of one that may be kept. */
  has(segment: Segment): boolean {
    const texts = segment.role === 'metadata' ? this.#beside.texts : this.#inMessage;
    if (texts === null) return false;
    const known = texts.get(keyOf(segment));
    return known !== undefined && isSame(known, segment);
  }

  add(segment: Segment): void {
    const { text, role, label, isBase64Read = false } = segment;
    let texts = this.#beside.texts;
    if (role !== 'metadata') {
      this.#inMessage ??= new Map();
      texts = this.#inMessage;
    } else if (texts.size >= MAX_TEXTS) texts.clear();
    // A copy: the message is not kept for it.
    texts.set(keyOf(segment), { text: Uint8Array.from(text), role, label, isBase64Read });
  }

  hasPath(path: string): boolean {
    return this.#beside.paths.has(path);
  }

  addPath(path: string): void {
    if (path.length > MAX_BYTES) return;
    if (this.#beside.paths.size >= MAX_TEXTS) this.#beside.paths.clear();
    this.#beside.paths.add(path);
  }
}

/** FNV-1a; of two texts with one key the later stays. A string of it all would have to be made at each look. */
function keyOf({ text, role, label }: Segment): number {
  let hash = 0x811c9dc5 ^ (role.charCodeAt(0) << 16) ^ (label === null ? 0 : (label.length << 8) | label.charCodeAt(0));
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ (text[i] as number), 0x01000193);
  return hash;
}

function isSame(known: CleanText, { text, role, label, isBase64Read = false }: Segment): boolean {
  if (known.text.length !== text.length || known.role !== role || known.label !== label) return false;
  if (known.isBase64Read !== isBase64Read) return false;
  for (let i = 0; i < text.length; i++) if (known.text[i] !== text[i]) return false;
  return true;
}
