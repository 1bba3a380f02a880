/** `weir ca install`: takes up what the root's owner has signed. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { installIntermediate } from '../../proxy/tls/intermediate.ts';
import { homePaths } from '../../store/home.ts';
import { type Command, UsageError } from '../command.ts';

export const command: Command = {
  name: 'ca install',
  summary: "take up the root's answer",
  usage: 'weir ca install FILE',
  details: `FILE is what weir ca sign has printed. From the next start on this home signs with its authority
below the root, and clients
are told to trust the root; the authority before stays trusted until weir ca rotate --drop-old. Exits 1 for an
answer
to another request, or for fewer hosts than proxy.intercept names.`,
  example: 'weir ca install web-1.pem',
  options: {},
  async run(context) {
    const [file, ...more] = context.positionals;
    if (file === undefined || more.length > 0) throw new UsageError('takes one argument, FILE');
    const { home, proxy } = context.config();
    const text = readFileSync(resolve(context.cwd, file), 'utf8');
    const authority = installIntermediate(homePaths(home).caFolder, text, new Date(), proxy.intercept);
    if (authority === null) context.err('weir ca: it is in place already\n');
    else context.out(`${authority.certPath}\n`);
    return 0;
  },
};
