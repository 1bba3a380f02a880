/**
 * PCI DSS 4.0: where card data flows (requirement 1.2.4), what of it leaves `environments.pci` (scope, 12.5.2), and what
 * the standard forbids wherever it is: transport in clear (4.2.1), the security code or track data in a store (3.3).
 */

import { isLoopbackHost } from '../ends.ts';
import { CARD_ENTITIES, canHaveArrived, isInside } from '../fence.ts';
import type { Environment } from '../knowledge.ts';
import type { MergedFlow } from '../merged-flows.ts';
import {
  carrying,
  countedClasses,
  dayText,
  figure,
  generalGaps,
  outcomeText,
  type Report,
  type ReportInput,
  type Row,
  reportFrame,
} from './report.ts';

const NOBODY: Environment = { apps: [], stores: [], vendors: [] };
/** May not be stored after authorisation, encrypted or not. */
const AUTHENTICATION: ReadonlySet<string> = new Set(['CARD_CVV', 'CARD_TRACK_DATA']);

const isCard = (entity: string) => CARD_ENTITIES.has(entity);

/** Without `environments.pci` nothing is inside, and every flow of card data leaves it. */
export function pciReport(input: ReportInput): Report {
  const fence = input.knowledge.environments.get('pci') ?? null;
  const environment = fence ?? NOBODY;
  const cards = carrying(input.flows, isCard);
  const isKept = (flow: MergedFlow) => isInside(flow.workload, environment) && isInside(flow.place, environment);
  const outside = cards.filter((flow) => !isKept(flow));
  const breaking = outside.filter(canHaveArrived);
  const held = outside.filter((flow) => !canHaveArrived(flow));
  const clear = cards.filter(({ isPlaintext, place }) => isPlaintext && !isLoopbackHost(place.host));
  const stored = cards.filter(
    ({ place, direction, entities }) =>
      place.type === 'datastore' && direction === 'out' && Object.keys(entities).some((one) => AUTHENTICATION.has(one)),
  );
  const connected = input.flows.filter(
    (flow) => !cards.includes(flow) && isInside(flow.workload, environment) !== isInside(flow.place, environment),
  );
  return {
    kind: 'pci',
    title: 'PCI DSS 4.0: flows of card data',
    ...reportFrame(input, cards),
    lead: [
      'Where card data (number, security code, expiry, track) was seen to flow, and which flows leave the environment that it belongs in (environments.pci). A figure links to the edges that it counts.',
      fence === null
        ? 'No environments.pci is configured: nothing is inside, and every flow of card data that can have arrived counts as leaving it.'
        : `Inside are: apps ${listText(environment.apps)}; stores ${listText(environment.stores)}; vendors ${listText(environment.vendors)}.`,
    ],
    figures: [
      figure('flows of card data', cards),
      figure('of them inside the environment', cards.filter(isKept)),
      figure('leave it', breaking),
      figure('would have left it, and were held back', held),
      figure('card data in clear on a network', clear),
      figure('security codes or track data written to a store', stored),
      figure('flows between inside and outside without card data seen', connected),
    ],
    tables: [
      table('Flows that leave the environment', 'Each of them widens the scope, or has to be stopped.', breaking),
      table('Held back', 'Card data was found on the way out, and no call arrived as it was.', held),
      table(
        'In clear',
        'Requirement 4.2.1: strong cryptography over open networks; inside, a finding all the same.',
        clear,
      ),
      table('Security codes and track data in stores', 'Requirement 3.3: not kept after authorisation.', stored),
      table('Scope: all flows of card data', 'The data-flow diagram shows them.', cards),
    ],
    notSeen: [...neverSeen(input, environment), ...generalGaps(input)],
    data: { violations: violationsOf([...breaking, ...held]) },
  };
}

function listText(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function table(title: string, intro: string, flows: readonly MergedFlow[]) {
  const columns = [
    'Source',
    'Direction',
    'Destination',
    'Card data',
    'Protocol',
    'What became of it',
    'Owner',
    'Last seen',
  ];
  return { title, intro, columns, rows: flows.map(rowOf) };
}

function rowOf(flow: MergedFlow): Row {
  const { workload, place, direction, protocols, edges, lastSeen } = flow;
  const ends = [workload.label, direction === 'out' ? 'sends to' : 'gets from', place.label];
  const seen = [countedClasses(flow, isCard), protocols.join(', '), outcomeText(flow)];
  return { cells: [...ends, ...seen, workload.owner ?? place.owner ?? 'nobody', dayText(lastSeen)], edges };
}

/** A line for each class and edge that breaks the fence, or would have: `isHeld` where nothing arrived as it was. */
function violationsOf(flows: readonly MergedFlow[]): readonly Readonly<Record<string, unknown>>[] {
  return flows.flatMap((flow) => {
    const { workload, place, direction, lastSeen, edgesWith } = flow;
    const ends = {
      source: workload.app ?? workload.label,
      destination: place.host ?? place.label,
      port: place.port,
      direction,
      vendor: place.vendor,
      store: place.store,
      isHeld: !canHaveArrived(flow),
      lastSeen,
    };
    return Object.entries(edgesWith)
      .filter(([entity]) => isCard(entity))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([entity, edges]) =>
        edges.map((edge) => ({ ...ends, entity, count: flow.entities[entity] ?? 0, edge })),
      );
  });
}

/** Who belongs inside and was never seen: the diagram may be without them. */
function neverSeen({ flows }: ReportInput, { apps, stores, vendors }: Environment): readonly string[] {
  const seenApps = new Set(flows.flatMap(({ workload, place }) => [workload.app, place.app]));
  const seenStores = new Set(flows.map(({ place }) => place.store));
  const seenVendors = new Set(flows.map(({ place }) => place.vendor?.toLowerCase()));
  const missing = [
    ...apps.filter((name) => !seenApps.has(name)).map((name) => `app ${name}`),
    ...stores.filter((name) => !seenStores.has(name)).map((name) => `store ${name}`),
    ...vendors.filter((name) => !seenVendors.has(name.toLowerCase())).map((name) => `vendor ${name}`),
  ];
  return missing.length === 0 ? [] : [`Inside the environment, and never seen: ${missing.join(', ')}.`];
}
