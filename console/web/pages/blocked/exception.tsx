/** For a false positive: the narrowest exception that lets it pass, what that would have changed, and the YAML to review. */
import { useState } from 'preact/hooks';
import type { Backtest, ExceptionProposal } from '../../../api/shapes.ts';
import { copyText, Download, Segmented } from '../../parts/controls.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Diff } from '../../parts/diff.tsx';
import { count, counted, day, words } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Shown } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import { proposeException } from '../../state/endpoints.ts';
import { useLoaded } from '../../state/loaded.ts';

type Scope = ExceptionProposal['by'];

const SCOPE: Readonly<Record<Scope, string>> = {
  fingerprint: 'These values',
  path: 'This place',
  rule: 'The whole rule',
};
const DAYS = ['7', '30', '90', '365'] as const;

interface Props {
  readonly id: string;
  readonly onClose: () => void;
}

export function ExceptionProposalDialog({ id, onClose }: Props) {
  const [by, setBy] = useState<Scope | null>(null);
  const [days, setDays] = useState<(typeof DAYS)[number]>('30');
  const proposal = useLoaded(
    `${id} ${by} ${days}`,
    (abort) => proposeException(id, { ...(by === null ? {} : { by }), days: Number(days) }, abort),
    { keepsOld: true },
  );
  return (
    <Dialog title="An exception for this false positive" size="wide" onClose={onClose}>
      <Shown of={proposal} lines={6}>
        {(shown) => (
          <>
            <div class="toolbar">
              <Segmented
                label="What it lets pass"
                options={shown.scopes.map((key) => ({ key, label: SCOPE[key] }))}
                value={by ?? shown.by}
                onChoose={setBy}
              />
              <Segmented
                label="Expires"
                options={DAYS.map((key) => ({ key, label: `${key} days` }))}
                value={days}
                onChoose={setDays}
              />
            </div>
            <p>
              {shown.text}{' '}
              <span class="muted">Expires {day(shown.expires)}. The value itself stands nowhere in it.</span>
            </p>
            <Effect effect={shown.effect} />
            <div class="stack">
              <h3>
                The change <span class="muted mono small">{shown.file}</span>
              </h3>
              <Diff text={shown.diff} />
            </div>
            <div class="dialog-foot">
              {!shown.isWritable && (
                <p class="muted small grows">
                  The folder of policies is read-only here: apply the change where it is kept.
                </p>
              )}
              <button
                type="button"
                class="button"
                onClick={() => void copyText(shown.yaml).then((done) => done && say('The YAML is copied'))}
              >
                <Icon name="copy" /> Copy YAML
              </button>
              <Download name="exception.diff" text={shown.diff}>
                Download diff
              </Download>
              {shown.isWritable && (
                <a
                  class="button"
                  data-kind="main"
                  href={`/policies?view=edit&file=${encodeURIComponent(shown.file)}&exception=${encodeURIComponent(id)}`}
                >
                  Open in the editor
                </a>
              )}
            </div>
          </>
        )}
      </Shown>
    </Dialog>
  );
}

/** What a change would have done to the events that are stored. */
export function Effect({ effect }: { readonly effect: Backtest }) {
  const changed = effect.changed.reduce((sum, { events }) => sum + events, 0);
  return (
    <div class="effect">
      <h3>
        What it would have changed{' '}
        <span class="muted small">
          {day(effect.range.from)} to {day(effect.range.to)}
          {!effect.isComplete && ', which is as far as it came'}
        </span>
      </h3>
      <dl class="effect-figures">
        <div>
          <dt>changed</dt>
          <dd>{count(changed)}</dd>
        </div>
        <div>
          <dt>unchanged</dt>
          <dd>{count(effect.unchanged)}</dd>
        </div>
        <div>
          <dt>undecidable</dt>
          <dd>{count(effect.undecidable)}</dd>
        </div>
      </dl>
      {effect.changed.length > 0 && (
        <ul class="reasons">
          {effect.changed.map(({ before, after, events, policy, rule, samples }) => (
            <li key={`${before} ${after} ${policy} ${rule}`}>
              {counted(events, 'event')}: {before} → <b>{after}</b>
              {policy !== null && (
                <span class="muted">
                  {' '}
                  by {policy}/{rule}
                </span>
              )}
              {samples[0] !== undefined && (
                <>
                  {' '}
                  <a href={`/blocked?state=all&event=${encodeURIComponent(samples[0])}`}>one of them</a>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {effect.undecidable > 0 && (
        <p class="muted small">
          Undecidable without the text, which is not kept:{' '}
          {Object.entries(effect.reasons)
            .map(([reason, events]) => `${words(reason)} (${count(events)})`)
            .join(', ')}
          .
        </p>
      )}
    </div>
  );
}
