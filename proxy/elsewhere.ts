/** What is done with large messages in another thread, so that no other call waits meanwhile. */
import type { Condensed } from '../engine/condensed.ts';
import { extract } from '../engine/extract/extract.ts';
import { type Engine, type Inspection, type Judged, plan } from '../engine/inspect.ts';
import type { Conversation } from '../engine/transform/conversation.ts';
import { restoreBody, type Tokens } from '../engine/transform/restore.ts';
import { applyEdits, type Edit, type Edited } from '../engine/transform/splice.ts';
import type { Message } from '../flow/message.ts';

/** Null, of a call or of what it gives, for what is to be done by whoever asks. None of it rejects. */
export interface Elsewhere {
  /** Whether a message like this is looked at there, by now. */
  takes(message: Message): boolean;
  /** Extract and scan; documents are left to be read. `refusesParts`: as in `extract`. */
  examine(message: Message, refusesParts: boolean): Promise<Condensed | null> | null;
  /** Makes edits in what was found there. */
  edit(message: Message, found: Condensed, edits: readonly Edit[]): Promise<Edited | null> | null;
  /** Puts the values of tokens back, as `restoreBody` does. */
  restore(message: Message, tokens: Tokens['byToken']): Promise<Restored | null> | null;
}

export interface Restored {
  readonly body: Buffer;
  /** How many tokens were put back; the body is as received where none was. */
  readonly restored: number;
}

/** As `carryOut`, of what was found there. Rejects with WeirError `edit_unsafe`. */
export async function carryOutElsewhere(
  engine: Engine,
  judged: Judged,
  conversation: Conversation | null,
  found: Condensed,
  elsewhere: Elsewhere,
): Promise<Inspection> {
  const planned = plan(engine, judged, conversation);
  const { edits, extraction } = planned;
  if (edits.length === 0) return planned;
  const edited = await elsewhere.edit(judged.message, found, edits);
  return { ...planned, edited: edited ?? applyEdits(judged.message, extraction, edits) };
}

/** As `restoreBody`, of a message that may be large. Rejects with WeirError `edit_unsafe`. */
export async function restoreElsewhere(
  engine: Engine,
  message: Message,
  { byToken }: Tokens,
  elsewhere: Elsewhere | null,
): Promise<Restored> {
  const there = (await elsewhere?.restore(message, byToken)) ?? null;
  return there ?? restoreBody(message, extract(message, engine), { byToken });
}
