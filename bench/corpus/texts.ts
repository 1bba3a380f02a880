/**
 * The clean corpus: prose, code, logs and JSON of packages under free licences, which the manifest pins by hash. The texts
 * are not part of the repository; bench/corpus/build.ts brings them. A file that is missing is named, never passed over.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { CACHE } from './cache.ts';

export type TextKind = 'prose' | 'code' | 'logs' | 'json';

export interface ManifestEntry {
  readonly kind: TextKind;
  readonly source: 'npm' | 'debian';
  readonly package: string;
  readonly version: string;
  /** Of npm's tarball, as in a lock file; null for a Debian package, whose files' hashes say enough. */
  readonly integrity: string | null;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly licence: string;
}

export interface CorpusText extends ManifestEntry {
  readonly text: Buffer;
}

export interface Corpus {
  readonly texts: readonly CorpusText[];
  readonly missing: readonly ManifestEntry[];
}

export const MANIFEST: string = join(packageRoot, 'bench', 'corpus', 'manifest.jsonl');

export type PackageEntry = Omit<ManifestEntry, 'file' | 'bytes' | 'sha256'>;
type FileEntry = Pick<ManifestEntry, 'file' | 'bytes' | 'sha256'>;

/** The manifest is a line a package, followed by a line for each of its files. */
export function readManifest(): readonly ManifestEntry[] {
  const entries: ManifestEntry[] = [];
  let current: PackageEntry | null = null;
  for (const line of readFileSync(MANIFEST, 'utf8').trim().split('\n')) {
    const read: PackageEntry | FileEntry = JSON.parse(line);
    if ('package' in read) current = read;
    else if (current !== null) entries.push({ ...current, ...read });
  }
  return entries;
}

export function writtenManifest(entries: readonly ManifestEntry[]): string {
  const lines: (PackageEntry | FileEntry)[] = [];
  let last = '';
  for (const { file, bytes, sha256, ...rest } of entries) {
    if (JSON.stringify(rest) !== last) lines.push(rest);
    last = JSON.stringify(rest);
    lines.push({ file, bytes, sha256 });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The file of a text in the cache. */
export function cachedFile(sha256: string): string {
  return join(CACHE, 'texts', sha256);
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What is in the cache, each text checked against its hash. */
export function loadCorpus(): Corpus {
  const texts: CorpusText[] = [];
  const missing: ManifestEntry[] = [];
  for (const entry of readManifest()) {
    const file = cachedFile(entry.sha256);
    const text = existsSync(file) ? readFileSync(file) : null;
    if (text === null || sha256Of(text) !== entry.sha256) missing.push(entry);
    else texts.push({ ...entry, text });
  }
  return { texts, missing };
}
