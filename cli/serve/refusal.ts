/** A request that is not carried out: the status, and the sentence that stands under `error` in the answer. */

export type RefusalStatus = 400 | 404 | 405 | 408 | 413 | 415 | 422 | 500 | 503;

/** `message` says what is wrong with the request; it never repeats a value, a key or a pattern out of it. */
export class Refusal extends Error {
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}
