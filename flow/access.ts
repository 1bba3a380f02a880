/** Who may do what in the console and its API. */

/** Each may do what those before it may: read; open excerpts and review; change policies and tokens. */
export const ACCESS = ['viewer', 'reviewer', 'admin'] as const;
export type Access = (typeof ACCESS)[number];

export function mayAct(as: Access, needed: Access): boolean {
  return ACCESS.indexOf(as) >= ACCESS.indexOf(needed);
}
