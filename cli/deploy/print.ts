/** Reads values, fills manifests with them and writes them out as YAML: what the commands of `weir deploy` have in common. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { problemText } from '../../engine/decide/checked-yaml.ts';
import { WeirError } from '../../flow/errors.ts';
import { type CommandContext, textOption, UsageError } from '../command.ts';
import { fill, MissingValue, type Plain, type Tree } from './templated.ts';
import { isMap, merged, readValues, type Values } from './values.ts';

export const VALUES_OPTIONS = {
  namespace: { type: 'string' },
  values: { type: 'string' },
  image: { type: 'string' },
  ca: { type: 'string' },
} as const;

export const VALUES_HELP = `  --values FILE     a YAML file; its keys with their defaults are in deploy/helm/weir/values.yaml
  --image IMAGE     instead of \`image\`
  --ca FILE         the certificate (PEM) that apps are to trust, instead of \`trust.certificate\``;

export interface Chosen {
  readonly values: Values;
  readonly namespace: string;
}

/** What the options ask for. Throws UsageError, and WeirError `config_invalid` with a line a problem. */
export function chosenValues(context: CommandContext, namespace: string): Chosen {
  const file = textOption(context, 'values');
  const image = textOption(context, 'image');
  const ca = textOption(context, 'ca');
  const given = checked(file ?? 'values', file === null ? '' : textOf(context, file));
  const over: Values = {
    ...(image === null ? {} : { image }),
    ...(ca === null ? {} : { trust: { certificate: textOf(context, ca) } }),
  };
  // The options are checked as a file's keys would be.
  checked('--image, --ca', stringify(over));
  const values = merged(given, over);
  const chosen = textOption(context, 'namespace') ?? namespace;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(chosen)) {
    throw new UsageError('--namespace must be a name of lower-case letters, digits and "-"');
  }
  return { values: isMap(values) ? values : given, namespace: chosen };
}

function textOf({ cwd }: CommandContext, file: string): string {
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new UsageError(`${file}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}`);
  }
}

function checked(file: string, text: string): Values {
  const { values, problems } = readValues(file, text);
  if (values === null) throw new WeirError('config_invalid', problems.map(problemText).join('\n'));
  return values;
}

/** The objects, in order. Throws UsageError where a value is missing. */
export function objectsOf(trees: readonly Tree[], { values, namespace }: Chosen): readonly Plain[] {
  try {
    return trees.flatMap((tree) => fill(tree, { values, namespace, toYaml: yamlOf }));
  } catch (error) {
    if (error instanceof MissingValue) throw new UsageError(error.message);
    throw error;
  }
}

/** One YAML stream. */
export function streamOf(objects: readonly Plain[]): string {
  return objects.map(yamlOf).join('---\n');
}

function yamlOf(one: Plain): string {
  return stringify(one, { lineWidth: 0, aliasDuplicateObjects: false });
}
