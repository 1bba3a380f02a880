import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { constraintsOf } from '../../../keys/name-constraints.ts';
import { loadOrCreateAuthority, replaceAuthority } from '../../../proxy/tls/authority.ts';
import { beginRotation, dropOld, finishRotation } from '../../../proxy/tls/rotation.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-rotation-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `home-${folders++}`, 'ca');

describe('the rotation of an authority', () => {
  it('trusts the next certificate before it signs, and the one before after it has signed', () => {
    const folder = newFolder();
    const first = loadOrCreateAuthority(folder);
    writeFileSync(join(folder, 'bundle.pem'), 'made from the first');
    const next = beginRotation(folder);
    const during = loadOrCreateAuthority(folder);
    assert.equal(during.digest, first.digest, 'what signs stays');
    assert.equal(during.trusted.length, 2);
    assert.equal(during.trusted[1]?.certificate.fingerprint256, next?.fingerprint256);
    assert.equal(readFileSync(during.certPath, 'utf8'), during.trustPem);
    assert.ok(during.trustPem.startsWith(during.certPem));
    assert.equal(existsSync(join(folder, 'bundle.pem')), false, 'made from fewer certificates');
    assert.equal(statSync(join(folder, 'ca-next.key')).mode & 0o077, 0);

    const after = finishRotation(folder);
    assert.equal(after?.certificate.fingerprint256, next?.fingerprint256);
    assert.ok(after?.certificate.checkPrivateKey(after.key));
    assert.deepEqual(
      after?.trusted.map(({ digest }) => digest),
      [after?.digest, first.digest],
    );
    assert.deepEqual(readdirSync(folder).sort(), ['ca-old.pem', 'ca.key', 'ca.pem']);

    assert.equal(dropOld(folder), true);
    const alone = loadOrCreateAuthority(folder);
    assert.deepEqual([alone.digest, alone.trusted.length], [after?.digest, 1]);
    assert.deepEqual(readdirSync(folder).sort(), ['ca.key', 'ca.pem']);
  });

  it('does nothing twice, and nothing that was not begun', () => {
    const folder = newFolder();
    loadOrCreateAuthority(folder);
    assert.equal(finishRotation(folder), null);
    assert.equal(dropOld(folder), false);
    assert.notEqual(beginRotation(folder), null);
    assert.equal(beginRotation(folder), null);
    assert.equal(loadOrCreateAuthority(folder).trusted.length, 2);
  });

  it('goes on from wherever it was cut off', () => {
    const folder = newFolder();
    const first = loadOrCreateAuthority(folder);
    const next = beginRotation(folder);
    // Cut off after the key was put in place: the certificates still stand in their old order.
    const trustPem = readFileSync(first.certPath, 'utf8');
    finishRotation(folder);
    writeFileSync(first.certPath, trustPem);
    const cut = loadOrCreateAuthority(folder);
    assert.equal(cut.certificate.fingerprint256, next?.fingerprint256, 'the key says which one signs');
    assert.notEqual(beginRotation(folder), null, 'and the next rotation puts all in order');
    assert.equal(loadOrCreateAuthority(folder).trusted.length, 2);
  });

  it('is over when the authority is replaced', () => {
    const folder = newFolder();
    loadOrCreateAuthority(folder);
    beginRotation(folder);
    replaceAuthority(folder);
    assert.deepEqual(readdirSync(folder).sort(), ['ca.key', 'ca.pem']);
  });

  it('makes the next certificate for the hosts that are intercepted now', () => {
    const folder = newFolder();
    loadOrCreateAuthority(folder, new Date(), ['api.openai.com']);
    beginRotation(folder, new Date(), ['*.anthropic.com']);
    const after = finishRotation(folder);
    assert.deepEqual(after === null ? null : constraintsOf(after.certificate.raw)?.domains, [
      'weir.local',
      'anthropic.com',
    ]);
  });
});
