/** `weir policy bundle publish`: puts a signed bundle where nodes look for it. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundleText, type SignedBundle, signerOf } from '../../../engine/decide/policy-bundle.ts';
import { busPlace } from '../../../fleet/bus-settings.ts';
import { type Command, type CommandContext, hasOption, listOption, UsageError } from '../../command.ts';
import { busAt, configuredBus, withBus } from '../../fleet/asked-bus.ts';
import {
  bundleArgument,
  neededOption,
  pathOf,
  publicKeyAt,
  readBundleAt,
  readRoots,
  writeBundleAt,
} from './bundle-files.ts';

export const command: Command = {
  name: 'policy bundle publish',
  summary: 'puts it where nodes look',
  usage: 'weir policy bundle publish FILE --to FILE|FOLDER|bus|nats://HOST:PORT --key PUBLIC [--ca FILE] [--force]',
  details: [
    'Copies the bundle to a file, or as NAME.bundle into a folder: that of a web server, or one that nodes share. The',
    'file is replaced in one step. Refused where none of the keys has signed it, or where a bundle of the same name',
    'and a version as high is there already: nodes would not take it up. By `bus`, that of the configuration, or by a',
    'URL it goes onto a bus, where nodes that watch it have it within a second or two.',
    '--ca     roots of the certificate of a bus by TLS, PEM',
    '--force  whatever is there',
  ].join('\n'),
  example: 'weir policy bundle publish prod.bundle --to /srv/policies/ --key policy.key.pub',
  options: {
    to: { type: 'string' },
    key: { type: 'string', multiple: true },
    ca: { type: 'string' },
    force: { type: 'boolean' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const file = bundleArgument(context);
  const to = neededOption(context, 'to', 'the file or folder');
  const isBus = to === 'bus' || /^(?:nats|tls):\/\//i.test(to);
  if (!isBus && /^[a-z]+:\/\//i.test(to)) throw new UsageError('--to: expected a file, a folder or nats://HOST:PORT');
  const named = listOption(context, 'key');
  if (named.length === 0) throw new UsageError('needs --key, the public key that nodes have');
  const signed = readBundleAt(context, file);
  const keys = named.map((name) => publicKeyAt(context, name));
  if (signerOf(signed, keys) === null) {
    context.err(`${file}: none of these keys has signed it; nodes would refuse it\n`);
    return 1;
  }
  if (isBus) return await publishTo(context, to, signed);
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

async function publishTo(context: CommandContext, url: string, signed: SignedBundle): Promise<number> {
  const { publishOnBus } = await import('../../../fleet/policy-shelf.ts');
  const settings = url === 'bus' ? await configuredBus(context) : busAt(url, readRoots(context));
  const { name, version } = signed.bundle;
  const bytes = Buffer.from(bundleText(signed), 'utf8');
  const published = await withBus(settings, async (bus) => {
    const connection = await bus.ready();
    try {
      return await publishOnBus(connection, { name, version, bytes }, hasOption(context, 'force'));
    } catch (error) {
      const why = error instanceof Error ? error.name : 'unknown reason';
      return {
        problem: `the bus at ${busPlace(settings)} does not take it (${why}); JetStream has to be on, and to allow it`,
      };
    }
  });
  if ('problem' in published) {
    context.err(`${published.problem}\n`);
    return 1;
  }
  if (published.kind === 'older') {
    context.err(`${busPlace(settings)} has ${name} ${published.version}: ${name} ${version} would not be taken up\n`);
    return 1;
  }
  context.out(`${name} ${version}: ${busPlace(settings)}\n`);
  return 0;
}
