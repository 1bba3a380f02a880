/** `weir token create`: makes a token and prints it, alone, on stdout. That it was made is an event. */
import { DEFAULT_EXPIRY, expiryOf, tokenCreated, tokenProblem } from '../../console/api/token-routes.ts';
import { ACCESS } from '../../flow/access.ts';
import { recordOwn } from '../../store/own-events.ts';
import { createToken, revokeToken, TOKEN_NAME } from '../../store/tokens.ts';
import { type Command, type CommandContext, choiceOption, hasOption, textOption, UsageError } from '../command.ts';
import { configuredHome } from '../keeping.ts';
import { cleanText } from '../log/clean-text.ts';
import { systemUser } from '../log/safe-note.ts';

export const command: Command = {
  name: 'token create',
  summary: 'make a token, and print it this once',
  usage: `weir token create --name NAME [--role ${ACCESS.join('|')}] [--expires 90d] [--json]`,
  details: [
    '--name     who it is for; up to 64 letters, digits, ".", "_", "@" and "-"',
    '--role     viewer unless said: reads. reviewer: opens excerpts and reviews. admin: policies and tokens',
    `--expires  such as 12h, 30d, 8w, or never; ${DEFAULT_EXPIRY} unless said`,
    'Send it as `Authorization: Bearer TOKEN`, or sign in with it. It cannot be shown again. Exit code 1 where',
    'there is a token of this name already.',
  ].join('\n'),
  example: 'weir token create --name alice --role reviewer --expires 30d',
  options: {
    name: { type: 'string' },
    role: { type: 'string' },
    expires: { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const name = textOption(context, 'name');
  if (name === null || !TOKEN_NAME.test(name)) {
    throw new UsageError('needs --name, of up to 64 letters, digits, ".", "_", "@" and "-"');
  }
  if (context.positionals.length > 0) throw new UsageError('takes no argument but its options');
  const role = choiceOption(context, 'role', ACCESS) ?? 'viewer';
  const now = new Date();
  const expires = expiryOf(textOption(context, 'expires') ?? DEFAULT_EXPIRY, now);
  if (expires === undefined) throw new UsageError('--expires must be such as 12h, 30d, 8w, or never');
  const home = configuredHome(context.config());
  const say = (message: string): void => context.err(`weir: ${cleanText(message)}\n`);
  const problem = tokenProblem(home, name, now);
  if (problem !== null) {
    say(problem);
    return 1;
  }
  const { text, token } = createToken(home, { name, role, expires }, now);
  try {
    recordOwn(home, [tokenCreated(systemUser(), token)], say);
  } catch (error) {
    revokeToken(home, token.id);
    throw error;
  }
  if (hasOption(context, 'json')) {
    const { id, created } = token;
    context.out(`${JSON.stringify({ token: text, id, name, role, created, expires: token.expires })}\n`);
  } else {
    context.out(`${text}\n`);
    say(`${name}, ${role}, ${token.expires === null ? 'does not expire' : `until ${token.expires}`}; not shown again`);
  }
  return 0;
}
