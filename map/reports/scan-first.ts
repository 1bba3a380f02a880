/**
 * What to scan first: data stores ranked by the classes that were seen to flow through them, by how far what they hold
 * reaches outside, and by whether anybody owns them. A store whose content nobody saw is judged by what the workloads
 * that reach it handle elsewhere; who reaches it is known from logs too. It says where to look, not what is there.
 */
import type { Category } from '../../flow/finding.ts';
import type { MapEnd, Place, Workload } from '../ends.ts';
import { isLoopbackHost } from '../ends.ts';
import type { Knowledge } from '../knowledge.ts';
import type { MergedFlow } from '../merged-flows.ts';
import { isOutside } from './recipients.ts';
import { dayText, figure, generalGaps, type Report, type ReportInput, reportFrame } from './report.ts';

/** Classes by the name of a store, as an earlier report had them. */
export type EarlierScan = ReadonlyMap<string, ReadonlySet<string>>;

interface RankedStore {
  readonly place: Place;
  readonly name: string;
  readonly score: number;
  readonly reasons: readonly string[];
  /** Seen in its own traffic. */
  readonly seen: readonly string[];
  /** Handled elsewhere by workloads whose traffic with it was not seen. */
  readonly possible: readonly string[];
  readonly fresh: readonly string[];
  readonly outside: readonly string[];
  readonly workloads: readonly string[];
  readonly flows: readonly MergedFlow[];
  readonly lastSeen: string;
}

