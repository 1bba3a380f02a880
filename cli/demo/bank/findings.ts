/** What the bank's day left in the records, and what the demo claims of it; each claim is checked against what happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Edge } from '../../../flow/edge.ts';
import type { WeirEvent } from '../../../flow/event.ts';
import { openReader } from '../../../store/reader.ts';
import type { Check } from '../checks.ts';
import type { Received } from '../stand-in.ts';
import type { Bank } from './bank.ts';
import { BUCKETS, SERVICES, VENDOR_HOSTS } from './company.ts';
import { makeCustomers } from './people.ts';

export interface Findings {
  readonly services: number;
  readonly vendors: readonly string[];
  readonly buckets: number;
  readonly edges: number;
  readonly events: number;
  readonly blocked: readonly { readonly app: string; readonly host: string; readonly rule: string }[];
  /** Kinds of data by vendor, as they went out. */
  readonly sent: readonly { readonly vendor: string; readonly entities: readonly string[] }[];
  /** What services read from their stores, as the sensor saw it; empty where it did not run. */
  readonly read: readonly { readonly app: string; readonly store: string; readonly entities: readonly string[] }[];
  /** Stores that nobody has listed, and that the sensor told of. */
  readonly shadows: number;
  readonly checks: readonly Check[];
}

const STILL_MS = 1500;
const MOST_MS = 30_000;

/** Resolves once nothing has been committed for a moment: what a client has been answered is listed within a second. */
export async function settled(home: string): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  for (let last = -1; performance.now() < deadline; await sleep(STILL_MS)) {
    const reader = openReader(home);
    const position = reader.position();
    reader.close();
    if (position === last) return;
    last = position;
  }
}

/** Reads the records of a bank whose Weir has committed them. */
export function findingsOf({ weir, home, received, stores }: Bank): Findings {
  const reader = openReader(home);
  try {
    const edges = [...reader.edges()];
    const events = [...reader.events()];
    const seen = edges.filter(({ channel }) => channel !== 'log');
    const apps = new Set(seen.flatMap(({ source }) => (source.app === null ? [] : [source.app])));
    const vendors = [...new Set(seen.flatMap(vendorOf))].sort();
    const isBucket = ({ channel, destination: { host } }: Edge) => channel === 'log' && host?.includes('.s3.') === true;
    const buckets = new Set(edges.filter(isBucket).map(({ destination: { host } }) => host)).size;
    const blocked = events.filter(({ action, enforced }) => action === 'block' && enforced).map(blockOf);
    const sent = vendors.map((vendor) => ({ vendor, entities: entitiesTo(vendor, seen) }));
    const read = readOf(edges, stores);
    const shadows = events.filter(({ kind, reason }) => kind === 'drift' && /shadow/.test(reason ?? '')).length;
    const sensed: readonly Check[] = !weir.isSensorRunning
      ? []
      : [
          {
            claim: 'the sensor saw what services read: addresses from the crm, cards from core-banking',
            holds:
              read.some(({ store, entities }) => store === 'crm' && entities.includes('EMAIL_ADDRESS')) &&
              read.some(({ store, entities }) => store === 'core-banking' && entities.includes('CREDIT_CARD')),
          },
          { claim: 'and told of the database that nobody has listed', holds: shadows > 0 },
        ];
    const checks: readonly Check[] = [
      ...sensed,
      { claim: `all ${SERVICES.length} services are on the map`, holds: apps.size >= SERVICES.length },
      { claim: 'so are nine vendors', holds: vendors.length >= 9 },
      { claim: `and ${BUCKETS.toLocaleString('en')} buckets, from CloudTrail`, holds: buckets >= BUCKETS },
      {
        claim: 'no customer’s address, IBAN or card reached a GenAI provider in clear',
        holds: !reachedGenai(received),
      },
      {
        claim: 'a card in a prompt and a key of the cloud were blocked',
        holds: ['card-in-prompt', 'credential-in-prompt'].every((rule) => blocked.some((one) => one.rule === rule)),
      },
      {
        claim: 'what went to Stripe, Salesforce, Twilio and Datadog is known by its kind',
        holds: ['Stripe', 'Salesforce', 'Twilio', 'Datadog'].every((vendor) =>
          sent.some((one) => one.vendor === vendor && one.entities.length > 0),
        ),
      },
      { claim: 'the chain of the log is whole', holds: reader.verify().isIntact },
    ];
    const counts = { services: apps.size, vendors, buckets, edges: edges.length, events: events.length };
    return { ...counts, blocked, sent, read, shadows, checks };
  } finally {
    reader.close();
  }
}

function vendorOf({ destination: { host, vendor } }: Edge): readonly string[] {
  return vendor !== null && host !== null && VENDOR_HOSTS.includes(host) ? [vendor] : [];
}

function blockOf({ source, destination, rule }: WeirEvent) {
  return { app: source.app ?? 'unknown', host: destination.host ?? 'unknown', rule: rule ?? 'unknown' };
}

function entitiesTo(vendor: string, edges: readonly Edge[]): readonly string[] {
  const to = edges.filter(({ destination, direction }) => destination.vendor === vendor && direction === 'out');
  return [...new Set(to.flatMap(({ entities }) => Object.keys(entities)))].sort();
}

/** Of the sensor's edges in, by service and store. */
function readOf(edges: readonly Edge[], stores: ReadonlyMap<number, string>): Findings['read'] {
  return edges
    .filter(({ channel, direction }) => channel === 'sensor' && direction === 'in')
    .flatMap(({ source, destination: { port }, entities }) => {
      const store = port === null ? undefined : stores.get(port);
      const name = source.app ?? source.process ?? 'unknown';
      return store === undefined ? [] : [{ app: name, store, entities: Object.keys(entities).sort() }];
    });
}

const GENAI = ['api.openai.com', 'api.anthropic.com', 'api.deepseek.com'];

function reachedGenai(received: ReadonlyMap<string, readonly Received[]>): boolean {
  const customers = makeCustomers(40);
  const values = customers.flatMap(({ email, iban, card }) => [email, iban, card]);
  return GENAI.some((host) =>
    (received.get(host) ?? []).some(({ body }) => values.some((value) => body.includes(value))),
  );
}
