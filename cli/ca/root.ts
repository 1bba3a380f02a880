/** `weir ca root`: a root for the authorities of many proxies, made where it is kept: best on a machine that is offline. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { putOver } from '../../keys/private-files.ts';
import { makeRoot } from '../../proxy/tls/intermediate.ts';
import { type Command, numberOption, textOption, UsageError } from '../command.ts';

const DAY_MS = 86_400_000;

export const command: Command = {
  name: 'ca root',
  summary: 'make an offline root for many proxies',
  usage: 'weir ca root --out NAME [--name TEXT] [--days 3650]',
  details: `Writes NAME.pem, which clients are told to trust, and NAME.key (mode 0600), with which weir ca sign
answers requests. It needs
no home and no network. Exits 1 where a file is there already.`,
  example: 'weir ca root --out /media/usb/root --name "Corp interception root"',
  options: { out: { type: 'string' }, name: { type: 'string' }, days: { type: 'string' } },
  async run(context) {
    const out = textOption(context, 'out');
    if (out === null) throw new UsageError('needs --out NAME');
    const days = numberOption(context, 'days', { min: 30, max: 7300, integer: true }) ?? 3650;
    const at = resolve(context.cwd, out);
    const taken = [`${at}.pem`, `${at}.key`].find((file) => existsSync(file));
    if (taken !== undefined) {
      context.err(`weir ca: ${taken} is there already\n`);
      return 1;
    }
    const { cert, key } = makeRoot(textOption(context, 'name') ?? 'Weir root', new Date(), days * DAY_MS);
    putOver(`${at}.key`, key, 0o600);
    putOver(`${at}.pem`, cert, 0o644);
    context.out(`${at}.pem\n`);
    return 0;
  },
};
