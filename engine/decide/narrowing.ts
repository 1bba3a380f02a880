/**
 * Which messages a `match` takes in, split into what is known before a message comes (direction, source, destination)
 * and what only the message shows (model, roles, positions). Refuses to let a claim relax anything: wherever a match
 * takes a rule or a finding out (`not`, `except`), an app label counts only with its token.
 */
import type { Direction } from '../../flow/decision.ts';
import type { Destination, Source } from '../../flow/parties.ts';
import type { Position, Role } from '../../flow/segment.ts';
import { anyOf, compileGlob, compileHostGlob, type TextTest } from './glob.ts';
import type { DestinationMatch, Match, Narrowing, SourceMatch } from './grammar.ts';

/** What is known of a message before its first byte. */
export interface Scope {
  readonly direction: Direction;
  readonly source: Source;
  readonly destination: Destination;
}

/** Null where it matches, else why not, in words without values of a message. */
export type Miss = string | null;

/** `restricts`: matching makes a rule apply. `relaxes`: matching takes something out of a rule. */
export type Purpose = 'restricts' | 'relaxes';

export type SourceTest = (source: Source) => Miss;
export type DestinationTest = (destination: Destination) => Miss;

const EVERYTHING = (): Miss => null;

function shown(values: readonly string[]): string {
  return values.length <= 4 ? values.join(', ') : `${values.slice(0, 4).join(', ')} and ${values.length - 4} more`;
}

export function compileSources(match: SourceMatch | null, purpose: Purpose): SourceTest {
  if (match === null) return EVERYTHING;
  const apps = anyOf(match.apps, compileGlob);
  const users = anyOf(match.users, compileGlob);
  const processes = anyOf(match.processes, compileGlob);
  const containers = anyOf(match.containers, compileGlob);
  const takes = (test: TextTest | null, value: string | null) => test === null || (value !== null && test(value));
  return (source) => {
    if (!takes(apps, source.app)) return `the app is not one of ${shown(match.apps)}`;
    if (apps !== null && purpose === 'relaxes' && !source.verified) return 'the app label came without its token';
    if (!takes(users, source.user)) return `the user is not one of ${shown(match.users)}`;
    if (!takes(processes, source.process) && !takes(processes, source.exe)) {
      return `the process is not one of ${shown(match.processes)}`;
    }
    if (!takes(containers, source.container)) return `the container is not one of ${shown(match.containers)}`;
    return null;
  };
}

export function compileDestinations(match: DestinationMatch | null): DestinationTest {
  if (match === null) return EVERYTHING;
  const hosts = anyOf(match.hosts, compileHostGlob);
  const vendors = new Set(match.vendors.map((vendor) => vendor.toLowerCase()));
  const countries = new Set<string>(match.countries);
  const categories = new Set<string>(match.categories);
  return (to) => {
    if (categories.size > 0 && !categories.has(to.category)) {
      return `the destination is of category ${to.category}, not ${shown(match.categories)}`;
    }
    if (hosts !== null && !hosts(to.host)) return `the host is not one of ${shown(match.hosts)}`;
    if (vendors.size > 0 && !vendors.has(to.vendor?.toLowerCase() ?? ''))
      return `the vendor is not ${shown(match.vendors)}`;
    if (countries.size > 0 && !countries.has(to.country ?? '')) {
      return `the destination's country is ${to.country ?? 'unknown'}, not ${shown(match.countries)}`;
    }
    if (match.sanctioned !== null && match.sanctioned !== to.sanctioned) {
      return `the destination is ${to.sanctioned ? '' : 'not '}sanctioned`;
    }
    return null;
  };
}

/** The part of a match that needs the message. */
export interface MessageMatch {
  readonly models: TextTest | null;
  readonly modelsText: string;
  readonly roles: ReadonlySet<Role> | null;
  readonly positions: ReadonlySet<Position> | null;
}

export interface CompiledMatch {
  /** Null where a message of this scope may match, else why none can. */
  scopeMiss(scope: Scope): Miss;
  readonly message: MessageMatch;
  /** The `not` of it: the rule is out where the scope matches it and the message does, too. */
  readonly not: { scopeMiss(scope: Scope): Miss; readonly message: MessageMatch } | null;
}

function compilePart(match: Narrowing, purpose: Purpose): { scopeMiss(scope: Scope): Miss; message: MessageMatch } {
  const sources = compileSources(match.sources, purpose);
  const destinations = compileDestinations(match.destinations);
  const directions = new Set(match.directions);
  return {
    scopeMiss(scope) {
      if (directions.size > 0 && !directions.has(scope.direction)) return `the message is a ${scope.direction}`;
      return destinations(scope.destination) ?? sources(scope.source);
    },
    message: {
      models: anyOf(
        match.models.map((model) => model.toLowerCase()),
        compileGlob,
      ),
      modelsText: shown(match.models),
      roles: match.roles.length === 0 ? null : new Set(match.roles),
      positions: match.positions.length === 0 ? null : new Set(match.positions),
    },
  };
}

/** Null for a match that takes in everything. */
export function compileMatch(match: Match | null): CompiledMatch | null {
  if (match === null) return null;
  return { ...compilePart(match, 'restricts'), not: match.not === null ? null : compilePart(match.not, 'relaxes') };
}

/** The model matches; an unknown model matches no name. */
export function takesModel(match: MessageMatch, model: string | null): boolean {
  return match.models === null || (model !== null && match.models(model.toLowerCase()));
}

export function takesPlace(match: MessageMatch, role: Role, position: Position): boolean {
  return (match.roles?.has(role) ?? true) && (match.positions?.has(position) ?? true);
}

export function narrowsPlaces(match: MessageMatch): boolean {
  return match.roles !== null || match.positions !== null;
}
