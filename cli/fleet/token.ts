/** `weir fleet token`: what a new node joins with, printed this once. */
import { busUserOf, NODE_NAME, ROLES } from '../../fleet/enrolment/terms.ts';
import { joinTokenText, newTokenSecret, secretDigest } from '../../fleet/enrolment/token-text.ts';
import {
  type Command,
  type CommandContext,
  choiceOption,
  hasOption,
  numberOption,
  textOption,
  UsageError,
} from '../command.ts';
import { tableText } from '../log/table.ts';
import { centreHere, spanOption } from './centre-here.ts';

const HOUR_MS = 3_600_000;

export const command: Command = {
  name: 'fleet token',
  summary: 'make a token to join with',
  usage: `weir fleet token [--role ${ROLES.join('|')}] [--label TEXT] [--expires 1h] [--uses 1] [--node NAME] [--json]
weir fleet token --list [--json]`,
  details: `Prints a token, alone, on stdout. It holds the centre's address, the fleet's certificate as a
digest, and a secret, of which
the centre keeps a digest alone.
--role     proxy unless said: gets the keys of fingerprints, and what it is to intercept with. sensor: those
           keys.
           collector: the chain keys of all nodes. console: all of these but the interception
--label    what the node is shown with
--expires  from 1m to 30d; --uses: from 1 to 10000 nodes
--node     for a node that has joined before and joins anew: a new disk, an identity that has expired
--list     the tokens that still hold, without their secrets`,
  example: `weir fleet token --role sensor --uses 20 --expires 2h
weir fleet token --node web-1`,
  options: {
    role: { type: 'string' },
    label: { type: 'string' },
    expires: { type: 'string' },
    uses: { type: 'string' },
    node: { type: 'string' },
    list: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { files, record, say } = centreHere(context);
  const now = Date.now();
  const current = files.tokens().filter((one) => one.usesLeft > 0 && Date.parse(one.expires) > now);
  if (hasOption(context, 'list')) {
    const rows = current.map(({ sha256: _, joined: __, ...shown }) => shown);
    if (hasOption(context, 'json')) for (const row of rows) context.out(`${JSON.stringify(row)}\n`);
    else {
      const cells = rows.map(({ id, role, label, node, expires, usesLeft }) =>
        [id, role, label ?? '-', node ?? '-', expires.slice(0, 16), String(usesLeft)].map((text) => ({ text })),
      );
      context.out(tableText(['ID', 'ROLE', 'LABEL', 'NODE', 'EXPIRES', 'USES LEFT'], cells, { color: context.color }));
    }
    return 0;
  }
  const node = textOption(context, 'node');
  const present = node === null ? null : files.node(node);
  if (node !== null && present === null) {
    say(NODE_NAME.test(node) ? `there is no node ${node}` : 'that is no name of a node');
    return 1;
  }
  const role = choiceOption(context, 'role', ROLES) ?? present?.role ?? 'proxy';
  const label = textOption(context, 'label') ?? present?.label ?? null;
  if (label !== null && !/^[^\p{Cc}]{1,200}$/u.test(label))
    throw new UsageError('--label must be up to 200 characters');
  const lifeMs = spanOption(context, 'expires', { least: 60_000, most: 720 * HOUR_MS, otherwise: HOUR_MS });
  const uses = node === null ? (numberOption(context, 'uses', { min: 1, max: 10_000, integer: true }) ?? 1) : 1;
  const { id, secret } = newTokenSecret();
  const expires = new Date(now + lifeMs).toISOString();
  for (const old of files.tokens()) if (Date.parse(old.expires) < now - 24 * HOUR_MS) files.removeToken(old.id);
  files.putToken({
    ...{ id, sha256: secretDigest(secret), role, label, node, created: new Date(now).toISOString(), expires },
    ...{ usesLeft: uses, joined: [] },
  });
  record(
    `a token to join the fleet as ${role} was made: ${id}, until ${expires}${node === null ? '' : `, for ${node}`}`,
  );
  const token = joinTokenText({ address: files.settings().address, pin: files.pin(), id, secret });
  if (hasOption(context, 'json')) context.out(`${JSON.stringify({ token, id, role, label, node, expires, uses })}\n`);
  else {
    context.out(`${token}\n`);
    say(
      `for ${uses === 1 ? `one ${role}` : `${uses} nodes as ${role}`}, until ${expires}; on the node: weir join TOKEN`,
    );
    if (node !== null) say(`it takes the place of ${busUserOf(node, role)}`);
  }
  return 0;
}
