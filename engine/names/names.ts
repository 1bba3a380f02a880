/** Names in a text, found by the shipped tagger; the tagger is made at the first text, since its weights take 30 ms to unpack. */
import { reportName, SeenBefore } from '../recognizers/contact/names-in-text.ts';
import type { Passage } from '../scan/passage.ts';
import { FAVOUR } from './favour.ts';
import { type GivenName, nameOfGiven } from './given.ts';
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

  /**
   * Reports persons, places, organisations and addresses of the text; first those that a model has found in it, so that
   * the tagger gives way to them.
   */
  find(passage: Passage, given: readonly GivenName[] = []): void {
    this.#tagger ??= new Tagger(shippedModel(), { isThorough: this.#isThorough, favour: FAVOUR });
    if (given.length > 0) reportGiven(passage, given);
    const seen = new SeenBefore(passage.sightings);
    this.#tagger.tag(passage.text, (name) => reportName(passage, name, seen));
  }
}

function reportGiven(passage: Passage, given: readonly GivenName[]): void {
  const seen = new SeenBefore(passage.sightings);
  const { gazetteer } = shippedModel();
  for (const one of given) {
    const name = nameOfGiven(passage.text, one, gazetteer);
    if (name !== null) reportName(passage, name, seen);
  }
}
