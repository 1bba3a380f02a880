/** What the pages compute without a browser: places in YAML, what a schema offers there, the search's offers, the map. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { layoutOf, strandsOf } from '../../console/web/charts/sankey.ts';
import { schemaOffers } from '../../console/web/editor/schema-offers.ts';
import { yamlPlace } from '../../console/web/editor/yaml-place.ts';
import { policySchema } from '../../engine/decide/policy-file.ts';
import { makeWorld, mapOf } from '../support/console-world.ts';

describe('the place in a YAML text', () => {
  const PLACES: readonly (readonly [text: string, path: readonly string[], kind: 'key' | 'value', begun: string])[] = [
    ['', [], 'key', ''],
    ['na', [], 'key', 'na'],
    ['name: car', ['name'], 'value', 'car'],
    ['match:\n  des', ['match'], 'key', 'des'],
    ['match:\n  destinations:\n    cat', ['match', 'destinations'], 'key', 'cat'],
    ['match:\n  destinations: {cat', ['match', 'destinations'], 'key', 'cat'],
    ['match:\n  destinations: {categories: [gen', ['match', 'destinations', 'categories', '[]'], 'value', 'gen'],
    ['match:\n  destinations: {categories: [genai], ho', ['match', 'destinations'], 'key', 'ho'],
    ['rules:\n  - na', ['rules', '[]'], 'key', 'na'],
    ['rules:\n- na', ['rules', '[]'], 'key', 'na'],
    ['rules:\n  - name: a\n    act', ['rules', '[]'], 'key', 'act'],
    ['rules:\n- name: a\n  detect:\n    ent', ['rules', '[]', 'detect'], 'key', 'ent'],
    ['rules:\n  - name: a\n    action: bl', ['rules', '[]', 'action'], 'value', 'bl'],
    [
      'rules:\n  - name: a\n    detect: {and: [{entities: [US_',
      ['rules', '[]', 'detect', 'and', '[]', 'entities', '[]'],
      'value',
      'US_',
    ],
    ['rules:\n  - match: &prompt {ro', ['rules', '[]', 'match'], 'key', 'ro'],
    ['a:\n  b:\n    c: 1\nd:\n  e', ['d'], 'key', 'e'],
    ['kind: Policy\n---\nki', [], 'key', 'ki'],
    ['a:\n  # only a word\n\n  b', ['a'], 'key', 'b'],
  ];
  for (const [text, path, kind, begun] of PLACES) {
    test(JSON.stringify(text), () => assert.deepEqual(yamlPlace(text), { path, kind, begun }));
  }

  test('is none in a comment', () => {
    assert.equal(yamlPlace('name: a # and'), null);
    assert.notEqual(yamlPlace('name: "a # and'), null);
  });

  test('is found or not, and never fails, at every cut of a policy and of what is none', () => {
    const text = 'rules:\n  - {a: [b, "c: {"], d: e}\n\t- - x: |\n   }]]{[: ,,\n- "\n---\n&a *b !c\n';
    for (let cut = 0; cut <= text.length; cut += 1) yamlPlace(text.slice(0, cut));
  });
});

describe("the schema's offers", () => {
  const offers = (text: string): readonly string[] => {
    const place = yamlPlace(text);
    assert.ok(place);
    return schemaOffers(policySchema(), place, ['US_SSN']).map((offer) => offer.text);
  };

  test('at the top: the keys of policies and of exceptions', () => {
    for (const key of ['apiVersion', 'kind', 'rules', 'tests', 'expires']) assert.ok(offers('').includes(key), key);
  });

  test('values where they are few, entities where those are taken', () => {
    assert.deepEqual(offers('kind: '), ['Policy', 'Exception']);
    assert.deepEqual(offers('rules:\n  - name: a\n    action: '), ['allow', 'alert', 'tokenize', 'redact', 'block']);
    assert.ok(offers('match:\n  destinations: {categories: [').includes('genai'));
    assert.ok(offers('rules:\n  - detect: {entities: [').includes('US_SSN'));
    assert.deepEqual(offers('match:\n  destinations: {sanctioned: '), ['true', 'false']);
  });

  test('nothing at a place that the schema does not know', () => assert.deepEqual(offers('nonsense:\n  a'), []));
});

describe('the geometry of the map', () => {
  const toneOf = (category: string | null): string => category ?? 'none';
  const world = makeWorld(5000, 0);
  const map = mapOf(world, world.edges, 11);
  const layout = layoutOf(map, { width: 1100, gutter: 220, mostClasses: 9, toneOf });

  test('every finding of every flow lies on one path, and none is drawn twice', () => {
    const { strands } = strandsOf(map, 9, toneOf);
    const drawn = strands.reduce((sum, { count }) => sum + count, 0);
    const found = map.flows.reduce((sum, { entities }) => sum + Object.values(entities).reduce((a, b) => a + b, 0), 0);
    assert.equal(drawn, found);
    for (const side of ['from', 'to'] as const) {
      const ribbons = layout.ribbons.filter(({ source, target }) =>
        (side === 'from' ? source : target).startsWith(`${side}|`),
      );
      assert.equal(
        ribbons.reduce((sum, ribbon) => sum + ribbon.strands.length, 0),
        strands.length,
        side,
      );
    }
  });

  test('data moves from left to right: what a store gives stands left, who reads it right', () => {
    const read = map.flows.find(({ direction, entities }) => direction === 'in' && Object.keys(entities).length > 0);
    assert.ok(read);
    const ids = layout.marks.map(({ id }) => id);
    assert.ok(ids.includes(`from|${read.destination}`) && ids.includes(`to|${read.source}`));
  });

  test('what found no room is joined, and says how many it is', () => {
    const rest = layout.marks.filter(({ isRest, column }) => isRest && column !== 'class');
    assert.ok(rest.length > 0);
    for (const { label } of rest) assert.match(label, /^and \d+ more$/);
    assert.ok(layout.marks.some(({ label, column }) => column === 'class' && /^and \d+ more classes$/.test(label)));
  });

  test('the same flows have the same places', () => {
    assert.deepEqual(layoutOf(map, { width: 1100, gutter: 220, mostClasses: 9, toneOf }), layout);
  });

  test('no flow, no mark', () => {
    const empty = makeWorld(0, 0);
    assert.deepEqual(layoutOf(mapOf(empty, [], 11), { width: 900, gutter: 200, mostClasses: 9, toneOf }).marks, []);
  });
});
