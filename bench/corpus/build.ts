/**
 * Brings the clean corpus: `./scripts/node bench/corpus/build.ts`. Fetches each package of the manifest at its pinned version
 * through its own client (npm, apt-get), checks what it got against the pinned hashes and lays the texts into the cache.
 * `--choose` writes the manifest anew from bench/corpus/packages.json; all else only reads it. Exit status 1 where a
 * text could not be had: Debian's archive forgets old versions, and then the corpus is smaller by what is named.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../config/package-root.ts';
import { CACHE } from './cache.ts';
import {
  cachedFile,
  loadCorpus,
  MANIFEST,
  type ManifestEntry,
  sha256Of,
  type TextKind,
  writtenManifest,
} from './texts.ts';

interface Choice {
  readonly kind: TextKind;
  readonly source: 'npm' | 'debian';
  readonly package: string;
  readonly version: string;
  readonly licence: string;
  readonly files: readonly string[];
}

/** A package unpacked, with the hash of what the registry sent. */
interface Unpacked {
  readonly folder: string;
  readonly integrity: string | null;
}

type PackageName = Pick<ManifestEntry, 'source' | 'package' | 'version'>;

/** Found by the Node that runs this, before any other. */
const ENVIRONMENT = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` };

const { values } = parseArgs({ options: { choose: { type: 'boolean', default: false } } });
process.exitCode = values.choose ? choose() : fetchMissing();

function fetchMissing(): number {
  const { missing } = loadCorpus();
  const packages = Map.groupBy(missing, (entry) => `${entry.source} ${entry.package} ${entry.version}`);
  for (const entries of packages.values()) {
    const first = entries[0];
    if (first !== undefined) withPackage(first, (unpacked) => keepTexts(unpacked, entries));
  }
  const { texts, missing: left } = loadCorpus();
  const bytes = texts.reduce((sum, { text }) => sum + text.length, 0);
  say(`${texts.length} texts, ${(bytes / 1e6).toFixed(2)} MB in ${CACHE}`);
  for (const entry of left) say(`missing: ${entry.source} ${entry.package} ${entry.version} ${entry.file}`);
  return left.length === 0 ? 0 : 1;
}

function keepTexts({ folder, integrity }: Unpacked, entries: readonly ManifestEntry[]): void {
  mkdirSync(join(CACHE, 'texts'), { recursive: true });
  for (const entry of entries) {
    if (entry.integrity !== integrity) return say(`${entry.package}: the registry sent other bytes than those pinned`);
    const file = join(folder, entry.file);
    if (sha256Of(readFileSync(file)) === entry.sha256) copyFileSync(file, cachedFile(entry.sha256));
  }
}

function choose(): number {
  const choices: readonly Choice[] = JSON.parse(readFileSync(join(packageRoot, 'bench/corpus/packages.json'), 'utf8'));
  const seen = new Set<string>();
  const entries: ManifestEntry[] = [];
  for (const { files, ...rest } of choices) {
    withPackage(rest, ({ folder, integrity }) => {
      for (const file of globSync([...files], { cwd: folder, withFileTypes: false }).sort()) {
        const bytes = readIfText(join(folder, file));
        if (bytes === null) continue;
        const sha256 = sha256Of(bytes);
        if (seen.has(sha256)) continue;
        seen.add(sha256);
        const { kind, source, package: name, version, licence } = rest;
        entries.push({ kind, source, package: name, version, integrity, file, bytes: bytes.length, sha256, licence });
      }
    });
  }
  writeFileSync(MANIFEST, writtenManifest(entries));
  say(`${entries.length} texts, ${(entries.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(2)} MB chosen`);
  return fetchMissing();
}

/** Null for a folder and for what is no text. */
function readIfText(file: string): Buffer | null {
  try {
    const bytes = readFileSync(file);
    return bytes.includes(0) || bytes.length === 0 ? null : bytes;
  } catch {
    return null; // A folder that a pattern caught.
  }
}

function withPackage(name: PackageName, work: (unpacked: Unpacked) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'weir-corpus-'));
  try {
    work(name.source === 'npm' ? unpackNpm(name, folder) : unpackDebian(name, folder));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    say(`${name.source} ${name.package} ${name.version} could not be had: ${reason}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unpackNpm(name: PackageName, folder: string): Unpacked {
  const wanted = `${name.package}@${name.version}`;
  run('npm', ['pack', wanted, '--ignore-scripts', '--silent', '--pack-destination', folder], folder);
  const tarball = join(folder, onlyFile(folder, '.tgz'));
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  run('tar', ['-xzf', tarball, '--strip-components=1'], folder);
  return { folder, integrity };
}

function unpackDebian(name: PackageName, folder: string): Unpacked {
  run('apt-get', ['download', '-o', 'APT::Sandbox::User=root', `${name.package}=${name.version}`], folder);
  run('dpkg-deb', ['-x', onlyFile(folder, '.deb'), folder], folder);
  return { folder, integrity: null };
}

function onlyFile(folder: string, extension: string): string {
  const name = readdirSync(folder).find((file) => file.endsWith(extension));
  if (name === undefined) throw new Error(`nothing ends in ${extension}`);
  return name;
}

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'pipe'] });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
