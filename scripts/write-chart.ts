/**
 * Writes the Helm chart of deploy/helm/weir from the manifests that `weir deploy k8s` prints: a test renders its templates and
 * compares. Run as a program it writes the files; nothing else changes them.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { MANIFESTS } from '../cli/deploy/manifests/all.ts';
import {
  type Condition,
  type Each,
  entriesOf,
  ITEM,
  isPlaced,
  isTrees,
  kindOf,
  NAMESPACE,
  type Place,
  type Setting,
  type TextPart,
  type Tree,
  type When,
} from '../cli/deploy/templated.ts';
import { DEFAULT_VALUES, valuesSchema } from '../cli/deploy/values.ts';
import { packageRoot, packageVersion } from '../config/package-root.ts';

export const CHART = join(packageRoot, 'deploy/helm/weir');

/** Every file of the chart with its text. */
export function chartFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>([
    ['Chart.yaml', chartOf(packageVersion())],
    ['values.yaml', DEFAULT_VALUES],
    [
      'values.schema.json',
      `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...valuesSchema() }, null, 2)}\n`,
    ],
  ]);
  for (const [part, trees] of Object.entries(MANIFESTS)) files.set(`templates/${part}.yaml`, templateOf(trees));
  return files;
}

function chartOf(version: string): string {
  return stringify({
    apiVersion: 'v2',
    name: 'weir',
    description: 'A data-loss guard for GenAI: proxies, sensor, collectors and console',
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.29.0-0',
  });
}

/** One file of templates. */
export function templateOf(trees: readonly Tree[]): string {
  const written = '{{- /* Written by scripts/write-chart.ts from cli/deploy/manifests. */}}';
  return `${[written, ...trees.flatMap(documentLines)].join('\n')}\n`;
}

function documentLines(tree: Tree): readonly string[] {
  if (isPlaced(tree)) {
    const kind = kindOf(tree);
    if ('body' in tree) return [opening(tree), ...documentLines(tree.body), '{{- end }}'];
    throw new Error(`a document is a ${kind}`);
  }
  return ['---', ...blockLines(tree, 0)];
}

function opening(placed: When | Each): string {
  return 'all' in placed
    ? `{{- if ${conjunction(placed.all)} }}`
    : `{{- range $key, $item := ${valueExpression(placed.path)} }}`;
}

/** A map or a list over several lines. */
function blockLines(tree: Tree, indent: number): readonly string[] {
  if (typeof tree !== 'object' || tree === null) throw new Error('a document is a map or a list');
  if (isTrees(tree)) return tree.flatMap((one) => itemLines(one, indent));
  return entriesOf(tree).flatMap(([key, one]) => entryLines(key, one, indent));
}

function entryLines(key: string, tree: Tree, indent: number): readonly string[] {
  if (tree === undefined) return [];
  const head = `${' '.repeat(indent)}${/^[\w./-]+$/.test(key) ? key : JSON.stringify(key)}:`;
  if (isPlaced(tree)) {
    if (!('body' in tree)) return [`${head} ${placeText(tree, indent)}`];
    return [opening(tree), ...entryLines(key, tree.body, indent), '{{- end }}'];
  }
  if (typeof tree !== 'object' || tree === null) return [`${head} ${JSON.stringify(tree)}`];
  if (entriesOf(tree).length === 0) return [`${head} ${isTrees(tree) ? '[]' : '{}'}`];
  const isEmpty = isTrees(tree) ? emptiness(tree) : null;
  const none = isEmpty === null ? '' : `{{ if ${isEmpty} }} []{{ end }}`;
  return [`${head}${none}`, ...blockLines(tree, indent + 2)];
}

function itemLines(tree: Tree, indent: number): readonly string[] {
  if (tree === undefined) return [];
  const lead = `${' '.repeat(indent)}-`;
  if (isPlaced(tree)) {
    if (!('body' in tree)) return [`${lead} ${placeText(tree, indent)}`];
    return [opening(tree), ...itemLines(tree.body, indent), '{{- end }}'];
  }
  if (typeof tree !== 'object' || tree === null) return [`${lead} ${JSON.stringify(tree)}`];
  const [first = '{}', ...rest] = blockLines(tree, indent + 2);
  return first.startsWith('{{') ? [lead, first, ...rest] : [`${lead} ${first.trimStart()}`, ...rest];
}

/** Where each entry depends on something: when none is left. */
function emptiness(list: readonly Tree[]): string | null {
  const conditions = list.map((one) => {
    if (!isPlaced(one) || !('body' in one)) return null;
    return 'all' in one ? conjunction(one.all) : valueExpression(one.path);
  });
  if (conditions.includes(null)) return null;
  return conditions.length === 1
    ? `not (${conditions[0]})`
    : `not (or ${conditions.map((one) => `(${one})`).join(' ')})`;
}

function placeText(place: Place, indent: number): string {
  if ('set' in place) {
    const map = place.set.reduce((inner, one) => settingExpression(inner, place.path, one), copyOf(place.path));
    return `|\n{{- ${map} | toYaml | nindent ${indent + 2} }}`;
  }
  return `{{ ${expression(place)} | toJson }}`;
}

function expression(place: Place): string {
  if ('parts' in place) return textExpression(place.parts);
  if ('what' in place) {
    if (place.what === 'key') return '$key';
    return place.what === 'itself' ? '$item' : `$item.${place.what.field}`;
  }
  if ('set' in place) throw new Error('a configuration stands for itself');
  const found = valueExpression(place.path);
  return place.required === null ? found : `required ${JSON.stringify(place.required)} ${found}`;
}

function textExpression(parts: readonly TextPart[]): string {
  const words = parts.map((part) => (typeof part === 'string' ? part.replaceAll('%', '%%') : '%s')).join('');
  const fillings = parts
    .filter((part) => typeof part === 'symbol')
    .map((part) => (part === ITEM ? '$item' : namespaceOf(part)));
  return fillings.length === 0 ? JSON.stringify(words) : `printf ${JSON.stringify(words)} ${fillings.join(' ')}`;
}

function namespaceOf(part: symbol): string {
  if (part !== NAMESPACE) throw new Error('a part of a text is not known');
  return '$.Release.Namespace';
}

function copyOf(path: string): string {
  return `deepCopy ${valueExpression(path)}`;
}

function settingExpression(map: string, path: string, { key: [outer, inner], to }: Setting): string {
  const before = valueExpression([path, outer, ...(inner === undefined ? [] : [inner])].join('.'));
  const set =
    to.kind === 'value'
      ? valueExpression(to.path)
      : `(concat (list ${to.texts.map((one) => `(${expression(one)})`).join(' ')}) ${before})`;
  if (inner === undefined) return `set (${map}) "${outer}" ${set}`;
  return `set (${map}) "${outer}" (set (${copyOf(`${path}.${outer}`)}) "${inner}" ${set})`;
}

function conjunction(all: readonly Condition[]): string {
  const each = all.map(({ path, is, isNot }) => {
    if (is !== undefined) return `eq ${valueExpression(path)} ${JSON.stringify(is)}`;
    return isNot === undefined ? valueExpression(path) : `ne ${valueExpression(path)} ${JSON.stringify(isNot)}`;
  });
  return each.length === 1 ? each.join('') : `and ${each.map((one) => `(${one})`).join(' ')}`;
}

function valueExpression(path: string): string {
  return `$.Values.${path}`;
}

if (import.meta.main) {
  rmSync(CHART, { recursive: true, force: true });
  for (const [file, text] of chartFiles()) {
    const path = join(CHART, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
