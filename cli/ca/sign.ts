/** `weir ca sign`: the root's owner answers a proxy's request. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseHostGlob } from '../../catalog/host.ts';
import { readRoot, signRequest } from '../../proxy/tls/intermediate.ts';
import { permittedNames } from '../../proxy/tls/permitted-names.ts';
import { type Command, listOption, numberOption, textOption, UsageError } from '../command.ts';

const DAY_MS = 86_400_000;

export const command: Command = {
  name: 'ca sign',
  summary: "answer a proxy's request, at the root",
  usage: 'weir ca sign REQUEST --root NAME [--host GLOB]… [--name TEXT] [--days 365] > NAME.pem',
  details: `Signs an authority that may sign leaves and nothing below them. Of the request its key alone is
taken.
--root  where NAME.pem and NAME.key of weir ca root are
--host  the hosts that it may sign for, as in the node's proxy.intercept, "*.openai.com"; any unless said
Prints its certificate and the root's. Exits 1 for what is no request.`,
  example: 'weir ca sign web-1.csr --root /media/usb/root --host "*.openai.com" --host api.anthropic.com > web-1.pem',
  options: {
    root: { type: 'string' },
    host: { type: 'string', multiple: true },
    name: { type: 'string' },
    days: { type: 'string' },
  },
  async run(context) {
    const [file, ...more] = context.positionals;
    const root = textOption(context, 'root');
    if (file === undefined || root === null || more.length > 0)
      throw new UsageError('needs a REQUEST, and --root NAME');
    const days = numberOption(context, 'days', { min: 1, max: 3650, integer: true }) ?? 365;
    const hosts = listOption(context, 'host').map((text) => {
      const glob = parseHostGlob(text);
      if (glob !== null && glob.port === null) return glob.glob;
      throw new UsageError(`--host ${text} is no host, in which * is any characters`);
    });
    const permitted = hosts.length === 0 ? null : permittedNames(hosts);
    if (hosts.length > 0 && permitted === null)
      throw new UsageError('--host with an open end is any host: leave it out');
    const read = (name: string): string => readFileSync(resolve(context.cwd, name), 'utf8');
    const [, body = ''] = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]+)-----END/.exec(read(file)) ?? [];
    const name = textOption(context, 'name') ?? `Weir CA ${new Date().toISOString().slice(0, 10)}`;
    const keys = readRoot(read(`${root}.pem`), read(`${root}.key`));
    const signed = signRequest(Buffer.from(body, 'base64'), keys, name, new Date(), days * DAY_MS, permitted);
    if (signed === null) {
      context.err(`weir ca: ${file} is no request for a P-256 key\n`);
      return 1;
    }
    context.out(signed);
    return 0;
  },
};
