/** The recognizers that ship with Weir. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../scan/recognizer.ts';
import { anthropicKey } from './anthropic.ts';
import { awsAccessKeyId, awsSecretKey } from './aws.ts';
import { azureAdClientSecret, azureSas, azureStorageKey } from './azure.ts';
import { azureSqlConnection, connectionString, jdbcConnection } from './connection-string.ts';
import { creditCard } from './credit-card.ts';
import { cryptoWallet } from './crypto-wallet.ts';
import { dateOfBirth } from './date-of-birth.ts';
import { ukDrivingLicence, usDriverLicense } from './drivers-licence.ts';
import { emailAddress } from './email-address.ts';
import { gcpOauth, gcpServiceAccount, googleAiKey } from './gcp.ts';
import { githubAppToken, githubFineGrained, githubPat } from './github.ts';
import { gitlabOther, gitlabPat } from './gitlab.ts';
import { iban } from './iban.ts';
import { ipAddress } from './ip-address.ts';
import { jwt } from './jwt.ts';
import { macAddress } from './mac-address.ts';
import { openaiKey } from './openai.ts';
import { passport, usPassport } from './passport.ts';
import { passwordAssignment } from './password-assignment.ts';
import { person } from './person.ts';
import { phoneNumber } from './phone-number.ts';
import { privateKey } from './private-key.ts';
import { slackToken, slackWebhook } from './slack.ts';
import { streetAddress } from './street-address.ts';
import { stripe } from './stripe.ts';
import { databaseUris, urlWithCredentials } from './url-with-credentials.ts';
import { usItin } from './us-itin.ts';
import { usSsn } from './us-ssn.ts';

export const BUILT_IN: readonly Recognizer[] = [
  creditCard,
  iban,
  usSsn,
  usItin,
  usPassport,
  passport,
  usDriverLicense,
  ukDrivingLicence,
  dateOfBirth,
  emailAddress,
  phoneNumber,
  person,
  streetAddress,
  ipAddress,
  macAddress,
  cryptoWallet,
  awsAccessKeyId,
  awsSecretKey,
  googleAiKey,
  gcpOauth,
  gcpServiceAccount,
  azureStorageKey,
  azureSas,
  azureAdClientSecret,
  githubPat,
  githubAppToken,
  githubFineGrained,
  gitlabPat,
  gitlabOther,
  slackToken,
  slackWebhook,
  stripe,
  openaiKey,
  anthropicKey,
  privateKey,
  jwt,
  urlWithCredentials,
  ...databaseUris,
  azureSqlConnection,
  connectionString,
  jdbcConnection,
  passwordAssignment,
];
