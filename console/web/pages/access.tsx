/** For administrators: who may open the console and its API. */
import { useState } from 'preact/hooks';
import { ACCESS, type Access } from '../../../flow/access.ts';
import type { NewToken, TokenEntry } from '../../api/shapes.ts';
import { CopyField } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { ago, day } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Problem, Shown } from '../parts/states.tsx';
import { say } from '../parts/toasts.tsx';
import { createToken, readTokens, revokeToken } from '../state/endpoints.ts';
import { useLoaded } from '../state/loaded.ts';
import { now } from '../state/now.ts';
import { may } from '../state/session.ts';

const MAY: Readonly<Record<Access, string>> = {
  viewer: 'reads everything but excerpts',
  reviewer: 'also opens excerpts and reviews',
  admin: 'also changes policies and tokens',
};

export function AccessPage() {
  const isAdmin = may('admin');
  const tokens = useLoaded(isAdmin ? 'tokens' : null, readTokens);
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<TokenEntry | null>(null);
  if (!isAdmin) {
    return (
      <Page title="Access">
        <section class="card">
          <Empty icon="settings" title="This is for administrators" />
        </section>
      </Page>
    );
  }
  return (
    <Page
      title="Access"
      tools={
        <button type="button" class="button" data-kind="main" onClick={() => setMaking(true)}>
          <Icon name="plus" /> New token
        </button>
      }
    >
      <section class="card" aria-labelledby="tokens">
        <div class="card-head">
          <h2 id="tokens">Tokens</h2>
          <span class="muted small">They open the console and its API. Reviews are signed with their name.</span>
        </div>
        <Shown of={tokens} lines={5}>
          {({ tokens: entries }) =>
            entries.length === 0 ? (
              <Empty icon="settings" title="There are no tokens">
                <p>
                  The link that <code>weir up</code> prints is the only way in.
                </p>
              </Empty>
            ) : (
              <Tokens entries={entries} onRevoke={setRevoking} />
            )
          }
        </Shown>
      </section>
      {isMaking && <MakeDialog onClose={() => setMaking(false)} onMade={tokens.reload} />}
      {revoking !== null && <RevokeDialog entry={revoking} onClose={() => setRevoking(null)} onDone={tokens.reload} />}
    </Page>
  );
}

function Tokens({
  entries,
  onRevoke,
}: {
  readonly entries: readonly TokenEntry[];
  readonly onRevoke: (entry: TokenEntry) => void;
}) {
  return (
    <ul class="rows">
      {entries.map((entry) => (
        <li key={entry.id}>
          <b>{entry.name}</b>
          <span class="badge">{entry.role}</span>
          <span class="muted small">
            made {day(entry.created)}, last used {ago(entry.lastUsed, now.value)}
          </span>
          <span class="badge" data-tone={entry.isExpired ? 'block' : 'none'}>
            {entry.isExpired ? 'expired' : entry.expires === null ? 'never expires' : `expires ${day(entry.expires)}`}
          </span>
          <button
            type="button"
            class="button"
            data-kind="danger"
            aria-label={`Revoke ${entry.name}`}
            onClick={() => onRevoke(entry)}
          >
            Revoke
          </button>
        </li>
      ))}
    </ul>
  );
}

const NAME = '[A-Za-z0-9][A-Za-z0-9._@\\-]{0,63}';
const EXPIRES = [
  { value: '7d', label: 'in 7 days' },
  { value: '30d', label: 'in 30 days' },
  { value: '90d', label: 'in 90 days' },
  { value: '365d', label: 'in a year' },
  { value: 'never', label: 'never' },
] as const;

function MakeDialog({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Access>('viewer');
  const [expires, setExpires] = useState<string>('90d');
  const [problem, setProblem] = useState<string | null>(null);
  const [made, setMade] = useState<NewToken | null>(null);
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      setMade(await createToken({ name, role, expires }));
      onMade();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  if (made !== null) {
    return (
      <Dialog title={`The token of ${made.entry.name}`} onClose={onClose}>
        <p>It is shown this once: nobody can look it up later.</p>
        <CopyField text={made.token} label="the token" />
        <div class="dialog-foot">
          <button type="button" class="button" data-kind="main" onClick={onClose}>
            Done
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="A new token" onClose={onClose}>
      <form class="stack" data-gap="l" onSubmit={(event) => void make(event)}>
        {problem !== null && <Problem title={problem} />}
        <label class="field">
          <span>Name, with which reviews are signed</span>
          <input
            class="input"
            required
            pattern={NAME}
            maxLength={64}
            value={name}
            spellcheck={false}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Role</span>
          <select
            class="input"
            value={role}
            onChange={(event) => setRole(ACCESS.find((one) => one === event.currentTarget.value) ?? 'viewer')}
          >
            {ACCESS.map((one) => (
              <option key={one} value={one}>
                {one}: {MAY[one]}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Expires</span>
          <select class="input" value={expires} onChange={(event) => setExpires(event.currentTarget.value)}>
            {EXPIRES.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <div class="dialog-foot">
          <button type="submit" class="button" data-kind="main" disabled={name === ''}>
            Make the token
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface RevokeProps {
  readonly entry: TokenEntry;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function RevokeDialog({ entry, onClose, onDone }: RevokeProps) {
  const revoke = async (): Promise<void> => {
    try {
      await revokeToken(entry.id);
      say(`The token of ${entry.name} is revoked`);
      onDone();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), 'problem');
    }
    onClose();
  };
  return (
    <Dialog title={`Revoke the token of ${entry.name}?`} onClose={onClose}>
      <p>It is refused at once, and its sessions end. This cannot be taken back.</p>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" class="button" data-kind="danger" onClick={() => void revoke()}>
          Revoke
        </button>
      </div>
    </Dialog>
  );
}
