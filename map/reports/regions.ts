/** Countries by what the law says of data that goes there. Facts of a day: see the dates. */

/** European Union and Iceland, Liechtenstein, Norway. */
const EEA: ReadonlySet<string> = new Set([
  ...['AT', 'BE', 'BG', 'HR', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HU', 'IE', 'IS', 'IT', 'LI', 'LT'],
  ...['LU', 'LV', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK'],
]);

/** Decisions of the European Commission under Article 45 GDPR, as of 2025; some hold for part of a country only. */
const ADEQUATE: Readonly<Record<string, string>> = {
  AD: '',
  AR: '',
  CA: 'commercial organisations',
  CH: '',
  FO: '',
  GB: '',
  GG: '',
  IL: '',
  IM: '',
  JE: '',
  JP: '',
  KR: '',
  NZ: '',
  US: 'recipients certified under the EU-US Data Privacy Framework',
  UY: '',
};

/** The ground on which personal data may go to a country, as far as the country tells. */
export function transferText(country: string | null): string {
  if (country === null) return 'country not known';
  if (EEA.has(country)) return 'inside the EEA';
  const decision = ADEQUATE[country];
  if (decision === undefined) return 'outside the EEA: needs safeguards (Article 46)';
  return `outside the EEA: adequacy decision${decision === '' ? '' : ` for ${decision}`} (Article 45)`;
}

export function isInEea(country: string | null): boolean {
  return country !== null && EEA.has(country);
}
