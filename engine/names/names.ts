/** Names in a text, found by the shipped tagger; the tagger is made at the first text, since its weights take 30 ms to unpack. */
import { reportName, SeenBefore } from '../recognizers/contact/names-in-text.ts';
import type { Passage } from '../scan/passage.ts';
import { FAVOUR } from './favour.ts';
import { shippedModel } from './model.ts';
import { Tagger } from './tagger.ts';

/** `fast` looks where a name may stand, `thorough` at every token. */
export type NamesMode = 'fast' | 'thorough' | 'off';

export class NameFinder {
  readonly #isThorough: boolean;
  #tagger: Tagger | null = null;

  constructor(mode: 'fast' | 'thorough') {
    this.#isThorough = mode === 'thorough';
  }

  /** Reports persons, places, organisations and addresses of the text. */
  find(passage: Passage): void {
    this.#tagger ??= new Tagger(shippedModel(), { isThorough: this.#isThorough, favour: FAVOUR });
    const seen = new SeenBefore(passage.sightings);
    this.#tagger.tag(passage.text, (name) => reportName(passage, name, seen));
  }
}
