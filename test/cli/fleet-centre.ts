/** A centre from the command line, whose listener is a process of its own, and homes that are to join it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { afterwards } from '../store/samples.ts';
import { makePlace, type Place } from './run-context.ts';

export interface TestCentre extends Place {
  readonly address: string;
  token(...more: string[]): Promise<string>;
  /** The listener is killed (SIGKILL), and another one is started in its place. */
  killAndStart(): Promise<void>;
}

export async function startCentre(t: TestContext, ...init: string[]): Promise<TestCentre> {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const made = await place.call(['fleet', 'init', '--address', address, ...init]);
  assert.equal(made.code, 0, made.err);
  const serve = async (): Promise<ChildProcess> => {
    const child = spawn(join(packageRoot, 'weir'), ['fleet', 'serve'], {
      cwd: place.folder,
      env: { ...process.env, WEIR_HOME: place.home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    afterwards(t, () => stop(child));
    await said(child, /the centre of fleet [0-9a-f]{16} listens/);
    return child;
  };
  let serving = await serve();
  return {
    ...place,
    address,
    token: async (...more) => {
      const { code, out, err } = await place.call(['fleet', 'token', ...more]);
      assert.equal(code, 0, err);
      return out.trim();
    },
    killAndStart: async () => {
      await stop(serving, 'SIGKILL');
      serving = await serve();
    },
  };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

function said(child: ChildProcess, what: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (what.test(text)) resolve();
    });
    child.on('exit', () => reject(new Error(`ended before it said ${what}: ${text}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export function newNode(t: TestContext): Place {
  const place = makePlace();
  afterwards(t, () => place.remove());
  return place;
}
