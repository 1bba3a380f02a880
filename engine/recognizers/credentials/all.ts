/** Keys, tokens, passwords and what holds them, a file an issuer. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { adyen, adyenHmac } from './adyen.ts';
import { ageSecretKey } from './age.ts';
import { airtable, airtableKey } from './airtable.ts';
import { anthropicKey } from './anthropic.ts';
import { asana, asanaNamed } from './asana.ts';
import { auth0 } from './auth0.ts';
import { awsAccessKeyId, awsSecretKey } from './aws.ts';
import { azureAdClientSecret, azureSas, azureStorageKey } from './azure.ts';
import { braintree } from './braintree.ts';
import { coinbase } from './coinbase.ts';
import { azureSqlConnection, connectionString, jdbcConnection } from './connection-string.ts';
import { datadog } from './datadog.ts';
import { discordToken, discordWebhook } from './discord.ts';
import { elastic, elasticCloud } from './elastic.ts';
import { figma } from './figma.ts';
import { furtherIssuersMToZ } from './further-issuers-m-z.ts';
import { gcpOauth, gcpServiceAccount, googleAiKey } from './gcp.ts';
import { githubAppToken, githubFineGrained, githubPat } from './github.ts';
import { gitlabOther, gitlabPat } from './gitlab.ts';
import { grafana } from './grafana.ts';
import { honeycomb, honeycombNamed } from './honeycomb.ts';
import { hubspot, hubspotKey } from './hubspot.ts';
import { jwt } from './jwt.ts';
import { launchdarkly } from './launchdarkly.ts';
import { linear } from './linear.ts';
import { mailchimp, mandrillKey } from './mailchimp.ts';
import { mailgun, mailgunKey } from './mailgun.ts';
import { maxmind } from './maxmind.ts';
import { newrelic, newrelicLicence, newrelicNamed } from './newrelic.ts';
import { notion } from './notion.ts';
import { okta } from './okta.ts';
import { onepassword } from './onepassword.ts';
import { openaiKey } from './openai.ts';
import { pagerduty } from './pagerduty.ts';
import { passwordAssignment } from './password-assignment.ts';
import { passwordHash } from './password-hash.ts';
import { paypal } from './paypal.ts';
import { plaid, plaidSecret } from './plaid.ts';
import { postman } from './postman.ts';
import { postmark } from './postmark.ts';
import { privateKey } from './private-key.ts';
import { razorpay } from './razorpay.ts';
import { salesforce } from './salesforce.ts';
import { sendgrid } from './sendgrid.ts';
import { sentry, sentryNamed } from './sentry.ts';
import { shopify } from './shopify.ts';
import { slackToken, slackWebhook } from './slack.ts';
import { snyk, snykToken } from './snyk.ts';
import { sonar, sonarNamed } from './sonar.ts';
import { splunkHec } from './splunk.ts';
import { square } from './square.ts';
import { stripe } from './stripe.ts';
import { tailscale } from './tailscale.ts';
import { teamsWebhook } from './teams.ts';
import { telegramBot } from './telegram.ts';
import { truenas } from './truenas.ts';
import { twilioSecret, twilioSid } from './twilio.ts';
import { databaseUris, urlWithCredentials } from './url-with-credentials.ts';
import { thingsboardDevice, tinesWebhook, zapierWebhook } from './webhook-urls.ts';
import { wireguard } from './wireguard.ts';
import { zendesk } from './zendesk.ts';

export const CREDENTIALS: readonly Recognizer[] = [
  adyen,
  adyenHmac,
  ageSecretKey,
  airtable,
  airtableKey,
  anthropicKey,
  asana,
  asanaNamed,
  auth0,
  awsAccessKeyId,
  awsSecretKey,
  azureAdClientSecret,
  azureSas,
  azureSqlConnection,
  azureStorageKey,
  braintree,
  coinbase,
  connectionString,
  ...databaseUris,
  datadog,
  discordToken,
  discordWebhook,
  elastic,
  elasticCloud,
  figma,
  ...furtherIssuersMToZ,
  gcpOauth,
  gcpServiceAccount,
  githubAppToken,
  githubFineGrained,
  githubPat,
  gitlabOther,
  gitlabPat,
  googleAiKey,
  grafana,
  honeycomb,
  honeycombNamed,
  hubspot,
  hubspotKey,
  jdbcConnection,
  jwt,
  launchdarkly,
  linear,
  mailchimp,
  mailgun,
  mailgunKey,
  mandrillKey,
  maxmind,
  newrelic,
  newrelicLicence,
  newrelicNamed,
  notion,
  okta,
  onepassword,
  openaiKey,
  pagerduty,
  passwordAssignment,
  passwordHash,
  paypal,
  plaid,
  plaidSecret,
  postman,
  postmark,
  privateKey,
  razorpay,
  salesforce,
  sendgrid,
  sentry,
  sentryNamed,
  shopify,
  slackToken,
  slackWebhook,
  snyk,
  snykToken,
  sonar,
  sonarNamed,
  splunkHec,
  square,
  stripe,
  tailscale,
  teamsWebhook,
  telegramBot,
  thingsboardDevice,
  tinesWebhook,
  truenas,
  twilioSecret,
  twilioSid,
  urlWithCredentials,
  wireguard,
  zapierWebhook,
  zendesk,
];
