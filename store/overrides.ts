/**
 * Overrides that people have given (`weir log allow`), one small file each in home: written by a command beside a
 * running proxy, taken up by every process that carries traffic. That one was given is on record as a review; the file
 * is what makes it work, and is gone once it has run out.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Override } from '../flow/override.ts';
import type { HomePaths } from './home.ts';
import { newUlid } from './ulid.ts';

const SUFFIX = '.json';
/** How often a process looks for new ones, at most. */
const LOOK_MS = 500;
const MAX_FILE_BYTES = 1024 * 1024;

/** Lets others see it at once and whole; what has run out goes. */
export function writeOverride(home: HomePaths, override: Override, now: number): void {
  const folder = home.overridesFolder;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of namesIn(folder)) {
    const old = readOne(join(folder, name));
    if (old === null || old.until <= now) rmSync(join(folder, name), { force: true });
  }
  const name = newUlid();
  const draft = join(folder, `${name}.draft`);
  writeFileSync(draft, `${JSON.stringify(override)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(draft, join(folder, name + SUFFIX));
}

/** Those that are given, as of half a second ago at most. It looks only when asked. */
export function overridesIn(home: HomePaths, now: () => number, lookMs = LOOK_MS): () => readonly Override[] {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let changedAt = -1;
  let known: readonly Override[] = [];
  return () => {
    const at = now();
    // A clock that was set back counts as time gone by.
    if (at >= lookedAt && at - lookedAt < lookMs) return known;
    lookedAt = at;
    const changed = statSync(home.overridesFolder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed !== changedAt) {
      changedAt = changed;
      known = readAll(home.overridesFolder);
    }
    return known;
  };
}

function readAll(folder: string): readonly Override[] {
  return namesIn(folder).flatMap((name) => readOne(join(folder, name)) ?? []);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(SUFFIX));
  } catch {
    return []; // none was ever given
  }
}

/** Null for what is not whole: then nothing passes by it. */
function readOne(file: string): Override | null {
  try {
    if (statSync(file).size > MAX_FILE_BYTES) return null;
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isOverride(read) ? read : null;
  } catch {
    return null; // gone meanwhile, or not ours
  }
}

function isOverride(read: unknown): read is Override {
  if (!isObject(read)) return false;
  const { event, policy, rule, fingerprints, source, destination, from, until } = read;
  const isText = (value: unknown): boolean => typeof value === 'string';
  const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';
  return (
    [event, policy, rule].every(isText) &&
    [from, until].every((time) => typeof time === 'number') &&
    Array.isArray(fingerprints) &&
    fingerprints.every(isText) &&
    isObject(source) &&
    typeof source['verified'] === 'boolean' &&
    ['app', 'host', 'user', 'exe', 'container'].every((key) => isTextOrNull(source[key])) &&
    isObject(destination) &&
    isText(destination['host']) &&
    typeof destination['port'] === 'number'
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
