/** Checks of what Weir runs on: Node, the native module, the Node that `weir run` would start, the clock. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { broken, type Check, codeOf, ok, warning } from './check.ts';

/** The range that package.json asks for, as written there. */
export function requiredNode(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const engines = typeof manifest === 'object' && manifest !== null && 'engines' in manifest ? manifest.engines : null;
  return typeof engines === 'object' && engines !== null && 'node' in engines ? String(engines.node) : '*';
}

/** Whether a version lies in a range of the forms `^a.b.c`, `>=a.b.c`, `*`, joined by `||`. */
export function isInRange(version: string, range: string): boolean {
  const found = numbersOf(version);
  return range.split('||').some((part) => {
    const text = part.trim();
    const least = numbersOf(text);
    if (text === '*') return true;
    return (text.startsWith('>=') || found[0] === least[0]) && compare(found, least) >= 0;
  });
}

function numbersOf(text: string): readonly number[] {
  return (text.match(/[0-9]+/g) ?? []).slice(0, 3).map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function checkNode(version: string = process.versions.node): Check {
  const range = requiredNode();
  if (isInRange(version, range)) return ok('node', `Node ${version}`);
  return broken(
    'node',
    `Node ${version}; weir needs ${range}`,
    'Start weir with ./weir, which brings the Node it needs.',
  );
}

/** Loading is the test: the module is compiled for one version of Node and one libc. */
export async function checkRe2(): Promise<Check> {
  try {
    const { default: RE2 } = await import('re2');
    if (new RE2('a+').test('caat')) return ok('re2', 'the native module loads');
    return broken('re2', 'the native module gives wrong answers', 'Build it again: npm rebuild re2');
  } catch (error) {
    const fix = 'Build it for this Node: npm rebuild re2 (needs python3, make and g++).';
    return broken('re2', `the native module does not load (${codeOf(error)})`, fix);
  }
}

/** First releases in which Node reads proxy variables itself (NODE_USE_ENV_PROXY), per line. */
const READS_PROXY_VARIABLES = '^22.21.0 || >=24.5.0';

/** The `node` that `weir run -- node …` would start: it is the caller's, not the one that runs weir. */
export function checkNodeOfPath(env: NodeJS.ProcessEnv): Check {
  let version: string;
  try {
    version = execFileSync('node', ['--version'], {
      env,
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .slice(1);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ok('run', 'no node on PATH; other runtimes are routed by their variables');
    return warning('run', `\`node --version\` failed (${codeOf(error)})`, 'Mend the node on PATH, or take it off.');
  }
  const how = isInRange(version, READS_PROXY_VARIABLES) ? 'reads proxy variables' : 'is routed by a preload';
  return ok('run', `the node on PATH is ${version} and ${how}`);
}

/** Certificates need a clock. `latest` is the newest time that this host is known to have seen, ms since the epoch. */
export function checkClock(now: number, latest: number): Check {
  const shown = new Date(now).toISOString();
  if (now >= latest - 5 * 60_000) return ok('clock', shown);
  const what = `${shown} lies before ${new Date(latest).toISOString()}, which this host has seen`;
  return broken('clock', what, 'Set the clock (timedatectl set-ntp true): certificates are judged by it.');
}
