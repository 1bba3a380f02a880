/** `weir policy bundle status`: what is published on the bus, who runs what, and how a new version does beside the old. */
import { type HeardReport, judges, type NodeCounts } from '../../../flow/node-report.ts';
import { type Command, type CommandContext, hasOption, textOption } from '../../command.ts';
import { busAt, configuredBus, withBus } from '../../fleet/asked-bus.ts';
import { tableText } from '../../log/table.ts';
import { readRoots } from './bundle-files.ts';

/** What the nodes that run a bundle, or none, have done since they took it up. */
export interface VersionStanding {
  /** `prod 12`; null for no bundle. */
  readonly bundle: string | null;
  readonly nodes: number;
  /** Of all nodes that are heard of, 0 to 100. */
  readonly share: number;
  readonly counts: NodeCounts;
  /** Of a thousand calls, so many were blocked; null before the first call. */
  readonly blockedPerThousand: number | null;
}

export const command: Command = {
  name: 'policy bundle status',
  summary: 'which node runs which version',
  usage: 'weir policy bundle status [--bus nats://HOST:PORT] [--ca FILE] [--json]',
  details: [
    'Asks the bus, that of the configuration unless another is named, what is published and what each node says of itself: the bundle that it runs and since when, what it',
    'has refused and why, and whether it has been silent. Then by version: how many nodes run it, and what they did since',
    'they took it up, so that a version that runs on a few nodes is seen beside the one on the others.',
    'Exit code 1 where a node refuses the newest bundle, or the bus cannot be asked.',
  ].join('\n'),
  example: 'weir policy bundle status --bus nats://bus.corp.example:4222',
  options: { bus: { type: 'string' }, ca: { type: 'string' }, json: { type: 'boolean' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const url = textOption(context, 'bus');
  const settings = url === null ? await configuredBus(context) : busAt(url, readRoots(context));
  const { readFleetOver } = await import('../../fleet/node-fleet.ts');
  const standing = await withBus(settings, (bus) => readFleetOver(bus));
  if (typeof standing === 'string' || 'problem' in standing) {
    context.err(`${typeof standing === 'string' ? standing : standing.problem}\n`);
    return 1;
  }
  const { published } = standing;
  const nodes = standing.nodes.toSorted((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
  const versions = versionsOf(nodes);
  const isRefused = nodes.some(({ refused, isSilent }) => refused !== null && !isSilent);
  if (hasOption(context, 'json')) {
    context.out(`${JSON.stringify({ published, versions, nodes })}\n`);
    return isRefused ? 1 : 0;
  }
  context.out(
    published === null
      ? 'nothing is published\n'
      : `published: ${published.name} ${published.version}, ${published.at}\n`,
  );
  if (nodes.length === 0) context.out('no node has reported within a day\n');
  else context.out(`\n${nodeTable(nodes, context.color)}\n${versionTable(versions, context.color)}`);
  return isRefused ? 1 : 0;
}

/** Nodes that are silent are counted by none: nobody knows what they run. Nor are those that judge nothing. */
export function versionsOf(nodes: readonly HeardReport[]): readonly VersionStanding[] {
  const heard = nodes.filter((node) => !node.isSilent && judges(node));
  const by = Map.groupBy(heard, ({ bundle }) => (bundle === null ? null : `${bundle.name} ${bundle.version}`));
  return [...by]
    .map(([bundle, of]) => {
      const counts = of.map((node) => node.counts).reduce(sum);
      const blockedPerThousand = counts.calls === 0 ? null : Math.round((counts.block / counts.calls) * 1000);
      const share = Math.round((of.length / heard.length) * 100);
      return { bundle, nodes: of.length, share, counts, blockedPerThousand };
    })
    .toSorted((a, b) => b.nodes - a.nodes);
}

function sum(a: NodeCounts, b: NodeCounts): NodeCounts {
  return {
    calls: a.calls + b.calls,
    block: a.block + b.block,
    redact: a.redact + b.redact,
    tokenize: a.tokenize + b.tokenize,
    alert: a.alert + b.alert,
  };
}

function nodeTable(nodes: readonly HeardReport[], color: boolean): string {
  return tableText(
    ['node', 'parts', 'labels', 'runs', 'since', 'weir', 'heard', ''],
    nodes.map(({ node, parts, labels, bundle, weir, heard, isSilent, refused, held }) =>
      [
        node,
        parts.join(','),
        labels.join(','),
        bundle === null ? 'none' : `${bundle.name} ${bundle.version}`,
        bundle?.since ?? '',
        weir,
        heard,
        isSilent ? 'silent' : refused !== null ? `refuses ${refusedText(refused)}` : (held ?? ''),
      ].map((text) => ({ text })),
    ),
    { color },
  );
}

function refusedText({ name, version, reason }: NonNullable<HeardReport['refused']>): string {
  return name === null ? `what is published: ${reason}` : `${name} ${version}: ${reason}`;
}

const NUMBERS = ['nodes', 'share', 'calls', 'blocked', 'per thousand', 'redacted', 'tokenized', 'alerts'];

function versionTable(versions: readonly VersionStanding[], color: boolean): string {
  return tableText(
    ['bundle', ...NUMBERS],
    versions.map(({ bundle, nodes, share, counts, blockedPerThousand }) =>
      [
        bundle ?? 'none',
        String(nodes),
        `${share} %`,
        String(counts.calls),
        String(counts.block),
        blockedPerThousand === null ? '' : String(blockedPerThousand),
        String(counts.redact),
        String(counts.tokenize),
        String(counts.alert),
      ].map((text) => ({ text })),
    ),
    { color, right: NUMBERS },
  );
}
