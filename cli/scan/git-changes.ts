/**
 * What `weir scan --staged` and `--diff RANGE` look at: each changed file whole, as it is after the change, with the
 * lines that the change adds. Scanned whole, so that a value is judged by the same surroundings as in a scan of the
 * file. A setting of the repository or an attribute (`-diff`, `binary`) hides no file.
 */
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UsageError } from '../command.ts';
import { cleanText } from '../log/clean-text.ts';
import { GitBlobs } from './git-blobs.ts';
import { gitEnvironment, SAFE_GIT } from './git-call.ts';
import { type ChangedFile, DiffReader } from './git-diff.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { openFile, openStream } from './open-file.ts';
import { type Source, unread } from './source.ts';
import { isWeirIgnored } from './texts.ts';

export interface ChangesOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isIgnoring: boolean;
  readonly leftOut: ReadonlySet<string>;
  /** Null: what is staged. Else a revision or a range, as `git diff` takes it. */
  readonly range: string | null;
  /** Only these files, and what lies in these folders; none means all. */
  readonly paths: readonly string[];
}

const DIFF = [
  'diff',
  '--unified=0',
  '--inter-hunk-context=0',
  '--full-index',
  '--text',
  '--find-renames',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--no-relative',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--submodule=short',
  '--ignore-submodules=dirty',
];

/** Throws UsageError with git's own words where git refuses: no repository, no such revision. */
export async function* readChanges(options: ChangesOptions): AsyncGenerator<Source> {
  if (options.range?.startsWith('-') === true || options.range === '') {
    throw new UsageError('--diff takes a revision or a range, as main...HEAD');
  }
  const top = await topOf(options);
  const cwd = realpathSync(options.cwd);
  const files = await changedFiles(options);
  const rules = new IgnoreRules(cwd, options.env);
  const blobs = new GitBlobs(options.cwd, options.env);
  try {
    for (const file of files) yield await sourceOf(file, { ...options, cwd, top, rules, blobs });
  } finally {
    blobs.close();
  }
}

interface Surroundings extends ChangesOptions {
  /** The work tree; null where there is none. */
  readonly top: string | null;
  readonly rules: IgnoreRules;
  readonly blobs: GitBlobs;
}

async function sourceOf(file: ChangedFile, around: Surroundings): Promise<Source> {
  const { top, rules, blobs } = around;
  const path = top === null ? null : join(top, file.name);
  const name = path === null ? file.name : relative(around.cwd, path);
  if (file.kind === 'submodule') return unread(name, 'submodule', 'a submodule');
  if (file.kind === 'unmerged') return unread(name, 'unmerged', 'not merged yet', true);
  if (path !== null && around.leftOut.has(path)) return unread(name, 'baseline', 'a baseline');
  if (path !== null && isWeirIgnored(rules, path, around)) return unread(name, 'ignored', 'named by .weirignore');
  const content = file.blob === null ? null : await blobs.read(file.blob);
  if (content !== null) return await openStream(name, content, { isAsked: false, lines: file.lines });
  // Compared with the work tree, the new content is in no store yet.
  if (path !== null) return await openFile({ name, path, isAsked: false, lines: file.lines });
  return unread(name, 'unreadable', 'its content is not in the repository', true);
}

async function changedFiles(options: ChangesOptions): Promise<readonly ChangedFile[]> {
  const what = options.range === null ? ['--cached'] : ['--end-of-options', options.range];
  const files: ChangedFile[] = [];
  const reader = new DiffReader((file) => files.push(file));
  await git([...SAFE_GIT, '-c', 'core.quotePath=true', ...DIFF, ...what, '--', ...options.paths], options, (piece) =>
    reader.write(piece),
  );
  reader.end();
  return files;
}

/** Null in a bare repository, where a hook on a server runs. */
async function topOf(options: ChangesOptions): Promise<string | null> {
  const pieces: Buffer[] = [];
  try {
    await git([...SAFE_GIT, 'rev-parse', '--show-toplevel'], options, (piece) => pieces.push(piece));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Throws in git's words where there is no repository at all.
    await git([...SAFE_GIT, 'rev-parse', '--git-dir'], options, () => {});
    return null;
  }
  return Buffer.concat(pieces).toString('utf8').replace(/\n$/, '');
}

/** Throws UsageError where git is missing or does not end well. */
async function git(args: readonly string[], options: ChangesOptions, onOutput: (piece: Buffer) => void): Promise<void> {
  const child = spawn('git', args, {
    cwd: options.cwd,
    env: gitEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  child.stdout.on('data', onOutput);
  child.stderr.on('data', (piece: Buffer) => {
    if (words.length < 4096) words += piece.toString('utf8');
  });
  const { promise, resolve: done, reject } = Promise.withResolvers<number | null>();
  child.on('close', done);
  child.on('error', (error) => {
    const isMissing = 'code' in error && error.code === 'ENOENT';
    reject(new UsageError(isMissing ? 'git is not installed, or not in PATH' : 'git cannot be started'));
  });
  const code = await promise;
  if (code === 0) return;
  const line = words.split('\n').find((one) => /^(?:fatal|error|usage|warning: Not a git)/i.test(one)) ?? 'git failed';
  throw new UsageError(cleanText(line.slice(0, 300)));
}
