/**
 * What people call a number who do not know its own name: `my Danish company number`, `an Argentine national ID`. Each
 * number has, beside its words, those phrases of its country and its category.
 */
import type { Category } from '../../flow/finding.ts';
import { type ContextWords, contextWords } from './context.ts';

/** Adjectives, of which a few countries have two, and names where those are as usual. */
const ADJECTIVES = `AD andorran; AE emirati, uae, emirates; AL albanian; AO angolan; AR argentine, argentinian; AT austrian;
AU australian; AZ azerbaijani; BA bosnian; BE belgian; BG bulgarian; BO bolivian; BR brazilian; BY belarusian; CA canadian;
CH swiss; CL chilean; CN chinese; CO colombian; CR rican; CU cuban; CY cypriot; CZ czech; DE german; DK danish; DO dominican;
DZ algerian; EC ecuadorian; EE estonian; EG egyptian; ES spanish; FI finnish; FR french; GB british, uk; GH ghanaian; GN guinean;
GR greek; GT guatemalan; HK kong; HR croatian; HU hungarian; ID indonesian; IE irish; IL israeli; IN indian; IS icelandic;
IT italian; JP japanese; KE kenyan; KR korean; KZ kazakh, kazakhstani; LI liechtenstein; LK lankan; LT lithuanian;
LU luxembourg, luxembourgish; LV latvian; MA moroccan; MD moldovan; ME montenegrin; MK macedonian; MT maltese; MU mauritian;
MX mexican; MY malaysian; MZ mozambican; NG nigerian; NL dutch; NO norwegian; NZ zealand; PE peruvian; PH philippine, filipino;
PK pakistani; PL polish; PT portuguese; PY paraguayan; RO romanian; RS serbian; RU russian; SA saudi; SE swedish;
SG singapore, singaporean; SI slovenian; SK slovak; SM marino, sammarinese; SV salvadoran; TH thai; TN tunisian; TR turkish;
TW taiwanese, taiwan; UA ukrainian; US american, us; UY uruguayan; VE venezuelan; VN vietnamese; ZA african`;

const BY_COUNTRY: ReadonlyMap<string, readonly string[]> = new Map(
  ADJECTIVES.split(';').map((entry) => {
    const [code = '', ...words] = entry.trim().split(/[\s,]+/);
    return [code, words];
  }),
);

/** What follows the adjective. */
const KINDS: Readonly<Partial<Record<Category, readonly string[]>>> = {
  government_id: ['id', 'national id', 'national identity', 'identity', 'identification', 'personal number', 'tax'],
  business: ['company', 'business', 'vat', 'tax', 'registration', 'organisation', 'corporate'],
  health: ['health', 'medical', 'insurance', 'patient'],
};

/** Phrases for a number of these countries; none for one of many. */
export function countryPhrases(countries: readonly string[], category: Category): readonly string[] {
  const kinds = KINDS[category] ?? [];
  if (countries.length > 5) return [];
  const adjectives = countries.flatMap((code) => BY_COUNTRY.get(code) ?? []);
  return adjectives.flatMap((adjective) => kinds.map((kind) => `${adjective} ${kind}`));
}

/** The words together with those phrases. */
export function withCountry(words: ContextWords, countries: readonly string[], category: Category): ContextWords {
  const phrases = countryPhrases(countries, category);
  return phrases.length === 0 ? words : contextWords(...words.single, ...words.phrases, ...phrases);
}
