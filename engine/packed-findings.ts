/**
 * Many findings as few values: what is alike in them stands once, so that thousands pass from thread to thread in the
 * time of a few.
 */
import type { Finding } from '../flow/finding.ts';

type Kind = Omit<Finding, 'start' | 'end' | 'fingerprint' | 'otherFingerprints'>;
type Value = Pick<Finding, 'fingerprint' | 'otherFingerprints'>;

/** Plain data. `rows`: index of the kind, index of the value, start and end, of each finding in turn. */
export interface PackedFindings {
  readonly kinds: readonly Kind[];
  readonly values: readonly Value[];
  readonly rows: Uint32Array;
}

const WIDTH = 4;

export function packed(findings: readonly Finding[]): PackedFindings {
  const kinds = new Table<Kind>();
  const values = new Table<Value>();
  const rows = new Uint32Array(findings.length * WIDTH);
  findings.forEach(({ start, end, fingerprint, otherFingerprints, ...kind }, at) => {
    const value = otherFingerprints === undefined ? { fingerprint } : { fingerprint, otherFingerprints };
    rows.set([kinds.indexOf(kind), values.indexOf(value), start, end], at * WIDTH);
  });
  return { kinds: kinds.all, values: values.all, rows };
}

export function unpacked({ kinds, values, rows }: PackedFindings): Finding[] {
  const findings: Finding[] = [];
  for (let at = 0; at < rows.length; at += WIDTH) {
    const kind = kinds[rows[at] as number] as Kind;
    const value = values[rows[at + 1] as number] as Value;
    findings.push({ ...kind, ...value, start: rows[at + 2] as number, end: rows[at + 3] as number });
  }
  return findings;
}

/** Values that are alike, once each. */
class Table<T> {
  readonly all: T[] = [];
  readonly #places = new Map<string, number>();

  indexOf(value: T): number {
    const key = JSON.stringify(value);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.all.length);
    return this.all.push(value) - 1;
  }
}
