/** What certificates say of the owners of hosts that the catalog does not know, learned as they are connected to. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HostPort } from '../catalog/host.ts';
import { learnOrganization } from '../flow/event-destination.ts';
import type { Dialer } from './dialer.ts';

/** The longest organizationName of a certificate (RFC 5280 appendix A.1, ub-organization-name). */
const MAX_ORGANIZATION = 64;

/** A dialer that learns, of each host that nobody knows, what the certificate it has just checked says of its owner. */
export function learningOrganizations(dialer: Dialer, isUnknown: (place: HostPort) => boolean): Dialer {
  return {
    dial: async (target, isTls, alpn) => {
      const socket = await dialer.dial(target, isTls, alpn);
      if (isTls && isUnknown(target)) learn(socket, target);
      return socket;
    },
  };
}

function learn(socket: Socket, { host, port }: HostPort): void {
  if (!(socket instanceof TLSSocket)) return;
  const named: unknown = socket.getPeerCertificate().subject?.O;
  // A certificate may name several (RFC 5280 §4.1.2.4): the first.
  const first: unknown = Array.isArray(named) ? named[0] : named;
  if (typeof first !== 'string') return;
  const organization = first.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim();
  if (organization !== '' && organization.length <= MAX_ORGANIZATION) learnOrganization(host, port, organization);
}
