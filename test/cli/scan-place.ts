/** A folder for `weir scan` to look at: files and git repositories are real, the program runs in this process. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { main } from '../../cli/main.ts';
import type { Called } from './run-context.ts';

export const CARD = '4111 1111 1111 1111';
export const OTHER_CARD = '5500 0055 5555 5559';
export const MAIL = 'jane.doe@example.org';

export interface ScanPlace {
  readonly folder: string;
  readonly home: string;
  /** Makes the folders on the way; returns the name. */
  write(name: string, content: string | Buffer): string;
  scan(args: readonly string[], options?: ScanOptions): Promise<Called>;
  /** Runs git in the folder and returns what it prints; fails where git does. */
  git(...args: readonly string[]): string;
  remove(): void;
}

export interface ScanOptions {
  readonly input?: string | Buffer;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly isErrTerminal?: boolean;
}

/** Nothing of the user's own settings of git reaches a test. */
export const GIT_ENV: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Tester',
  GIT_AUTHOR_EMAIL: 'tester@localhost',
  GIT_COMMITTER_NAME: 'Tester',
  GIT_COMMITTER_EMAIL: 'tester@localhost',
};

export function makeScanPlace(): ScanPlace {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'weir-scan-')));
  const folder = join(base, 'work');
  const home = join(base, 'home');
  mkdirSync(folder);
  return {
    folder,
    home,
    write(name, content) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
      return name;
    },
    async scan(args, { input = '', cwd = folder, env = {}, isErrTerminal = false } = {}) {
      let out = '';
      let err = '';
      const code = await main(['scan', ...args], {
        env: { ...GIT_ENV, WEIR_HOME: home, ...env },
        cwd,
        stdin: Readable.from(input.length === 0 ? [] : [Buffer.from(input)]),
        isTerminal: false,
        isErrTerminal,
        out: (text) => {
          out += text;
        },
        err: (text) => {
          err += text;
        },
      });
      return { code, out, err };
    },
    git(...args) {
      const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, env: GIT_ENV, encoding: 'utf8' });
      if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}

/** The name before the first colon of each line. */
export function filesIn(out: string): readonly string[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':')[0] ?? '');
}
