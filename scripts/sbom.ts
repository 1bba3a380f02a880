/**
 * The software bill of materials of what is shipped, as CycloneDX 1.7: the packages that package-lock.json pins for production, with
 * their licences and digests, and what depends on what. The same lock file and options give the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';

/** An entry of package-lock.json (lockfileVersion 3). */
export interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Something beside npm's packages that is shipped with them. */
export interface OtherComponent {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly purl: string;
}

type Lock = ReadonlyMap<string, LockedPackage>;

/** By the folder in which npm puts it; the key of the project itself is empty. */
export function readLock(root = packageRoot): Lock {
  const { packages }: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  return new Map(Object.entries(packages));
}

/** Of re2 only what is compiled is shipped: what its dependencies are for is over by then. */
const COMPILED: ReadonlySet<string> = new Set(['re2']);

/** Folders of what is there at run time, in order: what is reached from the project's own dependencies. */
export function productionFolders(lock: Lock): readonly string[] {
  const reached = new Set<string>();
  const follow = (from: string): void => {
    if (COMPILED.has(nameOf(from))) return;
    const { dependencies, optionalDependencies } = packageOf(lock, from);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const folder = found(lock, from, name);
      if (folder === null || reached.has(folder)) continue;
      reached.add(folder);
      follow(folder);
    }
  };
  follow('');
  return [...reached].sort();
}

/** The document's text. */
export function sbomText(lock: Lock, others: readonly OtherComponent[] = []): string {
  const folders = productionFolders(lock);
  const root = packageOf(lock, '');
  const own = { 'bom-ref': reference('weir', root.version), type: 'application', name: 'weir', version: root.version };
  const components = [
    ...folders.map((folder) => componentOf(nameOf(folder), packageOf(lock, folder))),
    ...others.map(({ name, version, license, purl }) => ({
      type: 'library',
      'bom-ref': purl,
      name,
      version,
      licenses: [{ license: { id: license } }],
      purl,
    })),
  ];
  const unique = [...new Map(components.map((one) => [one['bom-ref'], one])).values()];
  const needs = (folder: string, names: readonly string[]): readonly string[] =>
    names.flatMap((name) => {
      const at = found(lock, folder, name);
      return at !== null && folders.includes(at) ? [reference(name, packageOf(lock, at).version)] : [];
    });
  const direct = needs('', Object.keys(root.dependencies ?? {}));
  const dependencies = new Map<string, readonly string[]>([
    [own['bom-ref'], sorted([...direct, ...others.map(({ purl }) => purl)])],
  ]);
  for (const folder of folders) {
    const one = packageOf(lock, folder);
    const names = Object.keys({ ...one.dependencies, ...one.optionalDependencies });
    const ref = reference(nameOf(folder), one.version);
    dependencies.set(ref, sorted([...(dependencies.get(ref) ?? []), ...needs(folder, names)]));
  }
  const body = {
    bomFormat: 'CycloneDX',
    specVersion: '1.7',
    version: 1,
    metadata: { component: { ...own, licenses: [{ license: { id: 'Apache-2.0' } }], purl: own['bom-ref'] } },
    components: unique,
    dependencies: [...dependencies].map(([ref, dependsOn]) => ({ ref, dependsOn })),
  };
  return `${JSON.stringify({ ...body, serialNumber: serialOf(JSON.stringify(body)) }, null, 1)}\n`;
}

function componentOf(name: string, { version, license, integrity }: LockedPackage) {
  const [, group, short = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  const sha512 = /^sha512-(.+)$/.exec(integrity ?? '')?.[1];
  return {
    type: 'library',
    'bom-ref': reference(name, version),
    ...(group === undefined ? {} : { group }),
    name: short,
    version,
    licenses:
      license === undefined ? [] : [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    purl: reference(name, version),
    ...(sha512 === undefined
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }),
  };
}

/** A package URL. */
function reference(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Where Node finds a package of a name from a folder: the nearest node_modules. Null for a peer that is not installed. */
function found(lock: Lock, from: string, name: string): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const folder = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (lock.has(folder)) return folder;
    if (at === '') return null;
  }
}

function packageOf(lock: Lock, folder: string): LockedPackage {
  const one = lock.get(folder);
  if (one === undefined) throw new Error(`package-lock.json has no ${folder}`);
  return one;
}

function sorted(list: readonly string[]): readonly string[] {
  return [...new Set(list)].sort();
}

/** An UUID (RFC 9562, version 8) of the content. */
function serialOf(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
