/** The door: the one-time code of the link that `weir up` prints is used at once; else the provider or a token is asked for. */
import { useEffect, useState } from 'preact/hooks';
import { CopyField } from '../parts/controls.tsx';
import { Icon } from '../parts/icon.tsx';
import { Bones, Problem } from '../parts/states.tsx';
import { ApiFailure } from '../state/api.ts';
import { addressWith, go, parameter } from '../state/route.ts';
import { enter, enterAtProvider } from '../state/session.ts';

/** The link is `/signin?code=…`, or the code stands behind `#`, where no server sees it. */
function codeOfAddress(): string | null {
  const behind = new URLSearchParams(location.hash.slice(1)).get('code');
  return behind ?? (parameter('code') === '' ? null : parameter('code'));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** Takes the code out of the address, so that it stays in no history. */
function forgetCode(): void {
  const path = location.pathname === '/signin' ? '/' : location.pathname;
  go(addressWith({ code: null }, path), 'replace');
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search);
}

interface SignInProps {
  /** Why nobody is in any more. */
  readonly reason: string | null;
  /** Why the identity provider's word was not enough just before. */
  readonly refused: string | null;
  /** What the identity provider is called; null without one. */
  readonly provider: string | null;
}

export function SignInPage({ reason, refused, provider }: SignInProps) {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(refused === null ? null : sentence(refused));
  const [isTokenWrong, setTokenWrong] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [code, setCode] = useState(codeOfAddress);
  const [isUsingCode, setUsingCode] = useState(code !== null);

  // The link, opened where the door is open already, changes nothing but what stands behind `#`.
  useEffect(() => {
    const read = (): void => {
      const next = codeOfAddress();
      if (next === null) return;
      setCode(next);
      setUsingCode(true);
    };
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);

  useEffect(() => {
    document.title = 'Sign in · Weir';
    if (code === null) return;
    forgetCode();
    enter({ code }).catch((error: unknown) => {
      setUsingCode(false);
      const isUsed = error instanceof ApiFailure && (error.status === 401 || error.status === 403);
      setProblem(
        isUsed
          ? 'This link was used already or is older than 10 minutes. Have Weir make a new one, or sign in with a token.'
          : String(error instanceof Error ? error.message : error),
      );
    });
  }, [code]);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await enter({ token: token.trim() });
      if (location.pathname === '/signin') go('/', 'replace');
    } catch (error) {
      const isWrong = error instanceof ApiFailure && error.status === 401;
      setTokenWrong(isWrong);
      setProblem(
        isWrong ? 'This token is not known, or has expired.' : String(error instanceof Error ? error.message : error),
      );
      setBusy(false);
    }
  };

  const goToProvider = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await enterAtProvider();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };

  return (
    <main class="door">
      <div class="door-card">
        <div class="brand">
          <Icon name="weir" /> Weir
        </div>
        {isUsingCode ? (
          <>
            <h1>Signing in</h1>
            <Bones lines={2} />
          </>
        ) : (
          <>
            <h1>Sign in</h1>
            {reason !== null && <Problem tone="accent" title={reason} />}
            {problem !== null && (
              <div id="problem">
                <Problem title={problem} />
              </div>
            )}
            {provider !== null && (
              <>
                <button
                  type="button"
                  class="button"
                  data-kind="main"
                  disabled={isBusy}
                  aria-describedby={problem === null ? undefined : 'problem'}
                  onClick={() => void goToProvider()}
                >
                  Sign in with {provider}
                </button>
                <p class="door-or muted">or with a token</p>
              </>
            )}
            <form class="stack" onSubmit={(event) => void submit(event)}>
              <label class="field">
                <span>Token</span>
                <input
                  class="input mono"
                  type="password"
                  name="token"
                  autocomplete="current-password"
                  spellcheck={false}
                  required
                  value={token}
                  aria-invalid={isTokenWrong}
                  aria-describedby={problem === null ? undefined : 'problem'}
                  onInput={(event) => setToken(event.currentTarget.value)}
                />
              </label>
              <button
                type="submit"
                class="button"
                data-kind={provider === null ? 'main' : undefined}
                disabled={isBusy || token.trim() === ''}
              >
                {provider === null ? 'Sign in' : 'Sign in with a token'}
              </button>
            </form>
            <div class="stack">
              <p class="muted">
                <code>weir up</code> prints a link that signs you in, once, for ten minutes. On the host where Weir
                runs, this makes a token:
              </p>
              <CopyField label="the command" text="weir token create --name you --role reviewer" />
            </div>
          </>
        )}
      </div>
    </main>
  );
}
