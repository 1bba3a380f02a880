/** The `weir` program called in this process, with a home of its own and its output gathered. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { main } from '../../cli/main.ts';

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Place {
  readonly folder: string;
  readonly home: string;
  readonly caFolder: string;
  call(args: readonly string[], env?: NodeJS.ProcessEnv, stdin?: string): Promise<Called>;
  remove(): void;
}

/** `name` may hold spaces and quotes: paths of homes do. */
export function makePlace(name = 'home'): Place {
  const folder = mkdtempSync(join(tmpdir(), 'weir-cli-'));
  const home = join(folder, name);
  return {
    folder,
    home,
    caFolder: join(home, 'ca'),
    async call(args, env = {}, stdin = '') {
      let out = '';
      let err = '';
      const code = await main(args, {
        env: { WEIR_HOME: home, ...env },
        cwd: folder,
        stdin: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
        isTerminal: false,
        out: (text) => {
          out += text;
        },
        err: (text) => {
          err += text;
        },
      });
      return { code, out, err };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
