/** A report as Markdown (GitHub's), its diagram as Mermaid. Names from outside are escaped: none becomes markup. */
import { coverageText } from '../../flow/coverage.ts';
import { toMermaid } from '../mermaid.ts';
import { dayText, drawingOf, type Report, type ReportFlow } from './report.ts';

const MAX_ROWS = 2000;
/** Mermaid draws no more than 500 arrows unless it is told to, and nobody reads more. */
const MAX_DRAWN = 100;
const MAX_IDS = 5;

/** Markdown, piece by piece. */
export function* reportMarkdown(report: Report): Generator<string> {
  const { title, made, period, lead, figures, tables, flows, notSeen } = report;
  const range = period === null ? 'nothing seen' : `${dayText(period.from)} to ${dayText(period.to)}`;
  yield `# ${escapeMarkdown(title)}\n\nMade ${made}. Seen: ${range}.\n\n`;
  yield lead.map((text) => `${escapeMarkdown(text)}\n\n`).join('');
  yield `## Figures\n\n| figure | value | edges |\n| --- | --- | --- |\n`;
  for (const { label, value, edges } of figures) yield rowText([label, value], idsText(edges));
  yield `\n## What could not be seen\n\n${notSeen.map((text) => `- ${escapeMarkdown(text)}\n`).join('')}\n`;
  if (flows.length > 0) {
    const drawn = flows.slice(0, MAX_DRAWN).map(({ flow }) => flow);
    yield `## Data flow diagram\n\n\`\`\`mermaid\n${toMermaid(drawingOf(drawn))}\`\`\`\n\n`;
    if (flows.length > MAX_DRAWN) yield `${MAX_DRAWN} of ${flows.length} flows are drawn.\n\n`;
  }
  for (const { title: name, intro, columns, rows } of tables) {
    yield `## ${escapeMarkdown(name)}\n\n${escapeMarkdown(intro)}\n\n`;
    if (rows.length === 0) {
      yield 'None.\n\n';
      continue;
    }
    yield `| ${[...columns, 'Edges'].map(escapeMarkdown).join(' | ')} |\n|${' --- |'.repeat(columns.length + 1)}\n`;
    for (const { cells, edges } of rows.slice(0, MAX_ROWS)) yield rowText(cells, idsText(edges));
    if (rows.length > MAX_ROWS) yield `\nAnd ${rows.length - MAX_ROWS} more: the JSON form has all.\n`;
    yield '\n';
  }
  yield '## Flows\n\n| flow | classes | calls | seen | by | coverage | risk | edges | events |\n|';
  yield `${' --- |'.repeat(9)}\n`;
  for (const one of flows.slice(0, MAX_ROWS)) yield flowText(one);
}

function flowText({ flow, risk, events }: ReportFlow): string {
  const { workload, place, direction, entities, calls, firstSeen, lastSeen, channels, coverage, edges } = flow;
  const arrow = direction === 'out' ? '→' : '←';
  const classes = Object.entries(entities).map(([entity, count]) => `${entity} ${count}`);
  const cells = [
    `${workload.label} ${arrow} ${place.label}`,
    classes.join(', ') || 'none seen',
    calls,
    `${dayText(firstSeen)} to ${dayText(lastSeen)}`,
    channels.join(', '),
    coverageText(coverage),
    risk.risk ?? 'not known',
  ];
  return rowText(cells, idsText(edges), idsText(events));
}

function rowText(cells: readonly (string | number)[], ...ready: readonly string[]): string {
  return `| ${[...cells.map((cell) => escapeMarkdown(String(cell))), ...ready].join(' | ')} |\n`;
}

/** Ids are letters, digits, `-` and `_`: they stand as code. */
function idsText(ids: readonly string[]): string {
  const shown = ids.slice(0, MAX_IDS).map((id) => `\`${id.replace(/[^A-Za-z0-9_-]/g, '')}\``);
  return [...shown, ...(ids.length > MAX_IDS ? [`and ${ids.length - MAX_IDS} more`] : [])].join(' ');
}

/** Everything that Markdown or HTML may act upon is escaped; one line. */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '·')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      // Inside a word an underscore is only that: names of classes stay readable.
      .replace(/[\\`*[\]|~#!>$@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (character) => `&#${character.charCodeAt(0)};`)
      // A bare address would become a link.
      .replaceAll('://', '&#58;//')
      .replace(/\bwww\./gi, (start) => `${start.slice(0, -1)}&#46;`)
  );
}
