/**
 * A report as one HTML file that prints well: no script, no style or image from elsewhere, every text escaped. Links lead
 * within the file: from a figure or a row to the flows that it is made of.
 */
import { coverageText } from '../../flow/coverage.ts';
import { svgDiagram } from './diagram.ts';
import { dayText, type Figure, type Report, type ReportFlow, type Row, type Table } from './report.ts';

const MAX_ROWS = 2000;
const MAX_LINKS = 12;

/** HTML, piece by piece. */
export function* reportHtml(report: Report): Generator<string> {
  const { title, made, period, lead, figures, tables, flows, notSeen } = report;
  const anchors = new Anchors(flows);
  const range = period === null ? 'nothing seen' : `${dayText(period.from)} to ${dayText(period.to)}`;
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="meta">Made ${escapeHtml(made)}. Seen: ${escapeHtml(range)}.</p>
</header>
<main>
${lead.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
<section aria-labelledby="figures"><h2 id="figures">Figures</h2>
<dl class="figures">
${figures.map((figure) => figureHtml(figure, anchors)).join('\n')}
</dl></section>
<section aria-labelledby="gaps"><h2 id="gaps">What could not be seen</h2>
<ul>
${notSeen.map((text) => `<li>${escapeHtml(text)}</li>`).join('\n')}
</ul></section>
<section aria-labelledby="diagram"><h2 id="diagram">Data flow diagram</h2>
${svgDiagram(flows.map(({ flow }) => flow))}
</section>
`;
  for (const table of tables) yield tableHtml(table, anchors);
  yield* flowsHtml(flows);
  yield '</main>\n</body>\n</html>\n';
}

/** Which row of the last table an edge stands in. */
class Anchors {
  readonly #rows = new Map<string, number>();

  constructor(flows: readonly ReportFlow[]) {
    flows.slice(0, MAX_ROWS).forEach(({ flow }, i) => {
      for (const edge of flow.edges) this.#rows.set(edge, i + 1);
    });
  }

  links(edges: readonly string[]): string {
    const rows = [...new Set(edges.map((edge) => this.#rows.get(edge)).filter((row) => row !== undefined))];
    const links = rows.slice(0, MAX_LINKS).map((row) => `<a href="#f${row}">f${row}</a>`);
    const more = rows.length > MAX_LINKS ? [`and ${rows.length - MAX_LINKS} more`] : [];
    return [...links, ...more].join(' ');
  }
}

function figureHtml({ label, value, edges }: Figure, anchors: Anchors): string {
  const links = anchors.links(edges);
  return `<div><dt>${escapeHtml(label)}</dt><dd><b>${value}</b>${links === '' ? '' : ` <span class="links">${links}</span>`}</dd></div>`;
}

function tableHtml({ title, intro, columns, rows }: Table, anchors: Anchors): string {
  if (rows.length === 0) return `<section><h2>${escapeHtml(title)}</h2><p>${escapeHtml(intro)} None.</p></section>\n`;
  const head = [...columns, 'Flows'].map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const line = ({ cells, edges }: Row) =>
    `<tr>${cells.map((cell) => `<td>${escapeHtml(String(cell))}</td>`).join('')}<td class="links">${anchors.links(edges)}</td></tr>`;
  const more = rows.length > MAX_ROWS ? `<p>And ${rows.length - MAX_ROWS} more: the JSON form has all.</p>` : '';
  return `<section><h2>${escapeHtml(title)}</h2><p>${escapeHtml(intro)}</p>
<table><thead><tr>${head}</tr></thead><tbody>
${rows.slice(0, MAX_ROWS).map(line).join('\n')}
</tbody></table>${more}</section>
`;
}

function* flowsHtml(flows: readonly ReportFlow[]): Generator<string> {
  const columns = ['', 'Flow', 'Classes', 'Calls', 'Seen', 'By', 'Coverage', 'Risk', 'Edges', 'Events'];
  yield `<section><h2>Flows</h2><p>What the figures and rows above are made of. <code>weir log show EVENT</code> shows an event.</p>
<table><thead><tr>${columns.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>
`;
  for (const [i, one] of flows.slice(0, MAX_ROWS).entries()) yield flowHtml(one, i + 1);
  const more = flows.length > MAX_ROWS ? `<p>And ${flows.length - MAX_ROWS} more: the JSON form has all.</p>` : '';
  yield `</tbody></table>${more}</section>\n`;
}

function flowHtml({ flow, risk, events }: ReportFlow, row: number): string {
  const { workload, place, direction, entities, calls, firstSeen, lastSeen, channels, coverage, edges } = flow;
  const arrow = direction === 'out' ? '→' : '←';
  const classes = Object.entries(entities).map(([entity, count]) => `${entity} ${count}`);
  const cells = [
    `${workload.label} ${arrow} ${place.label}`,
    classes.join(', ') || 'none seen',
    String(calls),
    `${dayText(firstSeen)} to ${dayText(lastSeen)}`,
    channels.join(', '),
    coverageText(coverage),
    risk.risk === null ? 'not known' : String(risk.risk),
  ].map((text) => `<td>${escapeHtml(text)}</td>`);
  const ids = (list: readonly string[]) =>
    `<td class="ids">${list
      .slice(0, MAX_LINKS)
      .map((id) => `<code>${escapeHtml(id)}</code>`)
      .join(' ')}</td>`;
  return `<tr id="f${row}"><th scope="row">f${row}</th>${cells.join('')}${ids(edges)}${ids(events)}</tr>\n`;
}

/** Text and attribute values; what would steer a reader's eyes or terminal is a middle dot. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '·')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const STYLE = `
:root{color-scheme:light}
body{font:15px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0 auto;max-width:72rem;padding:1.5rem}
h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
.meta{color:#555;margin:0 0 1rem}
table{border-collapse:collapse;width:100%;font-size:.85rem}
th,td{border:1px solid #ccc;padding:.3rem .45rem;text-align:left;vertical-align:top}td{overflow-wrap:anywhere}
thead th{background:#f1f1f1}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(18rem,1fr));gap:.6rem;margin:0}
.figures div{border:1px solid #ccc;border-radius:.4rem;padding:.5rem .7rem}
.figures dt{color:#444}.figures dd{margin:0}.figures b{font-size:1.4rem}
.links a{color:#0b57a4}.links{font-size:.8rem}code{font-size:.78rem}
svg{width:100%;height:auto;border:1px solid #ccc;border-radius:.4rem}
tr:target{background:#fff6d6}
@page{margin:14mm}
@media print{body{max-width:none;padding:0;font-size:10pt}tr,.figures div{break-inside:avoid}thead{display:table-header-group}h2{break-after:avoid}a{color:inherit;text-decoration:none}}
`;
