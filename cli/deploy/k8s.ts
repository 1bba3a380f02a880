/** `weir deploy k8s`: the manifests of a cluster's Weir, on stdout. */

import { didYouMean } from '../../engine/decide/near-name.ts';
import { type Command, type CommandContext, hasOption, listOption, UsageError } from '../command.ts';
import { MANIFESTS } from './manifests/all.ts';
import { chosenValues, objectsOf, streamOf, VALUES_HELP, VALUES_OPTIONS } from './print.ts';
import type { Plain } from './templated.ts';
import { isMap, type Values } from './values.ts';

export const command: Command = {
  name: 'deploy k8s',
  summary: 'print the manifests of a cluster',
  usage: 'weir deploy k8s --image IMAGE [--namespace NAME] [--values FILE] [--ca FILE] [--only PART]… [--json]',
  details: `Prints a namespace with the proxies (a Deployment that grows with its work, or one on each node), the sensor on
each node, and, with a bus and a shared store, collectors and console; the certificate for apps as a ConfigMap, and
network policies after which the proxies are the only way from the apps' namespaces to the world. Secrets are named,
never printed.

Options:
  --namespace NAME  where Weir's own objects are; weir
${VALUES_HELP}
  --only PART       these parts alone: ${Object.keys(MANIFESTS).join(', ')}; may be given several times
  --json            one List (v1) as JSON`,
  example: `weir deploy k8s --image registry.example/weir@sha256:… --values values.yaml --ca ca.pem | kubectl apply -f -
weir deploy k8s --image registry.example/weir:1 --only sensor`,
  options: { ...VALUES_OPTIONS, only: { type: 'string', multiple: true }, json: { type: 'boolean' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  if (context.positionals.length > 0) throw new UsageError('takes no arguments');
  const parts = listOption(context, 'only');
  const known = Object.keys(MANIFESTS);
  for (const part of parts) {
    if (!known.includes(part))
      throw new UsageError(`--only must be one of ${known.join(', ')}${didYouMean(part, known)}`);
  }
  const chosen = chosenValues(context, 'weir');
  const trees = Object.entries(MANIFESTS).flatMap(([part, of]) =>
    parts.length === 0 || parts.includes(part) ? of : [],
  );
  const objects = [namespaceOf(chosen.namespace, chosen.values, parts), ...objectsOf(trees, chosen)];
  context.out(
    hasOption(context, 'json')
      ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2)}\n`
      : streamOf(objects),
  );
  for (const line of notes(chosen.values, parts)) context.err(`weir: ${line}\n`);
  return 0;
}

/** The sensor is what the strict levels of pod security forbid; the rest keeps to the strictest. */
function namespaceOf(name: string, values: Values, parts: readonly string[]): Plain {
  const hasSensor = at(values, 'sensor', 'enabled') === true && (parts.length === 0 || parts.includes('sensor'));
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/part-of': 'weir',
        'pod-security.kubernetes.io/enforce': hasSensor ? 'privileged' : 'restricted',
      },
    },
  };
}

/** What an operator should know of what was printed. */
function notes(values: Values, parts: readonly string[]): readonly string[] {
  const isProxied = at(values, 'proxy', 'mode') !== 'none' && (parts.length === 0 || parts.includes('proxy'));
  if (!isProxied) return [];
  return [
    ...(at(values, 'proxy', 'authority') === null
      ? ['proxy.authority names no Secret: each proxy makes an authority of its own, which no app trusts']
      : []),
    ...(at(values, 'trust', 'certificate') === null
      ? ['no certificate for apps was given (--ca): the ConfigMap weir-trust is left out']
      : []),
    ...(at(values, 'network', 'enabled') === true && isEmpty(at(values, 'network', 'namespaces'))
      ? ['network.namespaces is empty: no pod may reach the proxies yet, and none is kept from going round them']
      : []),
  ];
}

function at(values: Values, outer: string, inner: string): Plain | undefined {
  const within = values[outer];
  return within !== undefined && isMap(within) ? within[inner] : undefined;
}

function isEmpty(list: Plain | undefined): boolean {
  return Array.isArray(list) && list.length === 0;
}
