/** What a text of policies does: its own tests, and stored events replayed. */
import { useState } from 'preact/hooks';
import type { Problem as PolicyProblem } from '../../../api/shapes.ts';
import { Segmented } from '../../parts/controls.tsx';
import { counted } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Bones, Empty, Failure, Problem } from '../../parts/states.tsx';
import { backtestPolicy, testPolicy } from '../../state/endpoints.ts';
import { useLoaded } from '../../state/loaded.ts';
import { Effect } from '../blocked/exception.tsx';

interface Props {
  readonly id: string;
  readonly text: string;
}

/** Said in place of a result, where the text cannot be read as policies. */
export function NotReadable({ problems }: { readonly problems: readonly PolicyProblem[] }) {
  return (
    <Problem tone="alert" title="First mend the text">
      <p>
        {problems[0]?.line}:{problems[0]?.column} {problems[0]?.message}
      </p>
    </Problem>
  );
}

export function TestsPanel({ id, text }: Props) {
  const tests = useLoaded(`${id}\n${text}`, () => testPolicy({ file: id, text }), { keepsOld: true });
  if (tests.data === null)
    return tests.failure === null ? <Bones lines={3} /> : <Failure failure={tests.failure} retry={tests.reload} />;
  const { passed, failed, results, problems } = tests.data;
  if (problems.length > 0) return <NotReadable problems={problems} />;
  if (passed + failed === 0) {
    return (
      <Empty icon="flask" title="There are no tests in it">
        <p>
          Write some under <code>tests:</code>, one that is blocked and one that is not.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <p role="status">
        <b>{counted(passed, 'test')} passed</b>
        {failed > 0 && (
          <>
            ,{' '}
            <span class="badge" data-tone="block">
              {failed} failed
            </span>
          </>
        )}
      </p>
      <ul class="rows tests">
        {results.map((result, i) => (
          <li key={`${i} ${result.policy}`}>
            <span class="dot" data-tone={result.failures.length === 0 ? 'allow' : 'block'} />
            <div>
              <span class="muted small">
                {result.policy}
                {result.line !== null && `, line ${result.line}`}, expects {result.expect}
                <span class="unseen">{result.failures.length === 0 ? ', passed' : ', failed'}</span>
              </span>
              <p class="test-text">{result.text}</p>
              {result.failures.map((failure) => (
                <p class="test-failure" key={failure}>
                  {failure}
                </p>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

const DAYS = ['7', '30', '90'] as const;

export function BacktestPanel({ id, text, isAtOnce = false }: Props & { readonly isAtOnce?: boolean }) {
  const [days, setDays] = useState<(typeof DAYS)[number]>('30');
  const [asked, setAsked] = useState<string | null>(isAtOnce ? text : null);
  const backtest = useLoaded(
    asked === null ? null : `${id} ${days}\n${asked}`,
    () => backtestPolicy({ file: id, text: asked ?? '', days: Number(days) }),
    { keepsOld: true },
  );
  return (
    <>
      <div class="toolbar">
        <Segmented
          label="Stored events of"
          options={DAYS.map((key) => ({ key, label: `${key} days` }))}
          value={days}
          onChoose={setDays}
        />
        {(asked === null || asked !== text) && (
          <button type="button" class="button" onClick={() => setAsked(text)}>
            <Icon name="history" /> {asked === null ? 'Replay' : 'Replay the new text'}
          </button>
        )}
      </div>
      {asked === null && (
        <p class="muted">
          Replays the rules of this text on the findings of stored events, in place of those in force.
        </p>
      )}
      {asked !== null &&
        backtest.data === null &&
        (backtest.failure === null ? (
          <Bones lines={3} />
        ) : (
          <Failure failure={backtest.failure} retry={backtest.reload} />
        ))}
      {backtest.data !== null &&
        (backtest.data.backtest === null ? (
          <NotReadable problems={backtest.data.problems} />
        ) : (
          <Effect effect={backtest.data.backtest} />
        ))}
    </>
  );
}
