/**
 * Builds the Debian package of the whole, with the Node that runs this script inside: it needs no Node, no npm and no network where
 * it is installed. The same checkout, Node and SOURCE_DATE_EPOCH (else the time of the last commit) give the same bytes.
 *
 *   npm run build && ./scripts/node scripts/build-deb.ts [--out FOLDER] [--staged FOLDER] [--compression xz|gzip|none]
 *
 * It prints the path of the package. `--staged` is a folder of stage-program.ts, instead of one made anew.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  globSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { overview } from '../cli/help.ts';
import { COMMANDS } from '../cli/main.ts';
import { packageRoot, packageVersion } from '../config/package-root.ts';
import type { OtherComponent } from './sbom.ts';
import { stageProgram } from './stage-program.ts';

/** Whoever builds a package for others puts a name of theirs here. */
const MAINTAINER = process.env['DEBFULLNAME'] ?? 'The Weir authors';
const EMAIL = process.env['DEBEMAIL'] ?? 'weir@weir.invalid';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const PROGRAMS = [
  'usr/bin/weir',
  'usr/lib/weir/node',
  'usr/lib/weir/dist/cli/main.js',
  'DEBIAN/postinst',
  'DEBIAN/prerm',
  'DEBIAN/postrm',
];
const PAGES = [
  'operations.md',
  'operating.md',
  'configuration.md',
  'policies.md',
  'sensor.md',
  'console.md',
  'fleet.md',
  'routing.md',
];

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'dist' },
    staged: { type: 'string' },
    compression: { type: 'string', default: 'xz' },
  },
});

process.umask(0o022);
const work = mkdtempSync(join(tmpdir(), 'weir-deb-'));
try {
  console.log(build(join(work, 'root')));
} finally {
  rmSync(work, { recursive: true, force: true });
}

function build(root: string): string {
  const version = packageVersion();
  const architecture = ARCHITECTURES[process.arch];
  if (process.platform !== 'linux' || architecture === undefined) {
    throw new Error(`no Debian package for ${process.platform} on ${process.arch}`);
  }
  const made = epoch();
  const library = join(root, 'usr/lib/weir');
  if (values.staged === undefined) stageProgram(library, [nodeComponent()]);
  else copyTree(values.staged, library);
  copyFile(process.execPath, join(library, 'node'));
  copyFile(join(packageRoot, 'deploy/debian/weir'), join(root, 'usr/bin/weir'));
  for (const unit of globSync('deploy/systemd/*.service', { cwd: packageRoot })) {
    copyFile(join(packageRoot, unit), join(root, 'lib/systemd/system', unit.slice(unit.lastIndexOf('/') + 1)));
  }
  documentation(root, version, made);
  control(root, version, architecture);
  settle(root, made);
  const target = resolve(values.out, `weir_${version}_${architecture}.deb`);
  mkdirSync(dirname(target), { recursive: true });
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${values.compression}`, '--build', root, target], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(made) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return target;
}

/** Seconds since 1970 that every file gets. */
function epoch(): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const { stdout, status } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: packageRoot, encoding: 'utf8' });
  if (status !== 0) throw new Error('set SOURCE_DATE_EPOCH: this folder is no checkout of git');
  return Number(stdout);
}

function documentation(root: string, version: string, made: number): void {
  const folder = join(root, 'usr/share/doc/weir');
  for (const page of PAGES) copyFile(join(packageRoot, 'docs', page), join(folder, page));
  copyFile(join(packageRoot, 'README.md'), join(folder, 'README.md'));
  copyFile(join(packageRoot, 'docker/weir.yaml'), join(folder, 'examples/proxy.yaml'));
  copyFile(join(packageRoot, 'docker/sensor.yaml'), join(folder, 'examples/sensor.yaml'));
  write(join(folder, 'copyright'), copyright(new Date(made * 1000).getUTCFullYear()));
  copyFile(join(packageRoot, 'deploy/debian/lintian-overrides'), join(root, 'usr/share/lintian/overrides/weir'));
  const date = new Date(made * 1000).toUTCString().replace('GMT', '+0000');
  const entry = `weir (${version}) unstable; urgency=medium\n\n  * Weir ${version}.\n\n -- ${MAINTAINER} <${EMAIL}>  ${date}\n`;
  write(join(folder, 'changelog.gz'), gzipSync(entry, { level: 9 }));
  write(join(root, 'usr/share/man/man1/weir.1.gz'), gzipSync(manual(version, made), { level: 9 }));
}

/** DEP-5; the licences of the packages inside stand beside them. */
function copyright(year: number): string {
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: weir

Files: *
Copyright: ${year} The Weir authors
License: Apache-2.0

Files: usr/lib/weir/node
Copyright: ${year} Node.js contributors
License: Expat
Comment: Licences of what Node brings: https://github.com/nodejs/node/blob/v${process.versions.node}/LICENSE

Files: usr/lib/weir/node_modules/*
Copyright: ${year} their authors, as each package says
License: Expat
Comment: Each package has its licence in its own folder; usr/lib/weir/sbom.cdx.json lists them.

License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.

License: Expat
 Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
 files, to deal in the Software without restriction; the notice of each part stands beside it.
`;
}

