/** `weir fleet authorities`: which authorities the fleet trusts, and who is not ready for the next step of changing them. */
import { resolve } from 'node:path';
import { notYetTrusting, stillUnderOld } from '../../fleet/enrolment/rotation.ts';
import { shortId } from '../../fleet/enrolment/trust.ts';
import { putOver } from '../../keys/private-files.ts';
import { type Command, hasOption, textOption } from '../command.ts';
import { tableText } from '../log/table.ts';
import { centreHere } from './centre-here.ts';
import { daysLeft } from './nodes.ts';

export const command: Command = {
  name: 'fleet authorities',
  summary: 'the certificates that the fleet trusts',
  usage: 'weir fleet authorities [--out FILE] [--json]',
  details: `The fleet's own certificate; while it is being changed (weir fleet rotate certificate) the next one or
the one before beside it, and which nodes and servers are not ready for the next step.
--out  writes the certificates, PEM: what the bus, the database and other servers are to hold their clients
       against (ca_file of nats-server). Write it anew, and have the server read it, after each step`,
  example: `weir fleet authorities
weir fleet authorities --out /etc/nats/bus.ca.pem && nats-server --signal reload`,
  options: { out: { type: 'string' }, json: { type: 'boolean' } },
  async run(context) {
    const { files, say } = centreHere(context);
    const now = new Date();
    const { trust } = files.authorities;
    const out = textOption(context, 'out');
    if (out !== null) {
      const file = resolve(context.cwd, out);
      putOver(file, files.trustedPem(), 0o644);
      context.out(`${file}\n`);
      return 0;
    }
    const rows = trust.all.map(({ digest, certificate }) => ({
      id: shortId(digest),
      state: digest === trust.issuer.digest ? 'issues' : digest === trust.next?.digest ? 'next' : 'before',
      until: certificate.validToDate.toISOString(),
      sha256: digest,
    }));
    const nodes = files.nodes();
    const waiting = [...notYetTrusting(nodes, trust, now), ...stillUnderOld(nodes, files.servers(now), trust, now)];
    if (hasOption(context, 'json')) {
      context.out(`${JSON.stringify({ authorities: rows, changed: trust.changed, waiting })}\n`);
      return 0;
    }
    const cells = rows.map(({ id, state, until }) =>
      [id, state, until.slice(0, 10), daysLeft(until, now.getTime())].map((text) => ({ text })),
    );
    context.out(tableText(['ID', 'STATE', 'UNTIL', 'DAYS LEFT'], cells, { color: context.color }));
    for (const { who, why } of waiting) say(`${who} ${why}`);
    return 0;
  },
};
