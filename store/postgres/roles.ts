/**
 * Who may do what in a shared store. Three group roles, if the database has them: `weir_writer` adds records and counts and
 * can neither change nor remove a record, `weir_reader` reads, and the owner of the tables migrates, retains and purges.
 */
import { SCHEMA } from './connect.ts';

export const WRITER_ROLE = 'weir_writer';
export const READER_ROLE = 'weir_reader';

/** What is only ever added. */
const ADDED = [
  'records',
  'events',
  'event_fingerprints',
  'gaps',
  'ends',
  'sorts',
  'entities',
  'observed',
  'imported_lines',
] as const;
/** What is added up. */
const SUMMED = [
  'writers',
  'edges',
  'edge_witnesses',
  'edge_entities',
  'edge_counts',
  'entity_counts',
  'event_counts',
] as const;
/** What is bounded: the oldest go. */
const BOUNDED = ['missing', 'edge_fingerprints', 'edge_paths', 'edge_models'] as const;

/** Makes the group roles where they are not there; for a role that may create roles. */
export function rolesText(): string {
  return [WRITER_ROLE, READER_ROLE]
    .map(
      (role) => `DO $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN; END IF;
      END $$;`,
    )
    .join('\n');
}

/** Gives each role what it needs and nothing else; passes over a role that is not there. */
export function grantText(): string {
  const names = (tables: readonly string[]): string => tables.map((table) => `${SCHEMA}.${table}`).join(', ');
  return [
    `REVOKE ALL ON FUNCTION ${SCHEMA}.open_day(integer) FROM PUBLIC`,
    ...toRole(READER_ROLE, [
      `GRANT USAGE ON SCHEMA ${SCHEMA} TO ${READER_ROLE}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA ${SCHEMA} TO ${READER_ROLE}`,
    ]),
    ...toRole(WRITER_ROLE, [
      `GRANT USAGE ON SCHEMA ${SCHEMA} TO ${WRITER_ROLE}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA ${SCHEMA} TO ${WRITER_ROLE}`,
      `GRANT INSERT ON ${names([...ADDED, ...SUMMED, ...BOUNDED])} TO ${WRITER_ROLE}`,
      `GRANT UPDATE ON ${names(['state', ...SUMMED, ...BOUNDED])} TO ${WRITER_ROLE}`,
      `GRANT DELETE ON ${names(BOUNDED)} TO ${WRITER_ROLE}`,
      // Under which state an event is listed; what it says is not touched.
      `GRANT UPDATE (sort) ON ${SCHEMA}.events TO ${WRITER_ROLE}`,
      `GRANT EXECUTE ON FUNCTION ${SCHEMA}.open_day(integer) TO ${WRITER_ROLE}`,
    ]),
  ].join(';\n');
}

function toRole(role: string, statements: readonly string[]): readonly string[] {
  const body = statements.map((statement) => `${statement};`).join('\n');
  return [`DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${role}') THEN ${body} END IF; END $$`];
}
