/** Reports: what was seen, for people who have to account for it; on the page, and as the files that `weir flows report` writes. */
import { useState } from 'preact/hooks';
import type { ReportView } from '../../api/shapes.ts';
import { handOut, Segmented } from '../parts/controls.tsx';
import { count, counted, day, moment } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Page, RangeOrAllChoice } from '../parts/page.tsx';
import { Shown } from '../parts/states.tsx';
import { say } from '../parts/toasts.tsx';
import { readReport, readReportFile } from '../state/endpoints.ts';
import { useLoaded } from '../state/loaded.ts';
import { chosenRangeOrAll, momentsOf } from '../state/range.ts';
import { change, parameter } from '../state/route.ts';

const KINDS = [
  { key: 'scan-first', label: 'Scan first', text: 'data stores, the most urgent first' },
  { key: 'pci', label: 'PCI DSS', text: 'card data, and the flows that leave its environment' },
  { key: 'gdpr', label: 'GDPR', text: 'recipients of personal data: the record of processing' },
  { key: 'ccpa', label: 'CCPA', text: 'personal information that other businesses received' },
  { key: 'hipaa', label: 'HIPAA', text: 'health information, and to whom it is disclosed' },
] as const;
const FORMATS = [
  ['html', 'HTML, to print'],
  ['md', 'Markdown'],
  ['csv', 'CSV'],
  ['json', 'JSON'],
  ['cyclonedx', 'CycloneDX'],
  ['openlineage', 'OpenLineage'],
] as const;
type Format = (typeof FORMATS)[number][0];

export function ReportsPage() {
  const named = parameter('report');
  const kind = KINDS.find(({ key }) => key === named)?.key ?? 'scan-first';
  const range = chosenRangeOrAll();
  const moments = (): { readonly from?: string; readonly to?: string } => (range === null ? {} : momentsOf(range));
  const report = useLoaded(`${kind} ${range?.key ?? 'all'}`, (abort) => readReport(kind, moments(), abort));
  return (
    <Page title="Reports" tools={<RangeOrAllChoice />}>
      <div class="toolbar">
        <Segmented
          label="Report"
          options={KINDS}
          value={kind}
          onChoose={(next) => change({ report: next === 'scan-first' ? null : next }, 'push')}
        />
        <Files onAsk={(format) => readReportFile(kind, { ...moments(), format })} />
      </div>
      <Shown of={report} lines={8}>
        {(view) => <View report={view} />}
      </Shown>
    </Page>
  );
}

/** A format, and the button that hands the file out. */
function Files({
  onAsk,
}: {
  readonly onAsk: (format: Format) => Promise<{ readonly name: string; readonly text: string }>;
}) {
  const [format, setFormat] = useState<Format>('html');
  const [isBusy, setBusy] = useState(false);
  const hand = async (): Promise<void> => {
    setBusy(true);
    try {
      const { name, text } = await onAsk(format);
      handOut(name, text);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), 'problem');
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="toolbar report-files">
      <label class="field-inline">
        <span class="unseen">Format</span>
        <select
          class="input"
          value={format}
          onChange={({ currentTarget }) =>
            setFormat(FORMATS.find(([key]) => key === currentTarget.value)?.[0] ?? 'html')
          }
        >
          {FORMATS.map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="button" disabled={isBusy} onClick={() => void hand()}>
        <Icon name="download" /> Download
      </button>
    </div>
  );
}

function View({ report }: { readonly report: ReportView }) {
  const { title, lead, figures, tables, notSeen, period, made, flows } = report;
  return (
    <>
      <section class="card" aria-labelledby="report-title">
        <div class="card-head">
          <h2 id="report-title">{title}</h2>
          <span class="more muted small" title={moment(made)}>
            {period === null ? 'nothing was seen' : `seen ${day(period.from)} to ${day(period.to)}`}
            {flows > 0 && `, ${counted(flows, 'flow')}`}
          </span>
        </div>
        <div class="card-body stack">
          {lead.map((text) => (
            <p key={text} class="muted">
              {text}
            </p>
          ))}
          <dl class="report-figures">
            {figures.map(({ label, value, edges }) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>
                  {count(value)}{' '}
                  {edges.length > 0 && <EdgeLinks edges={edges} total={edges.length} of={label} most={1} />}
                </dd>
              </div>
            ))}
          </dl>
        </div>
      </section>
      {tables.map((table) => (
        <TableCard key={table.title} table={table} />
      ))}
      <section class="card" aria-labelledby="not-seen">
        <div class="card-head">
          <h2 id="not-seen">What could not be seen</h2>
        </div>
        <ul class="card-body stack report-gaps">
          {notSeen.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </section>
    </>
  );
}

function TableCard({ table }: { readonly table: ReportView['tables'][number] }) {
  const { title, intro, columns, rows, total } = table;
  return (
    <section class="card" aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
        <span class="badge">{count(total)}</span>
      </div>
      {intro !== '' && <p class="card-body muted report-intro">{intro}</p>}
      {rows.length === 0 ? (
        <p class="card-body muted">None.</p>
      ) : (
        <div class="card-table">
          <table class="table report-table">
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
                <th scope="col">Evidence</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ cells, edges, edgeCount }, at) => (
                <tr key={`${at} ${cells[0]}`}>
                  {cells.map((cell, column) => (
                    <td key={columns[column]}>{cell}</td>
                  ))}
                  <td>
                    <EdgeLinks edges={edges} total={edgeCount} of={cells[0] ?? title} most={3} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {total > rows.length && (
        <p class="card-body muted">And {count(total - rows.length)} more: the file has all of them.</p>
      )}
    </section>
  );
}

interface EdgeLinksProps {
  readonly edges: readonly string[];
  readonly total: number;
  /** What they are the evidence of, for readers of a screen. */
  readonly of: string;
  readonly most: number;
}

function EdgeLinks({ edges, total, of, most }: EdgeLinksProps) {
  const shown = edges.slice(0, most);
  if (shown.length === 0) return <span class="faint">none</span>;
  return (
    <span class="report-links">
      {shown.map((edge, at) => (
        <a key={edge} href={`/map?edge=${encodeURIComponent(edge)}`} aria-label={`Flow ${at + 1} of ${of}`}>
          flow {at + 1}
        </a>
      ))}
      {total > shown.length && most > 1 && <span class="faint small">of {count(total)}</span>}
    </span>
  );
}
