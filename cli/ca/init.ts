/** `weir ca init`: makes the authority of this home, or replaces it and says what stops working. */
import { existsSync } from 'node:fs';
import { certificatePath, loadOrCreateAuthority, replaceAuthority } from '../../proxy/tls/authority.ts';
import { homePaths } from '../../store/home.ts';
import { type Command, type CommandContext, hasOption } from '../command.ts';

export const command: Command = {
  name: 'ca init',
  summary: 'make the authority, or with --force a new one',
  usage: 'weir ca init [--force]',
  details: `Makes the authority in home and prints the path of its certificate. When there is one it stays, unless --force:
then a new key and certificate replace it, and whatever trusted the old one has to be told anew (\`weir ca rotate\`
gives an overlap). Where proxy.intercept is a closed list of hosts, it can sign for those alone.
The first \`weir up\`, \`run\` or \`env\` does the same. Exits 0.`,
  example: 'weir ca init',
  options: { force: { type: 'boolean' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const config = context.config();
  const { caFolder } = homePaths(config.home);
  const path = certificatePath(caFolder);
  const isThere = existsSync(path);
  if (!isThere || !hasOption(context, 'force')) {
    const authority = loadOrCreateAuthority(caFolder, new Date(), isThere ? null : config.proxy.intercept);
    const until = authority.certificate.validToDate.toISOString().slice(0, 10);
    if (isThere) context.err(`weir ca: there is one already, valid until ${until}; --force makes a new one\n`);
    context.out(`${authority.certPath}\n`);
    return 0;
  }
  context.err(`weir ca: making a new certificate authority in ${caFolder}
  A weir that is running shows certificates of the old one until it is started again.
  Shells and programs started with the old variables fail until they are started anew.
  Systems, containers and browsers that were told to trust the old one have to be told again (weir ca trust).
  (weir ca rotate does it without that gap.)
`);
  context.out(`${replaceAuthority(caFolder, new Date(), config.proxy.intercept).certPath}\n`);
  return 0;
}
