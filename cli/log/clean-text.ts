/** Text from outside (labels, hosts, paths) made fit for a terminal. It never decides what may be shown. */

/**
 * Control characters (C0, C1, DEL), line and paragraph separators, invisible and bidirectional formatting characters and
 * lone surrogates: what could move the cursor, hide text or make a line read as another.
 */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** One line without anything that a terminal would act upon; each unfit character becomes `·`. */
export function cleanText(text: string): string {
  return text.replace(UNFIT, '·');
}

/** As `cleanText`, with the newlines of the text kept. */
export function cleanLines(text: string): string {
  return text.split('\n').map(cleanText).join('\n');
}
