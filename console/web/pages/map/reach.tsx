/** What data can have come to from a place or with a class, and over which hops: asked for when somebody wants to know. */
import { useState } from 'preact/hooks';
import type { Lineage, LineageQuery } from '../../../api/shapes.ts';
import { counted } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Bones, Failure } from '../../parts/states.tsx';
import { Entity } from '../../parts/words.tsx';
import { readLineage } from '../../state/endpoints.ts';
import { useLoaded } from '../../state/loaded.ts';

interface ReachProps {
  readonly title: string;
  readonly ask: LineageQuery;
}

const PATHS = 20;
const PLACES = 60;

export function Reach({ title, ask }: ReachProps) {
  const key = JSON.stringify(ask);
  const [asked, setAsked] = useState('');
  const isAsked = asked === key;
  const lineage = useLoaded(isAsked ? key : null, (abort) => readLineage({ ...ask, limit: PATHS }, abort));
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {!isAsked && (
        <p>
          <button type="button" class="button" onClick={() => setAsked(key)}>
            <Icon name="history" /> Trace it
          </button>
        </p>
      )}
      {isAsked &&
        lineage.data === null &&
        (lineage.failure === null ? <Bones lines={3} /> : <Failure failure={lineage.failure} retry={lineage.reload} />)}
      {isAsked && lineage.data !== null && <Found lineage={lineage.data} />}
    </section>
  );
}

function Found({ lineage }: { readonly lineage: Lineage }) {
  const { reach, paths, isKnown, notSeen } = lineage;
  if (!isKnown.from || !isKnown.to) {
    return <p class="muted">This joins several places: narrow the map to one of them.</p>;
  }
  return (
    <div class="stack">
      {reach !== null && <Places places={reach} />}
      {reach !== null && paths.length > 0 && <h4>Over which hops</h4>}
      <Paths lineage={lineage} />
      {notSeen.map((text) => (
        <p key={text} class="muted small">
          Not seen: {text}.
        </p>
      ))}
    </div>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  workload: 'service',
  llm: 'LLM',
  datastore: 'data store',
  thirdparty: 'third party',
  internal: 'inside',
  unknown: 'unknown',
};

function Places({ places }: { readonly places: NonNullable<Lineage['reach']> }) {
  if (places.length === 0) return <p class="muted">No place.</p>;
  return (
    <ul class="reach">
      {places.slice(0, PLACES).map(({ label, kind, owner, hops, isHeld, entities }) => (
        <li key={`${kind} ${label}`}>
          <span class="reach-name">{label}</span>
          <span class="muted small">
            {KINDS[kind] ?? kind}, {counted(hops, 'hop')}
            {owner === null ? '' : `, ${owner}`}
          </span>
          {isHeld ? (
            <span class="badge" data-tone="allow">
              held back
            </span>
          ) : null}
          <Classes names={Object.keys(entities)} />
          {Object.values(entities).every((certainty) => certainty === 'possible') && (
            <span class="badge" data-tone="alert">
              possible
            </span>
          )}
        </li>
      ))}
      {places.length > PLACES && <li class="muted small">And {places.length - PLACES} more.</li>}
    </ul>
  );
}

function Classes({ names }: { readonly names: readonly string[] }) {
  return (
    <span class="entities">
      {names.map((entity) => (
        <Entity key={entity} entity={entity} category={null} />
      ))}
    </span>
  );
}

/** Chains, each from its beginning to its end. */
export function Paths({ lineage }: { readonly lineage: Lineage }) {
  if (lineage.paths.length === 0) return <p class="muted">No other flow with the same classes of data leads here.</p>;
  return (
    <ol class="lineage">
      {lineage.paths.map((path) => (
        <li key={`${path.entities.join()} ${path.hops.map(({ edge }) => edge).join(' ')}`}>
          <div class="toolbar">
            <span class="badge" data-tone={path.certainty === 'confirmed' ? 'block' : 'alert'}>
              {path.certainty}
            </span>
            <Classes names={path.entities} />
          </div>
          <p>
            {path.hops[0]?.from}
            {path.hops.map((hop) => (
              <span key={`${hop.edge} ${hop.to}`}>
                {' '}
                <span class="faint">→</span> {hop.to}
              </span>
            ))}
          </p>
        </li>
      ))}
      {!lineage.isComplete && <li class="muted small">There are more.</li>}
    </ol>
  );
}
