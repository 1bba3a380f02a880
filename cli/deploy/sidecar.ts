/** `weir deploy sidecar`: what puts a proxy into the pods of an app, on stdout. */
import { type Command, type CommandContext, choiceOption, hasOption, listOption, UsageError } from '../command.ts';
import { sidecarManifests } from './manifests/sidecar.ts';
import { chosenValues, objectsOf, streamOf, VALUES_HELP, VALUES_OPTIONS } from './print.ts';

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

export const command: Command = {
  name: 'deploy sidecar',
  summary: 'print what puts a proxy beside an app',
  usage: `weir deploy sidecar NAME --container NAME… --namespace NAMESPACE --image IMAGE [--kind KIND]
                    [--values FILE] [--ca FILE] [--json]`,
  details: `Prints the configuration of a proxy in the app's own pod, a native sidecar, and those parts of the app's workload
that are Weir's: the sidecar, and the variables and the certificate for the app's containers. Server-side apply merges
them into the workload that is there, and takes them out again where they are applied without.

Options:
  --container NAME  a container of the app; may be given several times
  --namespace NAME  of the app
  --kind KIND       of the workload: ${KINDS.join(', ')}; Deployment
${VALUES_HELP}
  --json            one List (v1) as JSON`,
  example: `weir deploy sidecar billing --container app --namespace billing --image registry.example/weir@sha256:… \\
  --ca ca.pem | kubectl apply --server-side --field-manager weir -f -`,
  options: {
    ...VALUES_OPTIONS,
    container: { type: 'string', multiple: true },
    kind: { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const [name, ...more] = context.positionals;
  if (name === undefined || more.length > 0) throw new UsageError('takes the name of one workload');
  const containers = listOption(context, 'container');
  if (containers.length === 0) throw new UsageError("needs --container: the app's containers that call out");
  if (context.values['namespace'] === undefined) throw new UsageError("needs --namespace: the app's");
  const kind = choiceOption(context, 'kind', KINDS) ?? 'Deployment';
  const chosen = chosenValues(context, 'default');
  const objects = objectsOf(sidecarManifests({ kind, name, containers }), chosen);
  context.out(
    hasOption(context, 'json')
      ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2)}\n`
      : streamOf(objects),
  );
  return 0;
}
