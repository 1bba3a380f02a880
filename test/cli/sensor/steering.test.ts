/** What the configuration's wishes for steering and blocking become. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { configuredSteering } from '../../../cli/sensor/steering.ts';
import type { Config } from '../../../config/config.ts';
import { loadConfig } from '../../../config/load.ts';
import type { SensorFrame } from '../../../sensor/frame-types.ts';
import { COMMAND } from '../../../sensor/layout.ts';

describe('steering as it is configured', () => {
  let folder: string;
  let root: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-steering-'));
    root = join(folder, 'cgroup');
    mkdirSync(join(root, 'apps/billing'), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const configOf = (text: string): Config => {
    writeFileSync(join(folder, 'weir.yaml'), text);
    return loadConfig({ file: null, env: { HOME: folder }, cwd: folder });
  };
  const commands = (sent: readonly Buffer[], type: keyof typeof COMMAND): readonly Buffer[] =>
    sent.filter((bytes) => bytes.readUInt16LE(4) === COMMAND[type]);

  test('nothing is made where neither is asked for', () => {
    assert.equal(
      configuredSteering(configOf('{}'), { steerSocket: join(folder, 's.sock') }, root, () => undefined),
      null,
    );
  });

  test("a cgroup, the catalog's names and the proxy's listener go to the loader, and the socket is there", async () => {
    const steerSocket = join(folder, 'steer.sock');
    const config = configOf(
      `proxy: {transparent: "0.0.0.0:8789", open: true}\nsensor: {steer: {cgroups: ["${root}/apps/billing/", "${root}/gone"]}}`,
    );
    const lines: string[] = [];
    const configured = configuredSteering(config, { steerSocket }, root, (line) => void lines.push(line));
    assert.ok(configured !== null);
    const sent: Buffer[] = [];
    const steering = configured.make({
      command: (bytes) => void sent.push(bytes),
      sourceOf: () => ({ app: null, container: null, cgroup: null }),
    });
    steering.begin();
    steering.frame({ type: 'netns', netns: 3, ktimeNs: 0, cpu: 0 } as unknown as SensorFrame);
    const [target, ...others] = commands(sent, 'STEER');
    assert.deepEqual(others, []);
    assert.equal(target?.readBigUInt64LE(16), statSync(join(root, 'apps/billing'), { bigint: true }).ino);
    assert.deepEqual([target?.readUInt16LE(32), [...(target?.subarray(40, 44) ?? [])]], [8789, [127, 0, 0, 1]]);
    const names = commands(sent, 'STEER_NAME').map((bytes) => bytes.toString('latin1', 18, 18 + (bytes[17] ?? 0)));
    assert.ok(names.includes('api.openai.com') || names.includes('.openai.com'), names.join(' '));
    assert.match(lines.join(), /there is no cgroup \/gone/);
    await configured.close();
  });

  test('blocking alone makes no socket and steers nothing', async () => {
    const steerSocket = join(folder, 'none.sock');
    const configured = configuredSteering(configOf('sensor: {block: true}'), { steerSocket }, root, () => undefined);
    const sent: Buffer[] = [];
    const steering = configured?.make({
      command: (bytes) => void sent.push(bytes),
      sourceOf: () => ({ app: null, container: null, cgroup: null }),
    });
    steering?.begin();
    steering?.learn({ name: 'api.openai.com', addresses: [{ address: '104.18.6.192', ttl: 60 }] });
    assert.equal(commands(sent, 'STEER_NAME').length, 0);
    assert.deepEqual(
      commands(sent, 'ADDRESS').map((bytes) => bytes.readUInt32LE(20)),
      [2],
    );
    await configured?.close();
    assert.throws(() => statSync(steerSocket), { code: 'ENOENT' });
  });
});
