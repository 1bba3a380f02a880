/** Bundles: what is signed, what is refused, and which node takes which. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  type BundleNode,
  bundleText,
  judgeBundle,
  keyId,
  type PolicyBundle,
  readBundle,
  type SignedBundle,
  signBundle,
  signerOf,
} from '../../../engine/decide/policy-bundle.ts';

const keys = generateKeyPairSync('ed25519');
const others = generateKeyPairSync('ed25519');

function bundleOf(change: Partial<PolicyBundle> = {}): PolicyBundle {
  return {
    name: 'prod',
    version: 12,
    created: '2026-11-26T07:00:00.000Z',
    notBefore: null,
    leastEngine: null,
    labels: null,
    rollout: 100,
    files: [{ path: 'cards.yaml', text: 'kind: Policy\n' }],
    ...change,
  };
}

function signed(change: Partial<PolicyBundle> = {}): SignedBundle {
  return signBundle({ bundle: bundleOf(change), signatures: [] }, keys.privateKey);
}

function read(text: string): SignedBundle {
  const result = readBundle(Buffer.from(text));
  assert.equal(result.kind, 'read', result.kind === 'refused' ? result.reason : '');
  return (result as { readonly signed: SignedBundle }).signed;
}

describe('a bundle as text', () => {
  test('reads back as it was, and its signature holds', () => {
    const again = read(bundleText(signed()));
    assert.deepEqual(again, signed());
    assert.equal(signerOf(again, [others.publicKey, keys.publicKey]), keyId(keys.publicKey));
  });

  test('is signed whatever order and white space it comes in', () => {
    const value = JSON.parse(bundleText(signed()));
    const turned = Object.fromEntries(Object.entries(value).reverse());
    assert.equal(signerOf(read(JSON.stringify(turned, null, 2)), [keys.publicKey]), keyId(keys.publicKey));
  });

  test('is not signed any more once anything in it is changed', () => {
    const changes: readonly Partial<PolicyBundle>[] = [
      { name: 'other' },
      { version: 13 },
      { created: '2026-11-26T07:00:01.000Z' },
      { notBefore: '2026-11-27T07:00:00Z' },
      { leastEngine: '0.0.1' },
      { labels: ['canary'] },
      { rollout: 99 },
      { files: [{ path: 'cards.yaml', text: 'kind: Policy' }] },
      { files: [{ path: 'card.yaml', text: 'kind: Policy\n' }] },
      { files: [...bundleOf().files, { path: 'more.yaml', text: '' }] },
    ];
    for (const change of changes) {
      const forged = { bundle: { ...bundleOf(), ...change }, signatures: signed().signatures };
      assert.equal(signerOf(read(bundleText(forged)), [keys.publicKey]), null, JSON.stringify(change));
    }
  });

  test('keeps one signature a key, so that keys can be changed without a gap', () => {
    const twice = signBundle(signBundle(signed(), others.privateKey), keys.privateKey);
    assert.equal(twice.signatures.length, 2);
    assert.equal(signerOf(twice, [others.publicKey]), keyId(others.publicKey));
  });

  test('is refused with what is wrong, wherever it is cut and whatever stands in it', () => {
    const text = bundleText(signed());
    for (let length = 0; length < text.length - 1; length += 7) {
      assert.equal(readBundle(Buffer.from(text.slice(0, length))).kind, 'refused');
    }
    const value = JSON.parse(text);
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ more: 1 }, /field that this version does not know/],
      [{ kind: 'Policy' }, /no bundle/],
      [{ version: 0 }, /version/],
      [{ version: 1.5 }, /version/],
      [{ version: '12' }, /version/],
      [{ notBefore: 'tomorrow' }, /notBefore/],
      [{ rollout: 0 }, /rollout/],
      [{ labels: ['A B'] }, /labels/],
      [{ leastEngine: 'new' }, /leastEngine/],
      [{ files: [] }, /files/],
      [{ files: [{ path: '../x.yaml', text: '' }] }, /files/],
      [{ files: [{ path: 'a.draft', text: '' }] }, /files/],
      [{ files: [...bundleOf().files, ...bundleOf().files] }, /twice/],
      [{ signatures: [{ key: 'x', signature: '' }] }, /signatures/],
      [{ signatures: null }, /signatures/],
    ];
    for (const [change, reason] of wrong) {
      const result = readBundle(Buffer.from(JSON.stringify({ ...value, ...change })));
      assert.ok(result.kind === 'refused' && reason.test(result.reason), JSON.stringify([change, result]));
    }
    for (const noise of ['', 'null', '[]', '7', '\0', '{}', '{"files":null}']) {
      assert.equal(readBundle(Buffer.from(noise)).kind, 'refused');
    }
  });
});

describe('a node', () => {
  const node: BundleNode = {
    id: 'node-1',
    labels: [],
    engine: '0.1.0',
    keys: [keys.publicKey],
    now: new Date('2026-11-26T08:00:00Z'),
    running: { name: 'prod', version: 11 },
  };

  const cases: readonly (readonly [string, SignedBundle, Partial<BundleNode>, string, RegExp | null])[] = [
    ['takes a newer one', signed(), {}, 'take', null],
    ['takes its first', signed(), { running: null }, 'take', null],
    ['keeps the one that it runs', signed({ version: 11 }), {}, 'keep', /it runs/],
    ['refuses an older one', signed({ version: 10 }), {}, 'refuse', /older than 11/],
    ['refuses one that nobody signed', { bundle: bundleOf(), signatures: [] }, {}, 'refuse', /by nobody/],
    ['refuses one of another key', signed(), { keys: [others.publicKey] }, 'refuse', /none of bundle\.keys/],
    ['refuses one of another name', signed({ name: 'test' }), {}, 'refuse', /named test/],
    ['refuses one that needs a newer Weir', signed({ leastEngine: '0.2.0' }), {}, 'refuse', /needs Weir 0\.2\.0/],
    ['takes one that needs an older Weir', signed({ leastEngine: '0.0.9' }), {}, 'take', null],
    ['waits for its time', signed({ notBefore: '2026-11-26T08:00:01Z' }), {}, 'wait', null],
    ['takes it when its time has come', signed({ notBefore: '2026-11-26T08:00:00Z' }), {}, 'take', null],
    ['passes over one for other labels', signed({ labels: ['canary'] }), {}, 'keep', /labelled canary/],
    ['takes one for its label', signed({ labels: ['canary'] }), { labels: ['eu', 'canary'] }, 'take', null],
  ];
  for (const [name, bundle, change, kind, reason] of cases) {
    test(name, () => {
      const verdict = judgeBundle(bundle, { ...node, ...change });
      assert.equal(verdict.kind, kind);
      if (reason !== null) assert.match('reason' in verdict ? verdict.reason : '', reason);
    });
  }

  test('is in the share of the nodes that it was in when the share was smaller', () => {
    const taking = (rollout: number): readonly string[] =>
      Array.from({ length: 400 }, (_, index) => `node-${index}`).filter(
        (id) => judgeBundle(signed({ rollout }), { ...node, id }).kind === 'take',
      );
    const [few, many] = [taking(10), taking(60)];
    assert.ok(few.length > 10 && few.length < 90, `${few.length} of 400`);
    assert.ok(many.length > 180 && many.length < 300, `${many.length} of 400`);
    assert.ok(few.every((id) => many.includes(id)));
    assert.equal(taking(100).length, 400);
  });
});
