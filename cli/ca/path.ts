/** `weir ca path`: where the certificate is, and nothing else, for use inside other commands. */
import { existsSync } from 'node:fs';
import { certificatePath, loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { homePaths } from '../../store/home.ts';
import type { Command, CommandContext } from '../command.ts';

export const command: Command = {
  name: 'ca path',
  summary: 'print the path of its certificate',
  usage: 'weir ca path',
  details: `Prints the path of the authority's certificate (PEM, no key) and nothing else; makes the authority when there
is none yet. Exits 0.`,
  example: 'NODE_EXTRA_CA_CERTS="$(weir ca path)" node app.js',
  options: {},
  run,
};

async function run(context: CommandContext): Promise<number> {
  const config = context.config();
  const { caFolder } = homePaths(config.home);
  const path = certificatePath(caFolder);
  context.out(
    `${existsSync(path) ? path : loadOrCreateAuthority(caFolder, new Date(), config.proxy.intercept).certPath}\n`,
  );
  return 0;
}
