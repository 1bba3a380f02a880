/** A sample, tried on the text as it is written: what is found in it, which rule decides, and what would leave. */
import { useEffect, useState } from 'preact/hooks';
import { ROLES } from '../../../../flow/role.ts';
import type { TryAnswer } from '../../../api/shapes.ts';
import { Problem } from '../../parts/states.tsx';
import { ActionBadge, dataTone, Entity } from '../../parts/words.tsx';
import { tryPolicy } from '../../state/endpoints.ts';
import { NotReadable } from './policy-checks.tsx';

interface Props {
  readonly id: string;
  readonly text: string;
}

const REST_MS = 300;

export function TryPanel({ id, text }: Props) {
  const [sample, setSample] = useState('');
  const [to, setTo] = useState('api.openai.com');
  const [role, setRole] = useState<(typeof ROLES)[number]>('user');
  const [answer, setAnswer] = useState<{ readonly of: string; readonly is: TryAnswer } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    if (sample === '') {
      setAnswer(null);
      setFailure(null);
      return;
    }
    let isGone = false;
    const timer = setTimeout(() => {
      tryPolicy({ sample, file: id, text, to: to.trim() || undefined, role }).then(
        (is) => {
          if (isGone) return;
          setAnswer({ of: sample, is });
          setFailure(null);
        },
        (error: unknown) => {
          if (!isGone) setFailure(error instanceof Error ? error.message : String(error));
        },
      );
    }, REST_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [sample, to, role, id, text]);

  return (
    <>
      <label class="field">
        <span>Sample, looked at and forgotten</span>
        <textarea
          class="input sample"
          maxLength={65_536}
          spellcheck={false}
          placeholder="Write or paste what an app would send. Use made-up data."
          value={sample}
          onInput={(event) => setSample(event.currentTarget.value)}
        />
      </label>
      <div class="toolbar">
        <label class="field grows">
          <span>To</span>
          <input
            class="input mono"
            value={to}
            spellcheck={false}
            maxLength={300}
            onInput={(event) => setTo(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Role</span>
          <select
            class="input"
            value={role}
            onChange={(event) => setRole(ROLES.find((one) => one === event.currentTarget.value) ?? 'user')}
          >
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      </div>
      {failure !== null && <Problem title={failure} />}
      {answer === null && failure === null && (
        <p class="muted">What would happen to it is shown here, as you write on either side.</p>
      )}
      {answer !== null && <Result sample={answer.of} answer={answer.is} />}
    </>
  );
}

function Result({ sample, answer }: { readonly sample: string; readonly answer: TryAnswer }) {
  const { problems, action, policy, rule, monitored, message, explanation, findings, output } = answer;
  if (problems.length > 0) return <NotReadable problems={problems} />;
  return (
    <div class="stack" data-gap="l" role="status">
      <div class="toolbar">
        <ActionBadge action={action} />
        {rule !== null && (
          <span>
            by <code>{`${policy}/${rule}`}</code>
          </span>
        )}
        {monitored !== null && (
          <span class="muted small">
            monitored: {monitored.action} by {monitored.policy}/{monitored.rule}
          </span>
        )}
      </div>
      <div class="stack">
        <h3>Found</h3>
        {findings.length === 0 ? <p class="muted">Nothing.</p> : <Marked sample={sample} findings={findings} />}
        {findings.length > 0 && (
          <ul class="entities">
            {findings.map(({ entity, category, start, score }) => (
              <li key={`${start} ${entity}`}>
                <Entity entity={entity} category={category} /> <span class="faint small">{score.toFixed(2)}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      {explanation.length > 0 && (
        <div class="stack">
          <h3>Why</h3>
          <ul class="reasons">
            {explanation.map(({ policy: of, rule: by, text }) => (
              <li key={`${of}/${by} ${text}`}>
                {of}/{by}: {text}
              </li>
            ))}
          </ul>
        </div>
      )}
      {message !== null && <blockquote class="message">{message}</blockquote>}
      <div class="stack">
        <h3>What would leave</h3>
        {output === null ? <p class="muted">Nothing: it is blocked.</p> : <pre class="block-code">{output}</pre>}
      </div>
    </div>
  );
}

/** The sample with each finding marked; of findings that lie in one another, the first. */
function Marked({ sample, findings }: { readonly sample: string; readonly findings: TryAnswer['findings'] }) {
  const parts: preact.ComponentChildren[] = [];
  let at = 0;
  for (const { entity, category, start, end } of findings.toSorted((a, b) => a.start - b.start)) {
    if (start < at) continue;
    parts.push(sample.slice(at, start));
    parts.push(
      <mark key={start} title={entity} style={{ '--tone': dataTone(category) }}>
        {sample.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  parts.push(sample.slice(at));
  return <p class="excerpt sample-marked">{parts}</p>;
}
