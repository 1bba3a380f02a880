/** `weir fleet status`: how this home stands with its fleet, from what it has on disk; it asks nobody. */
import { FleetFiles } from '../../fleet/enrolment/fleet-files.ts';
import { standingOf } from '../../fleet/enrolment/membership.ts';
import { NodeFiles } from '../../fleet/enrolment/node-files.ts';
import { certificateDigest, certificatesIn, shortId } from '../../fleet/enrolment/trust.ts';
import { homePaths, readFingerprintKeys } from '../../store/home.ts';
import { type Command, hasOption } from '../command.ts';
import { daysLeft } from './nodes.ts';

export const command: Command = {
  name: 'fleet status',
  summary: 'how this node stands with its fleet',
  usage: 'weir fleet status [--json]',
  details: `Name and role, days left of its certificate, when the centre last answered and what was wrong, how
far the clocks are apart,
which authorities of the fleet it trusts, and the epochs of the fingerprint key. Exits 1 where home has joined no fleet, or its certificate has expired.`,
  example: 'weir fleet status --json',
  options: { json: { type: 'boolean' } },
  async run(context) {
    const paths = homePaths(context.config().home);
    const now = Date.now();
    const files = new NodeFiles(paths.path);
    const identity = files.identity();
    const centre = new FleetFiles(paths.path);
    if (identity === null) {
      const what = centre.isThere ? `it is the centre of fleet ${centre.settings().id}, and` : 'it';
      context.err(`weir: ${paths.path}: ${what} has joined no fleet; weir join TOKEN\n`);
      return 1;
    }
    const standing = standingOf(identity, files.state(), now);
    const epochs = readFingerprintKeys(paths).map(({ epoch, fromMs }) => ({
      epoch,
      from: Number.isFinite(fromMs) ? new Date(fromMs).toISOString() : null,
    }));
    const { name, role, until, isExpired, lastSync, problem, skewMs, duplicate } = standing;
    const { address, label } = identity;
    const authorities = certificatesIn(identity.ca).map((one) => shortId(certificateDigest(one)));
    const left = daysLeft(until.toISOString(), now);
    if (hasOption(context, 'json')) {
      const data = {
        name,
        role,
        label,
        centre: address,
        certificateUntil: until.toISOString(),
        daysLeft: Number(left),
      };
      context.out(
        `${JSON.stringify({ ...data, isExpired, lastSync, problem, skewMs, duplicate, epochs, authorities })}\n`,
      );
    } else {
      const shown = epochs.map(
        ({ epoch, from }) => `${epoch}${from === null ? ' (own)' : ` from ${from.slice(0, 16)}`}`,
      );
      context.out(
        [
          `node          ${name}, ${role}${label === null ? '' : `, ${label}`}`,
          `centre        ${address}, last answered ${lastSync ?? 'never'}`,
          `certificate   until ${until.toISOString()}, ${isExpired ? 'expired' : `${left} days left`}`,
          `trusts        ${authorities.map((id, at) => (at === 0 ? `${id} (issues)` : id)).join(', ')}`,
          `clock         ${(skewMs / 1000).toFixed(1)} s ahead of the centre's`,
          `fingerprints  epochs ${shown.join(', ')}`,
          ...(problem === null ? [] : [`problem       ${problem}`]),
          ...(duplicate === null ? [] : [`duplicate     ${duplicate}`]),
          '',
        ].join('\n'),
      );
    }
    return isExpired ? 1 : 0;
  },
};
