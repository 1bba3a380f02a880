/** Who is signed in and what that person may do. The cookie is the server's; nothing of it is read here. */
import { computed, signal } from '@preact/signals';
import type { Access, SessionState } from '../../api/shapes.ts';
import { ApiFailure, whenSignedOut } from './api.ts';
import * as endpoints from './endpoints.ts';

/** `reason`: why nobody is in any more. `problem`: why somebody was not let in. `provider`: where one can sign in too. */
interface Out {
  readonly kind: 'out';
  readonly reason: string | null;
  readonly problem: string | null;
  readonly provider: string | null;
}

export type Door =
  | { readonly kind: 'asking' }
  | Out
  | { readonly kind: 'in'; readonly state: SessionState }
  | { readonly kind: 'failed'; readonly failure: ApiFailure };

export const door = signal<Door>({ kind: 'asking' });

const RANK: Readonly<Record<Access, number>> = { viewer: 0, reviewer: 1, admin: 2 };

export const session = computed(() => (door.value.kind === 'in' ? door.value.state.session : null));

/** Whether whoever is signed in may do what `role` may. */
export function may(role: Access): boolean {
  const own = session.value?.role;
  return own !== undefined && RANK[own] >= RANK[role];
}

/** Other tabs of this browser are told when the session begins or ends. */
const tabs = new BroadcastChannel('weir-session');
tabs.onmessage = ({ data }) => {
  if (data === 'out' && door.value.kind === 'in') goOut('You signed out in another tab.');
  if (data === 'in' && door.value.kind !== 'in') void askSession();
};

whenSignedOut(() => {
  if (door.value.kind === 'in') goOut('Your session has ended.');
});

/** Asks who is signed in. */
export async function askSession(): Promise<void> {
  try {
    const state = await endpoints.readSession();
    const { session: own, problem, provider } = state;
    door.value = own === null ? { kind: 'out', reason: null, problem, provider } : { kind: 'in', state };
  } catch (error) {
    door.value = { kind: 'failed', failure: error instanceof ApiFailure ? error : new ApiFailure(-1, String(error)) };
  }
}

/** Signs in with a token or the one-time code of a link. Rejects with ApiFailure. */
export async function enter(key: { readonly token: string } | { readonly code: string }): Promise<void> {
  const state = await endpoints.signIn(key);
  door.value = { kind: 'in', state };
  tabs.postMessage('in');
}

/** Sends the browser to the identity provider; it comes back to the page that is open. Rejects with ApiFailure. */
export async function enterAtProvider(): Promise<void> {
  const back = location.pathname === '/signin' ? '/' : location.pathname + location.search;
  const { url } = await endpoints.signInAtProvider(back);
  location.assign(url);
}

/** Signs out, in every tab, and at the identity provider where the session began there. */
export async function leave(): Promise<void> {
  const onward = await endpoints.signOut();
  tabs.postMessage('out');
  if (onward === null) goOut(null);
  else location.assign(onward.url);
}

function goOut(reason: string | null): void {
  const provider = door.value.kind === 'in' ? door.value.state.provider : null;
  door.value = { kind: 'out', reason, problem: null, provider };
}
