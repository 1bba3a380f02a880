/** What the bank's day left in the records, and what the demo claims of it; each claim is checked against what happened. */
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
  readonly checks: readonly Check[];
}

/** Reads the records of a bank whose Weir has committed them. */
export function findingsOf({ weir, received }: Bank): Findings {
  const reader = openReader(weir.home);
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
    const checks: readonly Check[] = [
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
    return { ...counts, blocked, sent, checks };
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

const GENAI = ['api.openai.com', 'api.anthropic.com', 'api.deepseek.com'];

function reachedGenai(received: ReadonlyMap<string, readonly Received[]>): boolean {
  const customers = makeCustomers(40);
  const values = customers.flatMap(({ email, iban, card }) => [email, iban, card]);
  return GENAI.some((host) =>
    (received.get(host) ?? []).some(({ body }) => values.some((value) => body.includes(value))),
  );
}
