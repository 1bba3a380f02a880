/** `weir token revoke`: takes a token back. A running Weir refuses it at once, and its sessions end. */
import { tokenRevoked } from '../../console/api/token-routes.ts';
import { recordOwn } from '../../store/own-events.ts';
import { listTokens, revokeToken } from '../../store/tokens.ts';
import { type Command, type CommandContext, hasOption, textOption, UsageError } from '../command.ts';
import { configuredHome } from '../keeping.ts';
import { cleanText } from '../log/clean-text.ts';
import { systemUser } from '../log/safe-note.ts';

export const command: Command = {
  name: 'token revoke',
  summary: 'take a token back, and end its sessions',
  usage: 'weir token revoke --name NAME [--json]\nweir token revoke ID [--json]',
  details: 'Exit code 1 where there is no such token.',
  example: 'weir token revoke --name alice',
  options: { name: { type: 'string' }, json: { type: 'boolean' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const name = textOption(context, 'name');
  const [id, ...more] = context.positionals;
  if ((name === null) === (id === undefined) || more.length > 0) throw new UsageError('needs --name NAME, or an ID');
  const home = configuredHome(context.config());
  const say = (message: string): void => context.err(`weir: ${cleanText(message)}\n`);
  const found = listTokens(home).filter((token) => token.name === name || token.id === id);
  if (found.length === 0) {
    say(`there is no token ${name ?? id}`);
    return 1;
  }
  for (const token of found) {
    revokeToken(home, token.id);
    recordOwn(home, [tokenRevoked(systemUser(), token)], say);
    const { id: gone, name: of } = token;
    context.out(hasOption(context, 'json') ? `${JSON.stringify({ id: gone, name: of })}\n` : `${gone} ${of} revoked\n`);
  }
  return 0;
}
