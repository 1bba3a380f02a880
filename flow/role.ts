/** Who speaks a piece of text, and whether it is new in this message. */

export const ROLES = ['system', 'user', 'assistant', 'tool', 'file', 'metadata'] as const;
export type Role = (typeof ROLES)[number];

/**
 * `latest` is what follows the last assistant turn that a user or tool turn follows, and all that stands
 * outside the turns; the rest is `history`.
 */
export const POSITIONS = ['latest', 'history'] as const;
export type Position = (typeof POSITIONS)[number];