/** Listed are stores with classes, and shadows; of the others it is counted how many there are. */
export function scanFirstReport(input: ReportInput, earlier: EarlierScan | null): Report {
  const handled = handledBy(input.flows);
  const reach = new OutsideReach(input.flows);
  const groups = Map.groupBy(
    input.flows.filter(({ place }) => place.type === 'datastore'),
    ({ place }) => place.key,
  );
  const ranked: RankedStore[] = [];
  const counted = new Buckets();
  let [clean, unknown] = [0, 0];
  for (const flows of groups.values()) {
    const store = rank(flows, handled, reach, input.knowledge);
    const verdict = verdictOf(flows, store, handled);
    if (flows.some(isBucket)) counted.add(store, flows, handled, verdict);
    if (verdict !== 'scan') clean += 1;
    if (verdict === 'unknown') unknown += 1;
    if (verdict === 'scan' || isSeenShadow(flows)) ranked.push(store);
  }
  const before = (store: RankedStore) => earlier?.get(store.name) ?? new Set<string>();
  const wanted = ranked
    .map((store) => ({ ...store, fresh: [...store.seen, ...store.possible].filter((one) => !before(store).has(one)) }))
    .filter((store) => earlier === null || store.fresh.length > 0 || !earlier.has(store.name))
    .toSorted((a, b) => b.score - a.score || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const flowsOf = (stores: readonly RankedStore[]) => stores.flatMap(({ flows }) => flows);
  const bySight = wanted.filter(({ seen }) => seen.length > 0);
  return {
    kind: 'scan-first',
    title: 'What to scan first',
    ...reportFrame(input, flowsOf(wanted.slice(0, MAX_FLOWS))),
    lead: [
      'Data stores, the most urgent first: by the classes seen in their traffic, by where what is read from them can go, and by whether anybody owns them. Where the traffic with a store was not seen (a log tells of it), the classes are those that its workloads handle elsewhere.',
      earlier === null
        ? 'The whole estate.'
        : 'Only what has classes that the earlier report did not have, and stores that it did not know.',
    ],
    figures: [
      figure('data stores', [], groups.size),
      figure('to be scanned', flowsOf(wanted).slice(0, MAX_FLOWS), wanted.length),
      figure('of them with classes seen in their own traffic', flowsOf(bySight).slice(0, MAX_FLOWS), bySight.length),
      figure('need no scan by what was seen: nobody who reaches them handles a class', [], clean),
      figure('of them reached by somebody who was never looked into', [], unknown),
    ],
    tables: [
      {
        title: 'Stores',
        intro: 'The score adds up what the reasons say; it ranks, and has no unit.',
        columns: ['Store', 'Score', 'Why', 'Owner', 'Reached by', 'Last seen'],
        rows: wanted.map(({ name, score, reasons, place, workloads, lastSeen, flows }) => ({
          cells: [name, score, reasons.join('; '), place.owner ?? 'nobody', listed(workloads), dayText(lastSeen)],
          edges: flows.flatMap(({ edges }) => edges),
        })),
      },
      counted.table(),
    ],
    notSeen: [
      ...(counted.unjoined.size === 0
        ? []
        : [
            `${counted.unjoined.size} cloud principals belong to no app (apps.match.iam): what they handle is not known.`,
          ]),
      ...(unknown === 0
        ? []
        : [
            `${unknown} stores that need no scan by what was seen are reached by somebody who was never looked into: they may hold anything.`,
          ]),
      'What lies in a store and is not moved is not seen.',
      ...generalGaps(input),
    ],
    data: {
      stores: wanted.map(
        ({ name, reasons, score, place, seen, possible, fresh, outside, workloads, lastSeen, flows }) => ({
          name,
          reasons,
          score,
          host: place.host,
          port: place.port,
          owner: place.owner,
          isShadow: place.isShadow,
          classes: seen,
          possibleClasses: possible,
          newClasses: fresh,
          outside,
          workloads,
          lastSeen,
          edges: flows.flatMap(({ edges }) => edges),
        }),
      ),
      buckets: counted.data(),
      noScan: clean,
      unknown,
    },
  };
}

/** In links of figures and the diagram; the list itself is whole. */
const MAX_FLOWS = 1000;
const MAX_NAMES = 8;

function listed(names: readonly string[]): string {
  return names.length <= MAX_NAMES
    ? names.join(', ')
    : `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more`;
}

/** What is known of a workload from traffic that was looked into. */
interface Handled {
  readonly classes: ReadonlySet<string>;
  readonly isSeen: boolean;
}

const NOTHING: Handled = { classes: new Set(), isSeen: false };

function handledBy(flows: readonly MergedFlow[]): ReadonlyMap<string, Handled> {
  const handled = new Map<string, { readonly classes: Set<string>; isSeen: boolean }>();
  const add = (end: MapEnd, { entities, coverage }: MergedFlow) => {
    const known = handled.get(end.key) ?? { classes: new Set<string>(), isSeen: false };
    handled.set(end.key, known);
    for (const entity of Object.keys(entities)) known.classes.add(entity);
    if (coverage.level !== 'opaque') known.isSeen = true;
  };
  for (const flow of flows) {
    add(flow.workload, flow);
    if (flow.place.app !== null) add(appEnd(flow.place.app), flow);
  }
  return handled;
}

function appEnd(app: string): Workload {
  return { key: JSON.stringify(['app', app]), type: 'workload', label: app, app, verified: true, owner: null };
}

/** Places outside to which a workload sends, itself or by the services that it calls, by class. */
class OutsideReach {
  readonly #sends = new Map<string, MergedFlow[]>();
  readonly #known = new Map<string, readonly MergedFlow[]>();

  constructor(flows: readonly MergedFlow[]) {
    for (const flow of flows) {
      if (flow.direction !== 'out') continue;
      const known = this.#sends.get(flow.workload.key);
      if (known === undefined) this.#sends.set(flow.workload.key, [flow]);
      else known.push(flow);
    }
  }

  of(workload: string): readonly MergedFlow[] {
    let found = this.#known.get(workload);
    if (found === undefined) {
      found = this.#follow(workload);
      this.#known.set(workload, found);
    }
    return found;
  }

  #follow(start: string): readonly MergedFlow[] {
    const seen = new Set([start]);
    const outside: MergedFlow[] = [];
    const open = [start];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      for (const flow of this.#sends.get(one) ?? []) {
        if (isOutside(flow.place)) outside.push(flow);
        const next = flow.place.app === null ? null : appEnd(flow.place.app).key;
        if (next === null || seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
    return outside;
  }
}

const WEIGHT: Readonly<Record<Category, number>> = {
  credential: 20,
  health: 20,
  government_id: 18,
  financial: 18,
  personal: 12,
  custom: 12,
  business: 8,
  vehicle: 8,
  network: 5,
  content: 4,
};

function rank(
  flows: readonly MergedFlow[],
  handled: ReadonlyMap<string, Handled>,
  reach: OutsideReach,
  knowledge: Knowledge,
): RankedStore {
  const [first] = flows;
  if (first === undefined) throw new Error('a store without a flow');
  const { place } = first;
  const seen = sorted(flows.flatMap(({ entities }) => Object.keys(entities)));
  const blind = flows.filter(({ coverage }) => coverage.level === 'opaque');
  const elsewhere = blind.flatMap(({ workload }) => [...(handled.get(workload.key) ?? NOTHING).classes]);
  const possible = sorted(elsewhere).filter((entity) => !seen.includes(entity));
  const workloads = sorted(flows.map(({ workload }) => workload.label));
  const classes = new Set([...seen, ...possible]);
  const readers = new Set(flows.filter(({ direction }) => direction === 'in').map(({ workload }) => workload.key));
  const leaving = [...readers]
    .flatMap((workload) => reach.of(workload))
    .filter(({ entities }) => Object.keys(entities).some((entity) => classes.has(entity)));
  const open = sorted(leaving.filter((flow) => !flow.place.sanctioned).map((flow) => flow.place.label));
  const sanctioned = sorted(leaving.filter((flow) => flow.place.sanctioned).map((flow) => flow.place.label));
  const inClear = seen.length > 0 && flows.some((flow) => flow.isPlaintext && !isLoopbackHost(flow.place.host));
  const weigh = (some: readonly string[]) =>
    some.reduce((sum, entity) => sum + WEIGHT[knowledge.categoryOf(entity)], 0);
  const owned = place.owner !== null;
  const steps: readonly (readonly [number, string | null])[] = [
    [Math.min(60, weigh(seen)), seen.length === 0 ? null : `${seen.join(', ')} seen in its traffic`],
    [
      Math.min(30, Math.round(weigh(possible) / 2)),
      possible.length === 0
        ? null
        : `reached by ${listed(workloads)}, handling ${listed(possible)}; its own traffic was not seen`,
    ],
    [
      Math.min(24, 8 * open.length),
      open.length === 0 ? null : `what is read from it can go to ${listed(open)}, not sanctioned`,
    ],
    [
      Math.min(6, 2 * sanctioned.length),
      sanctioned.length === 0 ? null : `what is read from it can go to ${listed(sanctioned)}, sanctioned`,
    ],
    [owned ? 0 : 15, owned ? null : 'nobody owns it'],
    [isSeenShadow(flows) ? 15 : 0, isSeenShadow(flows) ? 'nobody has listed it' : null],
    [inClear ? 5 : 0, inClear ? 'its traffic is in clear' : null],
  ];
  return {
    place,
    name: place.store ?? place.host ?? place.label,
    score: steps.reduce((sum, [points]) => sum + points, 0),
    reasons: steps.flatMap(([, reason]) => reason ?? []),
    seen,
    possible,
    fresh: [],
    outside: sorted([...open, ...sanctioned]),
    workloads,
    flows,
    lastSeen: flows.map(({ lastSeen }) => lastSeen).reduce((a, b) => (a > b ? a : b)),
  };
}

/** By how a log calls it, or by how S3 spells its host where proxy or sensor saw the call. */
function isBucket({ protocols, place }: MergedFlow): boolean {
  return protocols.includes('s3') || /\.s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?$/.test(place.host ?? '');
}

/** A server that nobody has listed, and that more than a log tells of. */
function isSeenShadow(flows: readonly MergedFlow[]): boolean {
  return flows.some(({ place, channels }) => place.isShadow && channels.some((channel) => channel !== 'log'));
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

type Verdict = 'scan' | 'clean' | 'unknown';

/** Without any class: clean where everybody who reaches it was looked into (there or elsewhere), else unknown. */
function verdictOf(
  flows: readonly MergedFlow[],
  { seen, possible }: RankedStore,
  handled: ReadonlyMap<string, Handled>,
): Verdict {
  if (seen.length > 0 || possible.length > 0) return 'scan';
  const isKnown = flows.every(
    ({ workload, coverage }) => coverage.level !== 'opaque' || (handled.get(workload.key) ?? NOTHING).isSeen,
  );
  return isKnown ? 'clean' : 'unknown';
}

/** The buckets of an object store: how many are reached by workloads that handle each class, how many need no scan. */
class Buckets {
  readonly #byClass = new Map<string, number>();
  readonly unjoined = new Set<string>();
  #total = 0;
  readonly #verdicts: Record<Verdict, number> = { scan: 0, clean: 0, unknown: 0 };

  add(
    { seen }: RankedStore,
    flows: readonly MergedFlow[],
    handled: ReadonlyMap<string, Handled>,
    verdict: Verdict,
  ): void {
    this.#total += 1;
    this.#verdicts[verdict] += 1;
    const classes = new Set(seen);
    for (const { workload } of flows) {
      for (const entity of (handled.get(workload.key) ?? NOTHING).classes) classes.add(entity);
      if (workload.app === null) this.unjoined.add(workload.key);
    }
    for (const entity of classes) this.#byClass.set(entity, (this.#byClass.get(entity) ?? 0) + 1);
  }

  data() {
    return {
      total: this.#total,
      byClass: Object.fromEntries([...this.#byClass].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      scan: this.#verdicts.scan,
      noScan: this.#verdicts.clean + this.#verdicts.unknown,
      unknown: this.#verdicts.unknown,
      unjoinedPrincipals: this.unjoined.size,
    };
  }

  table() {
    const { total, byClass, scan, noScan, unknown } = this.data();
    const row = (label: string, count: number) => ({ cells: [label, count], edges: [] });
    return {
      title: 'Buckets',
      intro: `Of ${total} buckets, how many are reached by workloads that handle each class.`,
      columns: ['Class', 'Buckets'],
      rows: [
        ...Object.entries(byClass).map(([entity, count]) => row(entity, count)),
        row('to be scanned', scan),
        row('need no scan by what was seen', noScan),
        row('of them reached by somebody who was never looked into', unknown),
      ],
    };
  }
}
