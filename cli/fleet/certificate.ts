/** `weir fleet certificate`: a server's certificate under the fleet's authority, for the bus, the database, a collector. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { canonicalHost } from '../../catalog/host.ts';
import { OWN_DOMAIN } from '../../fleet/enrolment/terms.ts';
import { pemOf, signServer } from '../../keys/certificate.ts';
import { putOver } from '../../keys/private-files.ts';
import { type Command, numberOption, textOption, UsageError } from '../command.ts';
import { centreHere } from './centre-here.ts';

const DAY_MS = 86_400_000;

export const command: Command = {
  name: 'fleet certificate',
  summary: 'make a certificate for a server of the fleet',
  usage: 'weir fleet certificate HOST… --out NAME [--days 365]',
  details: `Writes NAME.pem, NAME.key (mode 0600) and NAME.ca.pem, what the fleet trusts, which that server is to
hold its clients against (weir fleet authorities writes that file alone). HOST is a name or an address by which it is reached. It is for a server alone: no node can be played
with it.
Exits 1 where a file is there already.`,
  example: 'weir fleet certificate bus.corp.example 10.0.0.5 --out bus',
  options: { out: { type: 'string' }, days: { type: 'string' } },
  async run(context) {
    const hosts = context.positionals.map((text) => {
      const host = isIP(text) === 0 ? canonicalHost(text) : text;
      if (host === null || text.includes('*')) throw new UsageError(`${text} is no host name or address`);
      if (host === OWN_DOMAIN || host.endsWith(`.${OWN_DOMAIN}`)) {
        throw new UsageError(`names below ${OWN_DOMAIN} are the fleet's own`);
      }
      return host;
    });
    const [first, ...others] = hosts;
    const out = textOption(context, 'out');
    if (first === undefined || out === null) throw new UsageError('needs a HOST, and --out NAME');
    const days = numberOption(context, 'days', { min: 1, max: 825, integer: true }) ?? 365;
    const { files, record, say } = centreHere(context);
    const at = resolve(context.cwd, out);
    const taken = ['.pem', '.key', '.ca.pem'].map((suffix) => at + suffix).find((file) => existsSync(file));
    if (taken !== undefined) {
      say(`${taken} is there already`);
      return 1;
    }
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const now = Date.now();
    const validity = { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + days * DAY_MS) };
    const certificate = signServer([first, ...others], publicKey, files.issuer(), validity);
    putOver(`${at}.key`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
    putOver(`${at}.pem`, pemOf(certificate), 0o644);
    putOver(`${at}.ca.pem`, files.trustedPem(), 0o644);
    files.putServer({ hosts, until: validity.notAfter.toISOString(), authority: files.pin() }, new Date(now));
    record(`a certificate for the server ${hosts.join(', ')} was made, until ${validity.notAfter.toISOString()}`);
    context.out(`${at}.pem\n`);
    return 0;
  },
};
