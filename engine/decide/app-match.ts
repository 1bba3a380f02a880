/**
 * Which app a process is, by what it is and not by what it says: the patterns of `apps[].match`. Alike for proxy and sensor,
 * which know different things of it: what is not known fits no pattern.
 */
import { compileGlob } from './glob.ts';

/** Globs; all that are given have to fit. */
export interface AppPattern {
  readonly exe: string | null;
  /** The kernel's short name. */
  readonly process: string | null;
  readonly user: string | null;
  readonly container: string | null;
  /** As the runtime has it: `ghcr.io/corp/billing:1.4`. */
  readonly image: string | null;
  /** The path within cgroup v2: `/system.slice/billing.service`. */
  readonly cgroup: string | null;
  /** `namespace/name` of Kubernetes. */
  readonly pod: string | null;
  /** What a client's certificate says, `Source.subject`. */
  readonly subject: string | null;
}

export interface MatchedApp {
  readonly name: string;
  readonly match: AppPattern | null;
}

/** What is known of a process; absent or null is not known. */
export type AppFacts = { readonly [K in keyof AppPattern]?: string | null };

export interface AppLabel {
  readonly app: string;
  readonly verified: boolean;
}

const KEYS = ['exe', 'process', 'user', 'container', 'image', 'cgroup', 'pod', 'subject'] as const;

/**
 * The first app all of whose patterns fit; null where none does. A process chooses its own short name, so that by it
 * alone a label is no more than claimed.
 */
export function appMatcher(apps: () => readonly MatchedApp[]): (facts: AppFacts) => AppLabel | null {
  const compiled = new WeakMap<MatchedApp, (facts: AppFacts) => boolean>();
  return (facts) => {
    for (const app of apps()) {
      if (app.match === null) continue;
      let fits = compiled.get(app);
      if (fits === undefined) {
        fits = matcher(app.match);
        compiled.set(app, fits);
      }
      if (!fits(facts)) continue;
      const { process: _, ...proof } = app.match;
      return { app: app.name, verified: Object.values(proof).some((glob) => glob !== null) };
    }
    return null;
  };
}

function matcher(match: AppPattern): (facts: AppFacts) => boolean {
  const tests = KEYS.flatMap((key) => {
    const glob = match[key];
    return glob === null ? [] : [[key, compileGlob(glob)] as const];
  });
  return (facts) =>
    tests.every(([key, takes]) => {
      const value = facts[key];
      return value !== null && value !== undefined && takes(value);
    });
}
