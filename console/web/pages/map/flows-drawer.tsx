/** The flows through one mark of the map, or in one ribbon, riskiest first. */
import type { FlowMap, LineageQuery, MapFlow } from '../../../api/shapes.ts';
import type { PlacedMark } from '../../charts/sankey.ts';
import { Drawer } from '../../parts/drawer.tsx';
import { ago, count, counted, moment, words } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Entities, Risk } from '../../parts/words.tsx';
import { now } from '../../state/now.ts';
import { addressWith, change, parameter, parameters } from '../../state/route.ts';
import { Reach } from './reach.tsx';

interface Props {
  readonly map: FlowMap;
  readonly title: string;
  readonly mark: PlacedMark | null;
  readonly flows: readonly MapFlow[];
  readonly onEdge: (id: string) => void;
  readonly onClose: () => void;
}

const SHOWN = 60;

/** A search with another condition; the same is not put twice. */
function narrowed(by: string): string {
  const q = parameter('q');
  return q.includes(by) ? q : `${q} ${by}`.trim();
}

/** What can be asked of a mark: a class, a place that data comes from, or one that it goes to. */
function traceOf({ entity, node }: PlacedMark): { readonly title: string; readonly ask: LineageQuery } | null {
  if (entity !== null) return { title: 'Where it came from and went', ask: { entity } };
  if (node === null || node.isRest) return null;
  const isOrigin = node.side === 'source' || node.kind === 'datastore';
  return isOrigin
    ? { title: 'What its data can reach', ask: { from: node.label } }
    : { title: 'Whose data can have come here', ask: { to: node.label } };
}

export function FlowsDrawer({ map, title, mark, flows, onEdge, onClose }: Props) {
  const categories = new Map(map.classes.map(({ entity, category }) => [entity, category]));
  const labels = new Map(map.nodes.map((node) => [node.id, node.isRest ? `${node.members} others` : node.label]));
  const filter = mark?.node?.filter ?? null;
  const trace = mark === null ? null : traceOf(mark);
  return (
    <Drawer
      title={title}
      note={
        <p class="muted">
          {mark?.note === '' || mark === null
            ? counted(flows.length, 'flow')
            : `${mark.note} · ${counted(flows.length, 'flow')}`}
        </p>
      }
      onClose={onClose}
    >
      {mark !== null && (
        <div class="toolbar">
          {mark.entity !== null && (
            <button
              type="button"
              class="button"
              onClick={() => change({ class: [...new Set([...parameters('class'), mark.entity ?? ''])] }, 'push')}
            >
              <Icon name="filter" /> Only this class
            </button>
          )}
          {filter !== null && (
            <button type="button" class="button" onClick={() => change({ q: narrowed(filter) }, 'push')}>
              <Icon name="filter" /> Only this
            </button>
          )}
        </div>
      )}
      {trace !== null && <Reach title={trace.title} ask={trace.ask} />}
      <ul class="flow-list">
        {flows.slice(0, SHOWN).map((flow) => (
          <li key={flow.id}>
            <FlowLine
              flow={flow}
              from={labels.get(flow.source) ?? ''}
              to={labels.get(flow.destination) ?? ''}
              onEdge={onEdge}
            />
            <Entities
              of={Object.entries(flow.entities).map(([entity, times]) => ({
                entity,
                category: categories.get(entity) ?? null,
                count: times,
              }))}
              most={4}
            />
            <span class="muted small">
              {count(flow.calls)} calls ·{' '}
              <span title={moment(flow.lastSeen)}>last {ago(flow.lastSeen, now.value)}</span> · seen by{' '}
              {flow.channels.join(', ')}
              {flow.coverage.level !== 'full' &&
                ` · ${flow.coverage.level === 'opaque' ? 'not all readable' : 'read in part'}: ${words(flow.coverage.reason ?? 'no reason is known')}`}
            </span>
          </li>
        ))}
      </ul>
      {flows.length > SHOWN && (
        <p class="muted">And {flows.length - SHOWN} more: narrow the map, or look at the table.</p>
      )}
    </Drawer>
  );
}

interface LineProps {
  readonly flow: MapFlow;
  readonly from: string;
  readonly to: string;
  readonly onEdge: (id: string) => void;
}

function FlowLine({ flow, from, to, onEdge }: LineProps) {
  const { edge, filter, edges, direction, risk, isNew } = flow;
  const text = (
    <>
      {from} <span class="faint">{direction === 'out' ? '→' : '←'}</span> {to}
    </>
  );
  return (
    <span class="flow-line">
      {edge === null ? (
        <a href={addressWith({ view: 'table', q: filter })}>
          {text} <span class="muted small">({counted(edges, 'flow')})</span>
        </a>
      ) : (
        <button type="button" class="link-cell" onClick={() => onEdge(edge)}>
          {text}
        </button>
      )}
      {isNew && (
        <span class="badge" data-tone="accent">
          new
        </span>
      )}
      <Risk score={risk} />
    </span>
  );
}
