/**
 * A baseline: fingerprints of findings that are known, so that only new ones fail. No value stands in it. It is made to
 * be committed and used on other machines, so by default it carries a random key of its own; one that is made under
 * home's key says nothing to anyone without that home, and fits there only.
 */
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { normalise } from '../../engine/scan/normalise.ts';
import type { TextFinding } from '../../flow/finding.ts';
import { fingerprint } from '../../store/keyed.ts';
import { UsageError } from '../command.ts';
import { reasonOf } from './source.ts';

const VERSION = 1;
const KEY_BYTES = 32;
const FINGERPRINT = /^[\w-]{22}$/;

export type BaselineKey =
  | { readonly kind: 'file'; readonly key: KeyObject; readonly salt: string }
  | { readonly kind: 'home'; readonly key: KeyObject; readonly id: string };

export interface BaselineEntry {
  readonly fingerprint: string;
  readonly entity: string;
  /** Where it was found; for those who read the file, not for comparing. */
  readonly files: readonly string[];
}

export interface Baseline {
  readonly key: BaselineKey;
  readonly entries: readonly BaselineEntry[];
}

export function newFileKey(): BaselineKey {
  return fileKey(randomBytes(KEY_BYTES).toString('base64url'));
}

export function homeKey(key: KeyObject): BaselineKey {
  const id = createHmac('sha256', key).update('weir baseline key 1').digest().toString('base64url', 0, 8);
  return { kind: 'home', key, id };
}

function fileKey(salt: string): BaselineKey {
  return { kind: 'file', key: createSecretKey(Buffer.from(salt, 'base64url')), salt };
}

/** `home` is asked only for a baseline made under a home's key. Null where there is no such file. Throws UsageError. */
export function readBaseline(path: string, shown: string, home: () => KeyObject | null): Baseline | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new UsageError(`${shown}: ${reasonOf(error)}`);
  }
  const value = parsed(text);
  const key = isRecord(value) && value['version'] === VERSION ? keyOf(value['key'], shown, home) : null;
  const entries = isRecord(value) && Array.isArray(value['findings']) ? value['findings'].map(entryOf) : null;
  if (key === null || entries === null || entries.includes(null)) {
    throw new UsageError(`${shown} is no baseline of this version of weir scan (--write-baseline FILE makes one)`);
  }
  return { key, entries: entries.filter((entry) => entry !== null) };
}

function keyOf(value: unknown, shown: string, home: () => KeyObject | null): BaselineKey | null {
  if (!isRecord(value)) return null;
  const { salt, home: id } = value;
  if (typeof salt === 'string' && /^[\w-]{43}$/.test(salt)) return fileKey(salt);
  if (typeof id !== 'string') return null;
  const key = home();
  const ours = key === null ? null : homeKey(key);
  if (ours !== null && ours.kind === 'home' && ours.id === id) return ours;
  throw new UsageError(
    `${shown} was made under the key of another home; write it again with --baseline-key file to use it on any machine`,
  );
}

function entryOf(value: unknown): BaselineEntry | null {
  if (!isRecord(value)) return null;
  const { fingerprint: print, entity, files } = value;
  if (typeof print !== 'string' || !FINGERPRINT.test(print) || typeof entity !== 'string') return null;
  return { fingerprint: print, entity, files: Array.isArray(files) ? files.map(String) : [] };
}

/** Answers whether a finding is known; an alternative counts, so that a better name for the same value is not news. */
export class KnownFindings {
  readonly #key: BaselineKey;
  readonly #known: ReadonlySet<string>;

  constructor(baseline: Baseline) {
    this.#key = baseline.key;
    this.#known = new Set(baseline.entries.map((entry) => entry.fingerprint));
  }

  has(finding: TextFinding, value: string): boolean {
    const entities = [finding.entity, ...finding.alternatives.map((other) => other.entity)];
    return entities.some((entity) => this.#known.has(fingerprint(this.#key.key, entity, value, normalise)));
  }
}

/** Gathers what a scan found and writes it: sorted, an entry a line, the same bytes for the same findings and key. */
export class BaselineWriter {
  readonly #key: BaselineKey;
  readonly #entries = new Map<string, { readonly entity: string; readonly files: Set<string> }>();

  constructor(key: BaselineKey) {
    this.#key = key;
  }

  add(finding: TextFinding, value: string, file: string): void {
    const print = fingerprint(this.#key.key, finding.entity, value, normalise);
    const entry = this.#entries.get(print) ?? { entity: finding.entity, files: new Set<string>() };
    entry.files.add(file);
    this.#entries.set(print, entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  text(): string {
    const key = this.#key.kind === 'file' ? { salt: this.#key.salt } : { home: this.#key.id };
    const lines = [...this.#entries]
      .map(([print, { entity, files }]) => ({ fingerprint: print, entity, files: [...files].sort() }))
      .sort(
        (a, b) =>
          compare(a.files[0] ?? '', b.files[0] ?? '') ||
          compare(a.entity, b.entity) ||
          compare(a.fingerprint, b.fingerprint),
      )
      .map((entry) => `    ${JSON.stringify(entry)}`);
    const findings = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
    return `{\n  "version": ${VERSION},\n  "key": ${JSON.stringify(key)},\n  "findings": ${findings}\n}\n`;
  }

  /** Whole or not at all. Throws UsageError where the file cannot be written. */
  write(path: string, shown: string): void {
    const draft = `${path}.${process.pid}.tmp`;
    try {
      writeFileSync(draft, this.text(), { flag: 'wx' });
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw new UsageError(`${shown} cannot be written: ${reasonOf(error)}`);
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever it is, it is no baseline, and the caller says so.
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