/** From the program's own help. */
function manual(version: string, made: number): string {
  const escaped = overview(COMMANDS)
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
  const day = new Date(made * 1000).toISOString().slice(0, 10);
  return `.TH WEIR 1 "${day}" "weir ${version}" "User Commands"
.SH NAME
weir \\- guard what apps and agents send to LLMs
.SH SYNOPSIS
.B weir
.I COMMAND
[OPTIONS]
.SH DESCRIPTION
.nf
${escaped}.fi
.SH FILES
.TP
.I /etc/weir/proxy.yaml
The configuration of weir\\-proxy.service; /usr/share/doc/weir/configuration.md has every key.
`;
}

function control(root: string, version: string, architecture: string): void {
  const folder = join(root, 'DEBIAN');
  for (const script of ['postinst', 'prerm', 'postrm'])
    copyFile(join(packageRoot, 'deploy/debian', script), join(folder, script));
  const files = walk(root).filter((path) => !path.startsWith('DEBIAN/') && lstatSync(join(root, path)).isFile());
  const kibibytes = files.reduce((sum, path) => sum + Math.ceil(lstatSync(join(root, path)).size / 1024), 0);
  const sums = files.map((path) => `${md5(join(root, path))}  ${path}`);
  write(join(folder, 'md5sums'), `${sums.join('\n')}\n`);
  write(
    join(folder, 'control'),
    `Package: weir
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER} <${EMAIL}>
Installed-Size: ${kibibytes}
Depends: libc6 (>= ${glibcOf(root)}), libstdc++6, ca-certificates
Recommends: systemd
Section: net
Priority: optional
Description: data-loss guard for GenAI
 Weir inspects, redacts, tokenizes or blocks what apps and agents send to
 LLMs: a proxy that reads TLS in line, a sensor that sees what goes past it,
 policies as YAML, and a log that can be checked. The package brings the Node
 that it runs on.
`,
  );
}

/** The least glibc that the binaries ask for by name. */
function glibcOf(root: string): string {
  const binaries = walk(join(root, 'usr/lib/weir'))
    .filter((path) => path === 'node' || path.startsWith('dist/native/') || path.endsWith('.node'))
    .map((path) => join('usr/lib/weir', path))
    .filter((path) => lstatSync(join(root, path)).isFile());
  const asked = binaries.flatMap((path) =>
    [
      ...readFileSync(join(root, path))
        .toString('latin1')
        .matchAll(/GLIBC_2\.(\d+)/g),
    ].map(([, minor]) => Number(minor)),
  );
  return `2.${Math.max(17, ...asked)}`;
}

function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

function nodeComponent(): OtherComponent {
  const version = process.versions.node;
  return { name: 'node', version, license: 'MIT', purl: `pkg:generic/node@${version}` };
}

/** Everything below, folders before what is in them, in order. */
function walk(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
}

/** Modes and times that depend on nothing but the file. */
function settle(root: string, made: number): void {
  for (const path of ['', ...walk(root)].toReversed()) {
    const file = join(root, path);
    const about = lstatSync(file);
    const isProgram = PROGRAMS.includes(path) || path.startsWith('usr/lib/weir/dist/native/');
    if (!about.isSymbolicLink()) chmodSync(file, about.isDirectory() || isProgram ? 0o755 : 0o644);
    lutimesSync(file, made, made);
  }
}

function copyTree(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
