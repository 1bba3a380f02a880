/** Findings: what a recognizer says of a piece of text. They hold places and scores, never the value. */
import type { Position, Role } from './role.ts';

export const CATEGORIES = [
  'personal',
  'government_id',
  'financial',
  'health',
  'credential',
  'network',
  'vehicle',
  'business',
  'content',
  'custom',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** Scores lie in 0..1: low < 0.5 <= medium < 0.8 <= high. */
export const MEDIUM = 0.5;
export const HIGH = 0.8;
/** An event keeps every finding from here on, so that policies can be replayed. */
export const KEPT = 0.3;

/** Another kind that the same value may be. */
export interface Alternative {
  readonly entity: string;
  readonly score: number;
}

/** One step by which a score came about; the weights of all steps together are the score. */
export interface ScoreReason {
  /** `form`: how it is written. `context`: words near it or in its label. `plain`: it reads as something else. */
  readonly what: 'pattern' | 'validator' | 'form' | 'context' | 'plain';
  /** A few words for people; of the text, at most a context word of the recognizer's own list. */
  readonly detail: string;
  readonly weight: number;
}

/** A finding within one text. `start` and `end` are byte offsets (UTF-8) into that text, end exclusive. */
export interface TextFinding {
  readonly entity: string;
  readonly category: Category;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly recognizer: string;
  readonly alternatives: readonly Alternative[];
  /** Only where a scan was asked to explain. */
  readonly explanation?: readonly ScoreReason[];
}

/** The text of a fingerprint: where its key's epoch is not 0, that and a dot; 22 characters of base64url. */
export const FINGERPRINT = /^(?:[1-9][0-9]{0,4}\.)?[A-Za-z0-9_-]{22}$/;

/** A finding within a message: where it stands, and the keyed fingerprint of its value. */
export interface Finding extends TextFinding {
  /** Index into the segments of the inspected message. */
  readonly segment: number;
  readonly path: string;
  readonly role: Role;
  readonly position: Position;
  /** HMAC of entity and normalised value, base64url, 22 characters, behind the epoch of its key where that is not 0. */
  readonly fingerprint: string;
  /** The same value's under keys of other epochs; absent where nobody asks for it. */
  readonly otherFingerprints?: readonly string[];
  /** What its field's past made of its score, in words; absent where nothing. */
  readonly learned?: string;
}
