/** `weir policy bundle rollback`: what an older bundle says, under a version that nodes take up. */
import { signBundle } from '../../../engine/decide/policy-bundle.ts';
import { type Command, numberOption, UsageError } from '../../command.ts';
import { bundleArgument, neededOption, privateKeyAt, readBundleAt, writeBundleAt } from './bundle-files.ts';

export const command: Command = {
  name: 'policy bundle rollback',
  summary: 'an older one again, under a new version',
  usage: 'weir policy bundle rollback OLD --version N --key PRIVATE --out FILE',
  details: [
    'Nodes never go back to a lower version, so that nobody who has kept an old bundle can weaken them. This makes a',
    'new bundle of the policies of an old one, at once and for all nodes, and signs it. `publish` puts it out.',
  ].join('\n'),
  example: 'weir policy bundle rollback prod-11.bundle --version 13 --key policy.key --out prod.bundle',
  options: { version: { type: 'string' }, key: { type: 'string' }, out: { type: 'string' } },
  async run(context) {
    const file = bundleArgument(context);
    const version = numberOption(context, 'version', { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
    if (version === null) throw new UsageError('needs --version, higher than any that was published');
    const key = privateKeyAt(context, neededOption(context, 'key', 'the private key'));
    const out = neededOption(context, 'out', 'the file to write');
    const { bundle: old } = readBundleAt(context, file);
    if (version <= old.version)
      throw new UsageError(`--version: expected more than ${old.version}, which is rolled back`);
    const created = new Date().toISOString();
    const bundle = { ...old, version, created, notBefore: null, labels: null, rollout: 100 };
    writeBundleAt(context, out, signBundle({ bundle, signatures: [] }, key));
    context.out(`${old.name} ${version}: the policies of ${old.version}: ${out}\n`);
    return 0;
  },
};
