/**
 * What a new reading of the configuration changes in a running Weir: what can be taken up, what needs a restart, and the
 * events that record it. It compares and describes; it reads no file and changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import { isException, isPolicy, type PolicyDocument } from '../engine/decide/policy-file.ts';
import { policyVersion } from '../engine/decide/policy-version.ts';
import { bareEvent } from '../flow/bare-event.ts';
import type { EventBody } from '../flow/event.ts';
import { bareSource } from '../flow/parties.ts';

/** One thing that has changed. `policy` and `version` are null where it is not a policy, or the policy is gone. */
export interface Change {
  readonly policy: string | null;
  readonly version: string | null;
  /** In words, without values: `policy card-data changed (was 1a2b3c4d5e6f)`. */
  readonly text: string;
}

/** What a listening process cannot change of itself, by key. */
const NEEDS_RESTART: ReadonlySet<string> = new Set([
  'home',
  'store',
  'bus',
  'outbox',
  'collect',
  'bundle',
  'conversations',
  'siem',
  'secrets',
  'console.listen',
  'console.url',
  'sensor.enabled',
  'sensor.cgroup',
  'sensor.steer',
  'sensor.block',
  'detection.model',
  'proxy.listen',
  'proxy.transparent',
  'proxy.workers',
  'proxy.limits.headerBytes',
  'proxy.limits.modelMs',
  'proxy.limits.documentMs',
]);

/** The keys that differ, as they are written in weir.yaml. Policies are compared by what is in them. */
export function changedKeys(before: Config, after: Config): readonly string[] {
  const keys: string[] = [];
  const differ = (path: string, a: unknown, b: unknown): void => {
    if (isDeepStrictEqual(a, b)) return;
    // Two levels of sections; what is below is one value, and a list is named as a whole.
    const isSection = ['proxy', 'proxy.limits', 'detection', 'excerpts', 'console', 'sensor'].includes(path);
    if (!isSection || !isObject(a) || !isObject(b)) keys.push(path);
    else for (const key of union(a, b)) differ(`${path}.${key}`, a[key], b[key]);
  };
  const { file: _, ...a } = before;
  const { file: __, ...b } = after;
  for (const key of union(a, b)) differ(key, Reflect.get(a, key), Reflect.get(b, key));
  return keys;
}

/** Of these keys those that only a restart takes up. */
export function needingRestart(keys: readonly string[]): readonly string[] {
  return keys.filter((key) => NEEDS_RESTART.has(key));
}

/** The new configuration with what cannot change left as it runs. */
export function keepingFixed(running: Config, next: Config): Config {
  const { home, store, bus, outbox, collect, bundle, conversations, siem, secrets, console, sensor, detection, proxy } =
    running;
  const { listen, transparent, workers, limits } = proxy;
  const { headerBytes, modelMs, documentMs } = limits;
  return {
    ...next,
    home,
    store,
    bus,
    outbox,
    collect,
    bundle,
    conversations,
    siem,
    secrets,
    console: { ...next.console, listen: console.listen, url: console.url },
    sensor,
    detection: { ...next.detection, model: detection.model },
    proxy: {
      ...next.proxy,
      listen,
      transparent,
      workers,
      limits: { ...next.proxy.limits, headerBytes, modelMs, documentMs },
    },
  };
}

/** What has changed in the policies, an entry a policy, by name. */
export function policyChanges(before: readonly PolicyDocument[], after: readonly PolicyDocument[]): readonly Change[] {
  const [was, is] = [versionsOf(before), versionsOf(after)];
  const [had, has] = [exceptionsOf(before), exceptionsOf(after)];
  const changes: Change[] = [];
  for (const policy of [...new Set([...was.keys(), ...is.keys(), ...had.keys(), ...has.keys()])].sort()) {
    const [old, version] = [was.get(policy) ?? null, is.get(policy) ?? null];
    const of = { policy, version };
    if (old === null && version !== null) changes.push({ ...of, text: `policy ${policy} added` });
    else if (version === null && old !== null) changes.push({ ...of, text: `policy ${policy} removed (was ${old})` });
    else if (old !== version) changes.push({ ...of, text: `policy ${policy} changed (was ${old})` });
    if (had.get(policy) !== has.get(policy)) changes.push({ ...of, text: `exceptions of policy ${policy} changed` });
  }
  return changes;
}

/** The event that records a change. `host`: where it happened. */
export function adminEvent({ policy, version, text }: Change, id: string, time: Date, host: string): EventBody {
  const about = { policy, policyVersion: version, reason: text, source: bareSource({ host }) };
  return bareEvent({ id, kind: 'admin', time: time.toISOString(), ...about });
}

function versionsOf(documents: readonly PolicyDocument[]): Map<string, string> {
  return new Map(documents.filter(isPolicy).map((policy) => [policy.name.value, policyVersion(policy)]));
}

/** By policy, the exceptions that stand alone, whatever place they have in their files. */
function exceptionsOf(documents: readonly PolicyDocument[]): Map<string, string> {
  const texts = new Map<string, string[]>();
  for (const exception of documents.filter(isException)) {
    const text = JSON.stringify(exception, (key, value: unknown) => (key === 'place' ? undefined : value));
    texts.set(exception.policy.value, [...(texts.get(exception.policy.value) ?? []), text]);
  }
  return new Map([...texts].map(([policy, of]) => [policy, of.sort().join('\n')]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

function union(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}
