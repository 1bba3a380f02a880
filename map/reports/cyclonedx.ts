/**
 * A report's flows as a CycloneDX 1.7 bill of materials: a service for each workload and each address, with the data that
 * it sends and gets (`services[].data[]`), its classification and owner. Other things of a BOM are not known here.
 */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { MapEnd } from '../ends.ts';
import type { MergedFlow } from '../merged-flows.ts';
import type { Report } from './report.ts';

interface Service {
  readonly ref: string;
  readonly end: MapEnd;
  readonly endpoints: Set<string>;
  readonly data: Readonly<Record<string, unknown>>[];
}

/** One JSON document, valid against the schema of 1.7. */
export function reportCyclonedx(report: Report, version: string, classification: (entity: string) => string): object {
  const services = new Map<string, Service>();
  for (const { flow } of report.flows) addFlow(services, flow, classification);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.7.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.7',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([report.kind, report.made, ...services.keys()]))}`,
    version: 1,
    metadata: {
      timestamp: report.made,
      tools: { components: [{ type: 'application', name: 'weir', version }] },
      properties: [
        { name: 'weir:report', value: report.kind },
        ...report.notSeen.map((value) => ({ name: 'weir:notSeen', value })),
      ],
    },
    services: [...services.values()].map(serviceObject),
  };
}

function addFlow(services: Map<string, Service>, flow: MergedFlow, classification: (entity: string) => string): void {
  const { workload, place, direction, entities, edges, firstSeen, lastSeen } = flow;
  const source = serviceOf(services, workload);
  const destination = serviceOf(services, place);
  const uri = uriOf(flow);
  destination.endpoints.add(uri);
  for (const [entity, count] of Object.entries(entities)) {
    const data = {
      classification: classification(entity),
      name: entity,
      description: `${count} seen from ${firstSeen} to ${lastSeen}; edges ${edges.slice(0, 20).join(' ')}`,
    };
    const governance = (end: MapEnd) =>
      end.owner === null ? {} : { governance: { owners: [{ organization: { name: end.owner } }] } };
    const away = {
      ...data,
      ...governance(workload),
      ...(direction === 'out' ? { destination: [uri] } : { source: [uri] }),
    };
    source.data.push({ flow: direction === 'out' ? 'outbound' : 'inbound', ...away });
    const here = {
      ...data,
      ...governance(place),
      [direction === 'out' ? 'source' : 'destination']: [sourceUri(workload)],
    };
    destination.data.push({ flow: direction === 'out' ? 'inbound' : 'outbound', ...here });
  }
}

function serviceOf(services: Map<string, Service>, end: MapEnd): Service {
  const known = services.get(end.key);
  if (known !== undefined) return known;
  const service: Service = { ref: `service-${services.size + 1}`, end, endpoints: new Set(), data: [] };
  services.set(end.key, service);
  return service;
}

function serviceObject({ ref, end, endpoints, data }: Service): object {
  const isPlace = end.type !== 'workload';
  const outside = end.type === 'llm' || end.type === 'third_party' || end.type === 'unknown';
  return {
    'bom-ref': ref,
    ...(isPlace && end.vendor !== null ? { provider: { name: end.vendor } } : {}),
    name: end.label,
    ...(isPlace && end.note !== null ? { description: end.note } : {}),
    ...(endpoints.size > 0 ? { endpoints: [...endpoints].toSorted() } : {}),
    ...(isPlace ? { 'x-trust-boundary': outside } : {}),
    ...(data.length > 0 ? { data } : {}),
    properties: [
      { name: 'weir:type', value: end.type },
      ...(isPlace ? [{ name: 'weir:sanctioned', value: String(end.sanctioned) }] : []),
      ...(isPlace && end.country !== null ? [{ name: 'weir:country', value: end.country }] : []),
      ...(end.owner === null ? [] : [{ name: 'weir:owner', value: end.owner }]),
    ],
  };
}

/** `https://api.openai.com:443`: a URI reference whatever the name holds. */
export function uriOf({ place: { host, port }, protocols }: MergedFlow): string {
  const scheme = /^[a-z][a-z0-9+.-]*$/.exec(protocols[0] ?? '')?.[0] ?? 'unknown';
  const name = host === null ? 'unknown' : isIPv6(host) ? `[${host}]` : encodeURIComponent(wellFormed(host));
  return `${scheme}://${name}${port === null ? '' : `:${port}`}`;
}

function sourceUri({ label }: MapEnd): string {
  return `workload:${encodeURIComponent(wellFormed(label))}`;
}

/** encodeURIComponent throws for half a surrogate pair. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** A UUID of version 8 (RFC 9562 §5.8) from a digest: the same report has the same. */
export function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
