/** What a provider's file knows of a part of a JSON body: who speaks there, when, and how it is to be treated. */
import type { Position, Role } from '../../flow/segment.ts';

/**
 * - `text`: read, and edited where a policy says so
 * - `signed`: read, never edited: a signature covers it (thinking blocks), so an edit would make the provider refuse it
 * - `sealed`: as `signed`, and what it holds is encrypted by the provider: coverage `opaque: media`
 * - `media`: an image, audio, a file: its text is read where it is base64 of text, else coverage `opaque: media`
 * - `reference`: as text, and it names media that stands elsewhere (a URL, a file id): coverage `opaque: media`
 * - `skip`: numbers without user data that a provider computed (embedding vectors)
 */
export type Treatment = 'text' | 'signed' | 'sealed' | 'media' | 'reference' | 'skip';

/** Holds for a node and all below it, until a node below has one of its own. */
export interface Zone {
  readonly role: Role;
  readonly position: Position;
  readonly treatment: Treatment;
}

/** What stands outside the turns of a known shape. */
export const METADATA: Zone = { role: 'metadata', position: 'latest', treatment: 'text' };
/** Text without roles: everything in an unknown shape. */
export const USER: Zone = { role: 'user', position: 'latest', treatment: 'text' };
/** A file that is sent as such. */
export const FILE: Zone = { role: 'file', position: 'latest', treatment: 'text' };
export const SYSTEM: Zone = { role: 'system', position: 'latest', treatment: 'text' };

export function zone(role: Role, position: Position, treatment: Treatment = 'text'): Zone {
  return { role, position, treatment };
}
