/** Keys, tokens, passwords and what holds them, a file an issuer. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { anthropicKey } from './anthropic.ts';
import { awsAccessKeyId, awsSecretKey } from './aws.ts';
import { azureAdClientSecret, azureSas, azureStorageKey } from './azure.ts';
import { azureSqlConnection, connectionString, jdbcConnection } from './connection-string.ts';
import { gcpOauth, gcpServiceAccount, googleAiKey } from './gcp.ts';
import { githubAppToken, githubFineGrained, githubPat } from './github.ts';
import { gitlabOther, gitlabPat } from './gitlab.ts';
import { jwt } from './jwt.ts';
import { openaiKey } from './openai.ts';
import { passwordAssignment } from './password-assignment.ts';
import { privateKey } from './private-key.ts';
import { slackToken, slackWebhook } from './slack.ts';
import { stripe } from './stripe.ts';
import { databaseUris, urlWithCredentials } from './url-with-credentials.ts';

export const CREDENTIALS: readonly Recognizer[] = [
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
