/**
 * The generic walk over JSON: every string anywhere becomes a segment with the zone of the nearest node that has
 * one. It knows no provider; what it does not know is text of the zone around it.
 */
import type { Layer, Part } from '../../flow/segment.ts';
import type { Collector, Place } from './collector.ts';
import { type JsonNode, stringBytes, stringText } from './json.ts';
import { isKnownValue, NAMES, shownName } from './vocabulary.ts';
import type { Treatment, Zone } from './zone.ts';

/** Shorter keys hold nothing that is found; card numbers and names as keys do. */
const MIN_KEY_BYTES = 6;
/** A number of fewer digits is nobody's id. */
const MIN_DIGITS = 8;

/** What providers hand out encrypted or signed and want back unchanged; named alike wherever it stands. */
const PROVIDERS_OWN: ReadonlyMap<string, Treatment> = new Map([
  ['encrypted_content', 'sealed'],
  ['encrypted_index', 'sealed'],
  ['encrypted_stdout', 'sealed'],
  // GitHub Copilot.
  ['reasoning_opaque', 'sealed'],
  ['thoughtSignature', 'signed'],
  ['thought_signature', 'signed'],
]);

/**
 * Hands every text under `node` to the collector. `bytes` is what the nodes' spans count from, `place` says where
 * that text itself stands; its `layers` lead to `bytes`.
 */
export function walkJson(collector: Collector, bytes: Buffer, node: JsonNode, place: Place): void {
  new Walk(collector, bytes, place).node(node, place.zone, place.path, place.label);
}

/** What is the same for all nodes of one JSON text; the rest goes from node to node as arguments, uncopied. */
class Walk {
  readonly collector: Collector;
  readonly bytes: Buffer;
  readonly part: Part;
  readonly layers: readonly Layer[];
  readonly nested: number;
  readonly fixed: boolean;

  constructor(collector: Collector, bytes: Buffer, place: Place) {
    this.collector = collector;
    this.bytes = bytes;
    this.part = place.part;
    this.layers = place.layers;
    this.nested = place.nested;
    this.fixed = place.fixed === true;
  }

  node(node: JsonNode, around: Zone, path: string, label: string | null): void {
    const zone = node.zone ?? around;
    if (zone.treatment === 'skip') return;
    switch (node.kind) {
      case 'string':
        return this.string(node, zone, path, label);
      case 'number':
        return this.number(node, zone, path, label);
      case 'array':
        for (let i = 0; i < node.items.length; i++) {
          const item = node.items[i] as JsonNode;
          if (isText(item)) this.node(item, zone, `${path}/${i}`, label);
        }
        return;
      case 'object':
        return this.object(node, zone, path);
      case 'literal':
        return;
    }
  }

  object(node: JsonNode, zone: Zone, path: string): void {
    const { bytes } = this;
    for (let i = 0; i < node.items.length; i++) {
      const key = node.keys[i] as JsonNode<string>;
      const item = node.items[i] as JsonNode;
      let name = NAMES.at(bytes, key.start + 1, key.end - 1);
      let shown = name;
      if (name === null) {
        name = stringText(bytes, key);
        shown = shownName(name);
        if (key.end - key.start - 2 >= MIN_KEY_BYTES && !NAMES.has(name)) this.key(key, zone, path);
      }
      if (!isText(item)) continue;
      const own = zone.treatment === 'text' ? PROVIDERS_OWN.get(name) : undefined;
      this.node(item, own === undefined ? zone : { ...zone, treatment: own }, `${path}/${shown}`, name);
    }
  }

  key(key: JsonNode, zone: Zone, path: string): void {
    const layer = { kind: 'json', start: key.start + 1, end: key.end - 1 } as const;
    this.collector.push(stringBytes(this.bytes, key), this.place(zone, path, null, layer), true);
  }

  string(node: JsonNode, zone: Zone, path: string, label: string | null): void {
    const text = stringBytes(this.bytes, node);
    if (text.length === 0 || (label !== null && isKnownValue(label, text))) return;
    const layer = { kind: 'json', start: node.start + 1, end: node.end - 1 } as const;
    this.collector.text(text, this.place(zone, path, label, layer));
  }

  /** Only the part before a point or exponent counts: `0.0069292834` is a measure, not somebody's number. */
  number(node: JsonNode, zone: Zone, path: string, label: string | null): void {
    const { bytes } = this;
    let at = bytes[node.start] === 0x2d ? node.start + 1 : node.start;
    const from = at;
    while (at < node.end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
    if (at - from < MIN_DIGITS) return;
    const layer = { kind: 'json-number', start: node.start, end: node.end } as const;
    const signed = zone.treatment === 'signed' || zone.treatment === 'sealed';
    this.collector.push(bytes.subarray(node.start, node.end), this.place(zone, path, label, layer), signed);
  }

  place(zone: Zone, path: string, label: string | null, layer: Layer): Place {
    const layers = this.layers.length === 0 ? [layer] : [...this.layers, layer];
    return { part: this.part, path, label, zone, layers, nested: this.nested, fixed: this.fixed };
  }
}

/** Whether anything could come of a node: most numbers and all literals hold no text. */
function isText(node: JsonNode): boolean {
  return node.kind !== 'literal' && (node.kind !== 'number' || node.end - node.start >= MIN_DIGITS);
}
