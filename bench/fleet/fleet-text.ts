/** What was measured of a fleet, for people: as text, and as a part of docs/benchmarks.md. */
import { ROLES, rateText } from './rate.ts';
import type { FleetFigures } from './run.ts';

/** Events a second into PostgreSQL, on two processors. */
const TARGET_RATE = 5000;

export function fleetText(figures: FleetFigures): string {
  const { rate, nodeMicroseconds, sent, stored, duplicate, dropped, lost, broken, others, edges } = figures;
  return [
    ...(rate === null ? [] : [rateText(rate)]),
    ...(nodeMicroseconds === null
      ? []
      : [`CPU microseconds a record on a node: ${nodeMicroseconds.toFixed(0)} (recorded, chained, sent)`]),
    `killed: ${killed(figures)}`,
    `sent ${sent}, stored ${stored}, duplicate ${duplicate}, dropped for room ${dropped}, lost ${lost}`,
    `gaps in chains ${broken}, other records ${others}, edges ${edges}`,
    '',
  ].join('\n');
}

export function fleetLines(figures: FleetFigures): string[] {
  const { rate, nodeMicroseconds, options, sent, stored, duplicate, dropped, lost, broken, others } = figures;
  const lines: string[] = [];
  if (rate !== null) {
    const { nodes, collectors, seconds, offered, microseconds } = rate;
    lines.push(
      `**Events a second.** ${nodes} simulated nodes publish records that were made and chained before, ${offered} a second for ${seconds} s, to a real NATS JetStream; ` +
        `${collectors} collectors check each under its writer's key and store it in a real PostgreSQL (synchronous_commit on). All on this machine; other processes took ${rate.othersCores.toFixed(2)} cores meanwhile. ` +
        `${Math.round(rate.stored)} a second were stored; ${rate.behind} lay on the bus at the end.`,
      '',
      '| CPU µs an event | |',
      '| --- | ---: |',
      ...ROLES.map((role) => `| ${WORDS[role]} | ${microseconds[role].toFixed(0)} |`),
      ...(nodeMicroseconds === null
        ? []
        : [
            `| a real node, in the part below: record, chain, outbox, send (not part of the rate) | ${nodeMicroseconds.toFixed(0)} |`,
          ]),
      '',
    );
  }
  lines.push(
    `**What is left.** ${options.nodes} real nodes record ${options.gentleRate} exchanges a second together, while these are killed at random (SIGKILL; PostgreSQL as by a crash) and started again: ${killed(figures)}. ` +
      `Then the bus stands still for ${options.partitionMs / 1000} s${figures.isDiskFilled ? ', and the disk of one node fills up' : ''}.`,
    '',
    '| sent | stored | delivered again and known | dropped for room, with a checkpoint | lost | gaps in chains | cut-off exchanges and Weir’s own |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    `| ${[sent, stored, duplicate, dropped, lost, broken, others].join(' | ')} |`,
    '',
  );
  return lines;
}

export function fleetVerdicts({ rate, lost, broken }: FleetFigures): string[] {
  const met = (is: boolean): string => (is ? 'met' : 'NOT met');
  return [
    ...(rate === null
      ? []
      : [
          `fleet, events a second into PostgreSQL: ${Math.round(rate.stored)}, target ${TARGET_RATE} or more: ${met(rate.stored >= TARGET_RATE)}`,
        ]),
    `fleet, records lost beyond checkpoints: ${lost}, target 0: ${met(lost === 0)}`,
    `fleet, gaps in chains: ${broken}, target 0: ${met(broken === 0)}`,
  ];
}

const WORDS: Readonly<Record<(typeof ROLES)[number], string>> = {
  load: 'the load: what publishes for the nodes',
  nats: 'nats-server',
  collectors: 'collectors',
  postgresql: 'PostgreSQL',
};

function killed({ kills }: FleetFigures): string {
  const each = Object.entries(kills).map(([what, count]) => `${what} ${count}`);
  return each.length === 0 ? 'nothing' : each.join(', ');
}
