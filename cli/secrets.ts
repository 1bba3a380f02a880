/** `weir secrets`: the keys of this home, sealed under a key that lies elsewhere. */
import { parseSealPlace, type SealPlace, sealPlaceText } from '../keys/seal.ts';
import { openHome } from '../store/home.ts';
import { sealedState, sealHome } from '../store/sealed-home.ts';
import { type Command, type CommandContext, hasOption, textOption, UsageError } from './command.ts';

export const command: Command = {
  name: 'secrets',
  summary: 'seal the secrets of this home',
  usage: 'weir secrets [--json]\nweir secrets seal --by file:/PATH|credential:NAME\nweir secrets unseal',
  details: `The keys of home (fingerprints, chain, excerpts, conversations, authorities, a node's and a
fleet's) are sealed with
AES-256-GCM under a key in a file outside of home, such as a secret that is mounted, or in a credential of
systemd
(LoadCredential=). \`secrets.sealedBy\` of the configuration does the same at the next start. Sealing anew goes
from the
present key to the one of --by while both are there. Without an argument it says what is sealed; exits 1 where
something should be and is not. A wrong key changes nothing.`,
  example: `openssl rand -base64 32 > /etc/weir/seal.key && chmod 600 /etc/weir/seal.key
weir secrets seal --by file:/etc/weir/seal.key`,
  options: { by: { type: 'string' }, json: { type: 'boolean' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const [verb, ...more] = context.positionals;
  const by = textOption(context, 'by');
  if (more.length > 0) throw new UsageError('takes seal, unseal, or nothing');
  const { path } = openHome(context.config().home);
  if (verb === 'seal') return change(context, path, placeOf(by));
  if (by !== null) throw new UsageError('--by goes with seal');
  if (verb === 'unseal') return change(context, path, null);
  if (verb !== undefined) throw new UsageError('takes seal, unseal, or nothing');
  const { place, sealed, others } = sealedState(path);
  if (hasOption(context, 'json')) {
    const sealedBy = place === null ? null : sealPlaceText(place);
    context.out(`${JSON.stringify({ sealedBy, sealed, unsealed: others })}\n`);
  } else {
    context.out(place === null ? 'not sealed\n' : `sealed by ${sealPlaceText(place)}\n`);
    for (const name of sealed) context.out(`  sealed    ${name}\n`);
    for (const name of others) context.out(`  unsealed  ${name}\n`);
  }
  return place !== null && others.length > 0 ? 1 : 0;
}

function change(context: CommandContext, home: string, place: SealPlace | null): number {
  const written = sealHome(home, place);
  for (const name of written) context.out(`${name}\n`);
  const what = place === null ? 'unsealed' : `sealed by ${sealPlaceText(place)}`;
  context.err(`weir: ${home} is ${what}; a running weir goes on with what it has read\n`);
  return 0;
}

function placeOf(text: string | null): SealPlace {
  const place = text === null ? null : parseSealPlace(text);
  if (place !== null) return place;
  throw new UsageError('needs --by file:/ABSOLUTE/PATH or --by credential:NAME');
}
