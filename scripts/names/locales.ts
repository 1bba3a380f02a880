/** Faker's locales that sentences are made with, and the language of their sentences. */
import type { Language } from './templates.ts';

export const TRAINING_LOCALES: Readonly<Record<string, Language>> = {
  en: 'en',
  en_US: 'en',
  en_GB: 'en',
  en_CA: 'en',
  en_AU: 'en',
  en_ZA: 'en',
  en_GH: 'en',
  en_HK: 'en',
  de: 'de',
  de_AT: 'de',
  de_CH: 'de',
  fr: 'fr',
  fr_CH: 'fr',
  fr_CA: 'fr',
  es: 'es',
  it: 'it',
  nl: 'nl',
  pt_BR: 'pt',
  pl: 'pl',
  da: 'sv',
  nb_NO: 'sv',
  cs_CZ: 'en',
  sk: 'en',
  tr: 'en',
  vi: 'en',
  id_ID: 'en',
  sr_RS_latin: 'en',
  sl_SI: 'en',
  lv: 'en',
};

/** Neither in the training nor in the gazetteers. */
export const MEASURED_LOCALES: Readonly<Record<string, Language>> = {
  en_IN: 'en',
  en_NG: 'en',
  en_IE: 'en',
  es_MX: 'es',
  fr_BE: 'fr',
  pt_PT: 'pt',
  nl_BE: 'nl',
  sv: 'sv',
  fi: 'en',
  hu: 'en',
  hr: 'en',
  ro: 'en',
  az: 'en',
};

export const KEPT_BACK_LOCALES: readonly string[] = Object.keys(MEASURED_LOCALES);
