/**
 * What a route is answered with: a handler for each, typed by the table. Handlers may run in another thread than the one
 * that listens, so that what is asked and answered is plain data.
 */
import type { Access } from '../../flow/access.ts';
import type { ROUTES, RouteId } from './routes.ts';
import type { Of } from './schema.ts';
import type { Failure } from './shapes.ts';

export type FailureCode = Failure['code'];

/** Whoever asks, as far as a handler needs to know. */
export interface Asker {
  readonly name: string;
  readonly role: Access;
}

export interface Asked {
  readonly route: RouteId;
  readonly by: Asker;
  /** Parts of the path by their names, decoded. */
  readonly parts: Readonly<Record<string, string>>;
  /** Checked against the route's shapes. */
  readonly query: unknown;
  readonly body: unknown;
}

/** `json` null: done, and there is nothing to say. */
export type Answered =
  | { readonly kind: 'answer'; readonly json: string | null }
  | { readonly kind: 'failure'; readonly code: FailureCode; readonly error: string };

export interface Desk {
  /** Never rejects. */
  ask(asked: Asked): Promise<Answered>;
}

/** An expected outcome that is no answer. `message` is for whoever asked; no value is in it. */
export class Refusal extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
  }
}

type Routes = typeof ROUTES;
type OrNothing<S> = S extends null ? null : Of<S>;

export interface Ask<R extends RouteId> {
  readonly by: Asker;
  readonly parts: Readonly<Record<string, string>>;
  readonly query: OrNothing<Routes[R]['query']>;
  readonly body: OrNothing<Routes[R]['body']>;
}

export type Handler<R extends RouteId> = (
  ask: Ask<R>,
) => OrNothing<Routes[R]['answer']> | Promise<OrNothing<Routes[R]['answer']>>;

export type Handlers<R extends RouteId = RouteId> = { readonly [K in R]: Handler<K> };

/** Answers with the handlers of this thread; `null` for a route that they do not know. Hears of a bug by `onBug`. */
export async function answerWith(
  handlers: Partial<Handlers>,
  asked: Asked,
  onBug: (error: unknown) => void,
): Promise<Answered | null> {
  // Of one route: the table says that body and query fit, and they have been checked.
  const handler = handlers[asked.route] as ((ask: Asked) => unknown) | undefined;
  if (handler === undefined) return null;
  try {
    const answer = await handler(asked);
    return { kind: 'answer', json: answer === null ? null : JSON.stringify(answer) };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'failure', code: error.code, error: error.message };
    onBug(error);
    return { kind: 'failure', code: 'failed', error: 'it could not be answered; the log of weir says what went wrong' };
  }
}
