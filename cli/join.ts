/** `weir join`: this home becomes a node of a fleet. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { packageVersion } from '../config/package-root.ts';
import { joinFleet } from '../fleet/enrolment/join-fleet.ts';
import { Membership } from '../fleet/enrolment/membership.ts';
import { NodeFiles } from '../fleet/enrolment/node-files.ts';
import { NODE_NAME, Refusal } from '../fleet/enrolment/terms.ts';
import { readJoinToken } from '../fleet/enrolment/token-text.ts';
import { WeirError } from '../flow/errors.ts';
import { ownEvent, recordOwn } from '../store/own-events.ts';
import { type Command, type CommandContext, hasOption, textOption, UsageError } from './command.ts';
import { openConfiguredHome } from './configured-home.ts';
import { takeInterception } from './fleet/interception.ts';
import { cleanText } from './log/clean-text.ts';
import { readAll } from './stdin-text.ts';

const MAX_TOKEN_BYTES = 8 * 1024;

export const command: Command = {
  name: 'join',
  summary: 'make this home a node of a fleet',
  usage: 'weir join TOKEN|- [--token-file FILE] [--name NAME] [--again|--once]',
  details: `The token comes from weir fleet token at the centre: as the argument, from stdin (-) where no
process list shows it, or from
a file. The centre has to show the certificate that the token names; then this home's own key is certified, and
it gets the
fleet's keys of fingerprints and, as a proxy, what it intercepts with. It hands over the key of its chain, by
which
collectors check its records. Keys that records were made with stay.
--name   how the fleet knows it: small letters, digits and hyphens; the host's name unless said
--again  though it has joined before: another fleet, or with a token for this node
--once   where it has joined before, nothing is done and nothing is wrong: for what runs at each start
What runs on this home takes part from its next start on. Exits 1 where the centre is away, is another, or
refuses.`,
  example: `weir join weirjoin_eyJh...
ssh centre weir fleet token | weir join - --name web-1`,
  options: {
    'token-file': { type: 'string' },
    name: { type: 'string' },
    again: { type: 'boolean' },
    once: { type: 'boolean' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const token = readJoinToken(await tokenText(context));
  if (token === null) throw new UsageError('this is no token, or not a whole one: weir fleet token makes one');
  const name = textOption(context, 'name') ?? hostLabel(hostname());
  if (!NODE_NAME.test(name)) throw new UsageError('--name must be up to 63 small letters, digits and hyphens');
  const config = context.config();
  const say = (text: string): void => context.err(`weir: ${cleanText(text)}\n`);
  const home = openConfiguredHome(config, (line) => context.err(`${line}\n`));
  const before = new NodeFiles(home.path).identity();
  if (hasOption(context, 'again') && hasOption(context, 'once')) throw new UsageError('--again or --once, not both');
  if (before !== null && hasOption(context, 'once')) {
    say(`this home has joined before, as ${before.name}`);
    context.out(`${before.name}\n`);
    return 0;
  }
  if (before !== null && !hasOption(context, 'again')) {
    say(`this home has joined as ${before.name} (${before.address}); --again lets it join anew`);
    return 1;
  }
  const now = Date.now;
  const joined = await joinFleet({ home, token, name, version: packageVersion(), now }).catch((error: unknown) => {
    if (error instanceof Refusal) throw new WeirError('enrolment_refused', error.message, { cause: error });
    throw error;
  });
  const { role, until, interception } = joined;
  const text = `this node joined the fleet of ${token.address} as ${name}, ${role}`;
  recordOwn(home, [ownEvent('admin', null, { reason: text, severity: 'info' })], say);
  say(`${text}; its certificate is good until ${until.toISOString()}, and renewed before`);
  if (interception !== null) {
    const onInterception = (news: typeof interception) =>
      takeInterception(home.caFolder, news, config.proxy.intercept, say);
    // Its request for an authority goes to the centre at once.
    if (onInterception(interception) !== null) {
      const options = { paths: home, version: packageVersion(), now, tell: () => {}, log: () => {}, onInterception };
      const membership = Membership.of(options);
      await membership?.sync();
      await membership?.sync();
    }
  }
  context.out(`${name}\n`);
  return 0;
}

async function tokenText(context: CommandContext): Promise<string> {
  const file = textOption(context, 'token-file');
  const [given, ...more] = context.positionals;
  if ((given === undefined) === (file === null) || more.length > 0) {
    throw new UsageError('takes one argument, the token or - for stdin; or --token-file FILE');
  }
  if (file !== null) return readFileSync(resolve(context.cwd, file), 'utf8');
  return given === '-' ? await readAll(context.stdin, MAX_TOKEN_BYTES) : (given ?? '');
}

/** A host's name as a node's: one label. */
export function hostLabel(host: string): string {
  const label = host.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return label.slice(0, 63).replace(/^-+|-+$/g, '') || 'node';
}
