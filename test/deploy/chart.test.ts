/** The Helm chart of deploy/helm/weir: its files are those that the manifests make, and it renders what `weir deploy k8s` prints. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { MANIFESTS } from '../../cli/deploy/manifests/all.ts';
import { objectsOf } from '../../cli/deploy/print.ts';
import { isMap, merged, readValues } from '../../cli/deploy/values.ts';
import { CHART, chartFiles } from '../../scripts/write-chart.ts';
import { renderTemplate } from '../support/chart-template.ts';
import { DEPLOYMENTS } from '../support/deployments.ts';

const read = (file: string): string => readFileSync(join(CHART, file), 'utf8');

test('the files are those that scripts/write-chart.ts writes', () => {
  const files = chartFiles();
  const there = globSync('**/*.*', { cwd: CHART }).sort();
  assert.deepEqual(there, [...files.keys()].sort());
  for (const [file, text] of files) assert.equal(read(file), text, `${file}: run scripts/write-chart.ts`);
});

describe('rendered, it is what weir deploy k8s prints', () => {
  for (const [what, text] of Object.entries(DEPLOYMENTS)) {
    test(what, () => {
      const { values } = readValues('values.yaml', text);
      assert.ok(values !== null);
      const given = merged(parse(read('values.yaml')), parse(text) ?? {});
      for (const [part, trees] of Object.entries(MANIFESTS)) {
        const rendered = renderTemplate(read(`templates/${part}.yaml`), { values: given, namespace: 'guard' });
        const documents = parseAllDocuments(rendered).filter((one) => one.contents !== null);
        assert.deepEqual(
          documents.flatMap((one) => [...one.errors, ...one.warnings]),
          [],
          part,
        );
        const printed = objectsOf(trees, { values, namespace: 'guard' });
        assert.deepEqual(
          withConfigurationsRead(documents.map((one) => one.toJS())),
          withConfigurationsRead(printed),
          part,
        );
      }
    });
  }

  test('without an image it says the same', () => {
    const values: unknown = parse(read('values.yaml'));
    assert.throws(
      () => renderTemplate(read('templates/proxy.yaml'), { values, namespace: 'x' }),
      /^Error: image: name the image/,
    );
  });
});

describe('the schema of its values', () => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(read('values.schema.json')));

  test('takes the defaults and every deployment of the tests', () => {
    for (const [what, text] of Object.entries(DEPLOYMENTS)) {
      const values = merged(parse(read('values.yaml')), parse(text) ?? {});
      assert.ok(validate(values), `${what}: ${JSON.stringify(validate.errors)}`);
    }
  });

  test('refuses what weir deploy k8s refuses', () => {
    for (const text of ['proxy: {mode: many}', 'proxi: {}', 'network: {dns: [here]}', 'proxy: {replicas: 0}']) {
      assert.equal(validate(merged(parse(read('values.yaml')), parse(text))), false, text);
      assert.equal(readValues('x', text).values, null, text);
    }
  });
});

/** Two writers of YAML lay the text of a configuration out differently. */
function withConfigurationsRead(objects: readonly unknown[]): unknown {
  return structuredClone(objects).map((one: unknown) => {
    const data = typeof one === 'object' && one !== null && 'data' in one ? one.data : null;
    const text = typeof data === 'object' && data !== null && 'weir.yaml' in data ? data['weir.yaml'] : null;
    if (typeof text !== 'string') return one;
    assert.ok(text.endsWith('\n'));
    const map = parse(text);
    assert.ok(isMap(map));
    return { ...Object(one), data: { 'weir.yaml': map } };
  });
}
