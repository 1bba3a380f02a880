/** `weir policy bundle publish`: puts a signed bundle where nodes look for it. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { signerOf } from '../../../engine/decide/policy-bundle.ts';
import { type Command, type CommandContext, hasOption, listOption, UsageError } from '../../command.ts';
import { bundleArgument, neededOption, pathOf, publicKeyAt, readBundleAt, writeBundleAt } from './bundle-files.ts';

export const command: Command = {
  name: 'policy bundle publish',
  summary: 'puts it where nodes look',
  usage: 'weir policy bundle publish FILE --to FILE|FOLDER --key PUBLIC [--force]',
  details: [
    'Copies the bundle to a file, or as NAME.bundle into a folder: that of a web server, or one that nodes share. The',
    'file is replaced in one step. Refused where none of the keys has signed it, or where a bundle of the same name',
    'and a version as high is there already: nodes would not take it up.',
    '--force  whatever is there',
  ].join('\n'),
  example: 'weir policy bundle publish prod.bundle --to /srv/policies/ --key policy.key.pub',
  options: { to: { type: 'string' }, key: { type: 'string', multiple: true }, force: { type: 'boolean' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const file = bundleArgument(context);
  const to = neededOption(context, 'to', 'the file or folder');
  if (/^[a-z]+:\/\//i.test(to)) throw new UsageError('--to: expected a file or a folder');
  const named = listOption(context, 'key');
  if (named.length === 0) throw new UsageError('needs --key, the public key that nodes have');
  const signed = readBundleAt(context, file);
  const keys = named.map((name) => publicKeyAt(context, name));
  if (signerOf(signed, keys) === null) {
    context.err(`${file}: none of these keys has signed it; nodes would refuse it\n`);
    return 1;
  }
  const isFolder = statSync(pathOf(context, to), { throwIfNoEntry: false })?.isDirectory() === true;
  const target = isFolder ? join(to, `${signed.bundle.name}.bundle`) : to;
  if (existsSync(pathOf(context, target)) && !hasOption(context, 'force')) {
    const there = readBundleAt(context, target).bundle;
    const { name, version } = signed.bundle;
    if (there.name !== name || there.version >= version) {
      context.err(`${target} has ${there.name} ${there.version}: ${name} ${version} would not be taken up\n`);
      return 1;
    }
  }
  writeBundleAt(context, target, signed);
  context.out(`${signed.bundle.name} ${signed.bundle.version}: ${target}\n`);
  return 0;
}
