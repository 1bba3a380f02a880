import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CgroupPlace, cgroupPathOf, cgroupPlace } from '../../wire/cgroup-place.ts';
import { seeded } from '../support/every-split.ts';

const ID = '3f9c'.repeat(16);
const UID = '2f6f0a3e-9d1b-4c55-8c0e-6f2b1a7d9e10';

const CASES: readonly (readonly [string, Partial<CgroupPlace>])[] = [
  [`0::/system.slice/docker-${ID}.scope`, { container: ID, runtime: 'docker' }],
  [`0::/docker/${ID}`, { container: ID, runtime: 'docker' }],
  [`12:memory:/docker/${ID}\n0::/system.slice/docker.service`, { container: ID, runtime: 'docker' }],
  [
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`,
    { container: ID, runtime: 'containerd', podUid: UID },
  ],
  [`0::/kubepods/besteffort/pod${UID}/${ID}`, { container: ID, runtime: null, podUid: UID }],
  [
    `0::/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/crio-${ID}.scope/container`,
    { container: ID, runtime: 'cri-o', podUid: UID },
  ],
  [
    `0::/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/crio-conmon-${ID}.scope`,
    { container: null, podUid: UID },
  ],
  [`0::/machine.slice/libpod-${ID}.scope/container`, { container: ID, runtime: 'podman' }],
  [
    `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`,
    { container: ID, runtime: 'podman', unit: null },
  ],
  [`0::/machine.slice/libpod-conmon-${ID}.scope`, { container: null }],
  [`0::/system.slice/nerdctl-${ID}.scope`, { container: ID, runtime: 'containerd' }],
  [`0::/ecs/${'0a'.repeat(16)}/${ID}`, { container: ID, runtime: 'ecs' }],
  ['0::/lxc.payload.web/init.scope', { container: 'web', runtime: 'lxc' }],
  ['0::/machine.slice/machine-old\\x2dbox.scope/payload', { container: 'old-box', runtime: 'nspawn' }],
  ['0::/system.slice/nginx.service', { unit: 'nginx.service' }],
  ['0::/system.slice/system-getty.slice/getty@tty1.service', { unit: 'getty@tty1.service' }],
  ['0::/user.slice/user-1000.slice/user@1000.service/app.slice/code.service', { unit: 'code.service' }],
  ['0::/user.slice/user-1000.slice/session-3.scope', {}],
  ['0::/', {}],
  ['', {}],
];

describe('the path of a cgroup says who runs there', () => {
  for (const [text, expected] of CASES) {
    test(text.slice(0, 90) || 'nothing', () => {
      const none = { container: null, runtime: null, podUid: null, unit: null };
      assert.deepEqual(cgroupPlace(text), { ...none, ...expected });
    });
  }

  test('random text says nothing and ends in no error', () => {
    const random = seeded(64);
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 80 }, () => '0:/\\x2d.-abcf\n'[Math.floor(random() * 14)]).join('');
      assert.equal(cgroupPlace(text).podUid, null);
    }
  });
});

test('the path of cgroup v2 is the one with the number 0', () => {
  assert.equal(cgroupPathOf('5:cpu:/a\n0::/system.slice/x.service\n'), '/system.slice/x.service');
  assert.equal(cgroupPathOf('5:cpu:/a\n'), null);
});
