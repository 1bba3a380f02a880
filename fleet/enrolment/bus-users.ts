/**
 * The users of the bus as nats-server's configuration has them: one for each node, found by its certificate, that may publish
 * what its role makes under its own name, and read what its role reads. Nobody may do what no role needs.
 */
import { CONTROL_SUBJECTS } from '../control-subjects.ts';
import { BUS_KINDS, COLLECTOR, RECORDS_STREAM } from '../streams.ts';
import type { FleetNode } from './fleet-files.ts';
import { busUserOf, type Role } from './terms.ts';

interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Answers to what is asked come to an inbox. */
const INBOX = '_INBOX.>';
/** What JetStream is asked by whoever puts records in, and whether it is there. */
const INFO = ['$JS.API.INFO', `$JS.API.STREAM.INFO.${RECORDS_STREAM}`, '$JS.API.STREAM.NAMES'];
function rightsOf(role: Role, name: string): Rights {
  const own = BUS_KINDS.map((kind) => `weir.${kind}.${name}`);
  const sends: Rights = { publish: [...own, ...INFO, ...CONTROL_SUBJECTS], subscribe: [INBOX] };
  switch (role) {
    case 'proxy':
    case 'sensor':
    case 'console':
      return sends;
    case 'collector':
      return {
        publish: [
          ...sends.publish,
          `$JS.API.STREAM.CREATE.${RECORDS_STREAM}`,
          `$JS.API.CONSUMER.*.${RECORDS_STREAM}.${COLLECTOR}`,
          `$JS.API.CONSUMER.*.${RECORDS_STREAM}.${COLLECTOR}.>`,
          `$JS.API.CONSUMER.MSG.NEXT.${RECORDS_STREAM}.${COLLECTOR}`,
          `$JS.API.CONSUMER.DURABLE.CREATE.${RECORDS_STREAM}.${COLLECTOR}`,
          `$JS.ACK.${RECORDS_STREAM}.${COLLECTOR}.>`,
        ],
        subscribe: [INBOX],
      };
  }
}

/** The block, to be included in nats-server's configuration. */
export function busUsers(nodes: readonly FleetNode[]): string {
  const users = nodes.filter(({ revoked }) => revoked === null).map(userText);
  // Without any, nats-server would take everybody in: a user that no certificate can be keeps it shut.
  const all =
    users.length === 0
      ? ['    { user: "nobody.node.weir.internal", permissions: { publish: [], subscribe: [] } }']
      : users;
  return `# Made by weir fleet bus-users; it goes with tls { verify_and_map: true }.\nauthorization {\n  users = [\n${all.join('\n')}\n  ]\n}\n`;
}

function userText({ name, role }: FleetNode): string {
  const { publish, subscribe } = rightsOf(role, name);
  const list = (subjects: readonly string[]): string =>
    `[${[...new Set(subjects)].map((one) => JSON.stringify(one)).join(', ')}]`;
  return `    { user: ${JSON.stringify(busUserOf(name, role))}, permissions: { publish: ${list(publish)}, subscribe: ${list(subscribe)} } }`;
}
