/** `weir fleet init`: makes a fleet in this home, the centre's. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { INTERCEPTIONS } from '../../fleet/enrolment/fleet-files.ts';
import { centreAddress } from '../../fleet/enrolment/token-text.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { readRoot } from '../../proxy/tls/intermediate.ts';
import { type Command, type CommandContext, choiceOption, textOption, UsageError } from '../command.ts';
import { emptyCentre, spanOption } from './centre-here.ts';

const DAY_MS = 86_400_000;

export const command: Command = {
  name: 'fleet init',
  summary: 'make a fleet in this home',
  usage: `weir fleet init --address HOST:PORT [--interception ${INTERCEPTIONS.join('|')}] [--certificates 30d] [--news 5m]
       [--ca CERT --ca-key KEY]`,
  details: `--address       where nodes reach the centre; it stands in tokens
--interception  what proxies show to their clients. own: an authority each. shared: one for all, this home's or
                the one of
                --ca and --ca-key. intermediate: one each, signed by the owner of an offline root (weir ca root)
--certificates  how long a node's certificate is good for, from 10m to 365d; renewed in its last third
--news          how often nodes ask, from 1m to 1d: keys and revocations reach them in this time
Exits 1 where this home has a fleet.`,
  example: 'weir fleet init --address centre.corp.example:8791 --interception shared',
  options: {
    address: { type: 'string' },
    interception: { type: 'string' },
    certificates: { type: 'string' },
    news: { type: 'string' },
    ca: { type: 'string' },
    'ca-key': { type: 'string' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const address = centreAddress(textOption(context, 'address') ?? '');
  if (address === null) throw new UsageError('needs --address HOST:PORT, such as centre.corp.example:8791');
  const interception = choiceOption(context, 'interception', INTERCEPTIONS) ?? 'own';
  const lifeMs = spanOption(context, 'certificates', { least: 600_000, most: 365 * DAY_MS, otherwise: 30 * DAY_MS });
  const syncMs = spanOption(context, 'news', { least: 60_000, most: DAY_MS, otherwise: 300_000 });
  const given = givenAuthority(context);
  if (given !== null && interception !== 'shared') throw new UsageError('--ca goes with --interception shared');
  const { files, home, record, say } = emptyCentre(context);
  if (files.isThere) {
    say(`${home.path} has a fleet already`);
    return 1;
  }
  const { id } = files.create({ address, interception, lifeMs, syncMs }, new Date());
  if (interception === 'shared') {
    const own =
      given === null ? loadOrCreateAuthority(home.caFolder, new Date(), context.config().proxy.intercept) : null;
    const key = own?.key.export({ type: 'pkcs8', format: 'pem' }).toString() ?? given?.key ?? '';
    files.writeSharedAuthority(own?.certPem ?? given?.cert ?? '', key);
  }
  record(`the fleet ${id} was made`);
  say(`the fleet ${id} is made; weir fleet serve answers its nodes, weir fleet token lets them in`);
  context.out(`${id}\n`);
  return 0;
}

function givenAuthority(context: CommandContext): { readonly cert: string; readonly key: string } | null {
  const [cert, key] = [textOption(context, 'ca'), textOption(context, 'ca-key')];
  if (cert === null && key === null) return null;
  if (cert === null || key === null) throw new UsageError('--ca and --ca-key go together');
  const read = (path: string): string => readFileSync(resolve(context.cwd, path), 'utf8');
  const texts = { cert: read(cert), key: read(key) };
  readRoot(texts.cert, texts.key);
  return texts;
}
