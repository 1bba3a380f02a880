/**
 * The names of what ships in this folder, for whoever only checks a name: to load the recognizers takes longer than most
 * commands. Made by `node docs/write-entities.ts`; do not edit it here.
 */

/** Of recognizers and of the entities that they report. */
export const SHIPPED_NAMES: ReadonlySet<string> = new Set(
  `
credit-card CREDIT_CARD card-track-data CARD_TRACK_DATA card-cvv CARD_CVV card-expiry CARD_EXPIRY swift-bic
SWIFT_BIC us-aba-routing ABA_ROUTING_NUMBER us-bank-number US_BANK_NUMBER au-bsb AU_BSB in-ifsc IN_IFSC
in-ifsc-other nz-bank NZ_BANK isin ISIN cusip CUSIP sedol SEDOL lei LEI iban IBAN_CODE crypto-wallet CRYPTO
eth-address ETH_ADDRESS ltc-address LTC_ADDRESS doge-address DOGE_ADDRESS dash-address DASH_ADDRESS tron-address
TRON_ADDRESS xrp-address XRP_ADDRESS ltc-segwit-address sol-address SOL_ADDRESS bip39-mnemonic BIP39_MNEMONIC
btc-wif BTC_WIF btc-xprv BTC_XPRV uk-sort-code UK_SORT_CODE uk-bank-account UK_BANK_ACCOUNT ad-nrt AD_NRT
ae-emirates-id AE_EMIRATES_ID al-nipt AL_NIPT ao-bi AO_BI ao-nif AO_NIF ar-dni AR_DNI ar-cuit AR_CUIT ar-cbu AR_CBU
at-svnr AT_SVNR at-uid AT_UID at-tin AT_TIN at-fn AT_FN au-tfn AU_TFN au-abn AU_ABN au-acn AU_ACN au-medicare
AU_MEDICARE au-passport AU_PASSPORT au-passport-by-shape au-driver-licence AU_DL az-tin AZ_TIN az-pin AZ_PIN be-nn
BE_NN bg-egn BG_EGN bg-pnf BG_PNF bo-ci BO_CI br-cpf BR_CPF br-cnpj BR_CNPJ br-rg-checked BR_RG br-rg br-pis BR_PIS
br-cnh BR_CNH by-unp BY_UNP ca-sin CA_SIN ca-bn CA_BN ca-bn-account ca-ohip CA_OHIP ca-bc-phn CA_BC_PHN ca-ramq
CA_RAMQ ca-passport-named CA_PASSPORT ca-passport ca-dl-ontario CA_DL ca-dl ca-transit-account CA_TRANSIT_ACCOUNT
ch-ahv CH_AHV ch-uid CH_UID cl-rut CL_RUT cn-ric CN_RIC cn-uscc CN_USCC co-nit CO_NIT co-cc CO_CC cr-cpf CR_CPF
cr-cpj CR_CPJ cr-cr CR_CR cu-ni CU_NI cy-vat CY_VAT cz-rc CZ_RC cz-ico CZ_ICO de-tax-id DE_TAX_ID de-tax-number
DE_TAX_NUMBER de-id-card DE_ID_CARD de-id-card-serial de-id-card-lines de-passport DE_PASSPORT de-social-security
DE_SOCIAL_SECURITY de-health-insurance DE_HEALTH_INSURANCE de-fuehrerschein DE_FUEHRERSCHEIN de-handelsregister
DE_HANDELSREGISTER de-other-registers de-lanr DE_LANR de-bsnr DE_BSNR de-vat-id DE_VAT_ID de-kfz DE_KFZ de-plz
DE_PLZ dk-cpr DK_CPR dk-cvr DK_CVR do-cedula DO_CEDULA do-rnc DO_RNC dz-nif DZ_NIF ec-ci EC_CI ec-ruc EC_RUC ee-ik
EE_IK ee-registrikood EE_REGISTRIKOOD eg-national-id EG_NATIONAL_ID eg-tax-number EG_TAX_NUMBER es-nif ES_NIF es-nie
ES_NIE es-cif ES_CIF es-nss ES_NSS es-passport ES_PASSPORT fi-personal-identity-code FI_PERSONAL_IDENTITY_CODE
fi-personal-identity-digits fi-ytunnus FI_YTUNNUS fr-nir FR_NIR fr-nif FR_NIF fr-siren FR_SIREN fr-siret FR_SIRET
fr-cni FR_CNI fr-passport FR_PASSPORT uk-nhs UK_NHS uk-nino UK_NINO uk-nino-without-suffix uk-utr UK_UTR uk-vat
UK_VAT uk-passport UK_PASSPORT scotland-chi SCOTLAND_CHI uk-driving-licence UK_DRIVING_LICENCE uk-postcode
UK_POSTCODE uk-vehicle-registration UK_VEHICLE_REGISTRATION gh-tin GH_TIN gn-nifp GN_NIFP gr-afm GR_AFM gr-amka
GR_AMKA gt-cui GT_CUI gt-nit GT_NIT hk-hkid HK_HKID hr-oib HR_OIB hu-anum HU_ANUM hu-taj HU_TAJ hu-adoazonosito
HU_ADOAZONOSITO id-nik ID_NIK id-npwp ID_NPWP ie-pps IE_PPS il-tz IL_TZ il-hp IL_HP in-aadhaar IN_AADHAAR in-vid
IN_VID in-pan IN_PAN in-gstin IN_GSTIN in-voter IN_VOTER in-passport IN_PASSPORT in-passport-by-shape
in-vehicle-registration IN_VEHICLE_REGISTRATION is-kennitala IS_KENNITALA is-vsk IS_VSK it-fiscal-code
IT_FISCAL_CODE it-vat-code IT_VAT_CODE it-driver-license IT_DRIVER_LICENSE it-identity-card IT_IDENTITY_CARD
it-passport IT_PASSPORT jp-my-number JP_MY_NUMBER jp-corporate JP_CORPORATE jp-dl JP_DL jp-passport JP_PASSPORT
jp-passport-by-shape jp-bank JP_BANK ke-pin KE_PIN kr-rrn KR_RRN kr-frn KR_FRN kr-frn-unchecked kr-brn KR_BRN
kr-driver-license KR_DRIVER_LICENSE kr-passport KR_PASSPORT kr-passport-by-shape kz-iin KZ_IIN kz-bin KZ_BIN li-peid
LI_PEID lk-nic LK_NIC lk-nic-old lt-asmens LT_ASMENS lu-ident LU_IDENT lv-pk LV_PK lv-pk-undated ma-ice MA_ICE
md-idno MD_IDNO me-pib ME_PIB mk-edb MK_EDB mt-vat MT_VAT mu-nid MU_NID mx-curp MX_CURP mx-rfc MX_RFC mx-rfc-short
mx-rfc-special mx-clabe MX_CLABE my-nric MY_NRIC mz-bi MZ_BI mz-nuit MZ_NUIT ng-nin NG_NIN nl-bsn NL_BSN
nl-onderwijsnummer NL_ONDERWIJSNUMMER no-fodselsnummer NO_FODSELSNUMMER no-orgnr NO_ORGNR no-kontonr NO_KONTONR
nz-ird NZ_IRD nz-nhi NZ_NHI pe-dni PE_DNI pe-dni-checked pe-ruc PE_RUC ph-tin PH_TIN ph-tin-by-shape ph-sss PH_SSS
ph-umid PH_UMID pk-cnic PK_CNIC pk-ntn PK_NTN pl-pesel PL_PESEL pl-nip PL_NIP pl-regon PL_REGON pl-dowod PL_DOWOD
pl-paszport PL_PASZPORT pt-nif PT_NIF pt-cc PT_CC py-ruc PY_RUC py-cic PY_CIC ro-cnp RO_CNP ro-cui RO_CUI ro-onrc
RO_ONRC rs-pib RS_PIB ru-inn RU_INN ru-snils RU_SNILS ru-passport RU_PASSPORT sa-national-id SA_NATIONAL_ID
se-personnummer SE_PERSONNUMMER se-organisationsnummer SE_ORGANISATIONSNUMMER sg-nric-fin SG_NRIC_FIN sg-uen SG_UEN
si-emso SI_EMSO sk-dic SK_DIC sm-coe SM_COE sv-nit SV_NIT sv-dui SV_DUI th-tnin TH_TNIN tn-mf TN_MF tr-national-id
TR_NATIONAL_ID tr-vkn TR_VKN tw-natid TW_NATID tw-natid-by-shape tw-ubn TW_UBN tw-tax-code TW_TAX_CODE ua-rntrc
UA_RNTRC ua-edrpou UA_EDRPOU us-ssn US_SSN us-itin US_ITIN us-ein US_EIN us-atin US_ATIN us-ptin US_PTIN us-npi
US_NPI us-dea MEDICAL_LICENSE us-mbi US_MBI us-clia US_CLIA us-hicn US_HICN uy-ci UY_CI ve-rif VE_RIF ve-ci VE_CI
vn-mst VN_MST vn-cccd VN_CCCD za-id-number ZA_ID_NUMBER za-income-tax-number ZA_INCOME_TAX_NUMBER za-vat-number
ZA_VAT_NUMBER jmbg JMBG eu-vat-be EU_VAT eu-vat-be-bare eu-vat-bg eu-vat-bg-bare eu-vat-cz eu-vat-dk eu-vat-ee
eu-vat-ee-bare eu-vat-es eu-vat-es-bare eu-vat-fi eu-vat-fr eu-vat-fr-bare eu-vat-gr eu-vat-hr eu-vat-hu eu-vat-ie
eu-vat-ie-bare eu-vat-lt eu-vat-lt-bare eu-vat-lu eu-vat-lu-bare eu-vat-lv eu-vat-lv-bare eu-vat-nl eu-vat-nl-bare
eu-vat-pl eu-vat-pt eu-vat-ro eu-vat-ro-bare eu-vat-se eu-vat-se-bare eu-vat-si eu-vat-si-bare eu-vat-sk us-passport
US_PASSPORT passport PASSPORT_GENERIC passport-mrz PASSPORT_MRZ us-driver-license US_DRIVER_LICENSE date-of-birth
DATE_OF_BIRTH date-time DATE_TIME age-named AGE age-in-text geo-coordinates GEO_COORDINATES geo-named job-title
TITLE_JOB chief-officer nrp-named NRP nrp-in-text po-box PO_BOX postal-code POSTAL_CODE username USERNAME_HANDLE
email-address EMAIL_ADDRESS phone-number PHONE_NUMBER phone-number-by-word person PERSON person-by-key
location-by-key LOCATION organization-by-key ORGANIZATION street-address STREET_ADDRESS person-in-text location
organization address-in-text medical-record-number MEDICAL_RECORD_NUMBER health-insurance-id HEALTH_INSURANCE_ID
icd10-code ICD10_CODE ndc-drug-code NDC_DRUG_CODE medical-terms MEDICAL_TERMS advertising-id ADVERTISING_ID
cloud-resource-id CLOUD_RESOURCE_ID cookie-session COOKIE_SESSION iccid ICCID imei IMEI imsi IMSI internal-hostname
INTERNAL_HOSTNAME ip-address IP_ADDRESS mac-address MAC_ADDRESS signed-url SIGNED_URL uuid UUID vin VIN
vin-unchecked imo IMO mmsi MMSI iso6346-container ISO6346_CONTAINER license-plate LICENSE_PLATE adyen ADYEN
adyen-hmac age-secret-key AGE_SECRET_KEY airtable AIRTABLE airtable-key alibaba-key-id ALIBABA alibaba-secret
anthropic-key ANTHROPIC_KEY artifactory ARTIFACTORY asana ASANA asana-named atlassian ATLASSIAN atlassian-named
auth0 AUTH0 aws-access-key-id AWS_ACCESS_KEY_ID aws-bedrock-key AWS_BEDROCK_KEY aws-secret-key AWS_SECRET_KEY
aws-session-token AWS_SESSION_TOKEN aws-session-token-named azure-ad-client-secret AZURE_AD_CLIENT_SECRET
azure-devops-annotated AZURE_DEVOPS_PAT azure-devops-named azure-key AZURE_KEY azure-openai-annotated
AZURE_OPENAI_KEY azure-openai-named azure-sas AZURE_SAS azure-named azure-sql-connection AZURE_SQL_CONN
azure-storage-key AZURE_STORAGE_KEY basic-auth-header BASIC_AUTH_HEADER bearer-auth-header BEARER_AUTH_HEADER
bitbucket BITBUCKET bitbucket-named braintree BRAINTREE buildkite BUILDKITE buildkite-named cerebras CEREBRAS
circleci CIRCLECI circleci-named cloudflare CLOUDFLARE cloudflare-named cloudflare-origin-ca cohere COHERE coinbase
COINBASE command-line-password PASSWORD_ASSIGNMENT connection-string CONNECTION_STRING crates-io CRATES_IO
mongodb-uri MONGODB_URI postgres-uri POSTGRES_URI mysql-uri MYSQL_URI redis-uri REDIS_URI snowflake-uri SNOWFLAKE
amqp-uri AMQP_URI cloudinary-uri CLOUDINARY databricks DATABRICKS datadog DATADOG datadog-credential deepseek
DEEPSEEK digitalocean DIGITALOCEAN digitalocean-spaces discord-token DISCORD_TOKEN discord-webhook DISCORD_WEBHOOK
dockerhub DOCKERHUB dotenv-assignment DOTENV_ASSIGNMENT elastic ELASTIC elastic-cloud elevenlabs ELEVENLABS
elevenlabs-named figma FIGMA figma-elder figma-named fireworks FIREWORKS flyio FLYIO doppler-service-token DOPPLER
django-secret-key DJANGO_SECRET_KEY adafruit-io-prefix ADAFRUIT_IO adobe-prefix ADOBE aiven-prefix AIVEN
apify-prefix APIFY arcjet-prefix ARCJET asaas-prefix ASAAS beamer-prefix BEAMER bitwarden-prefix BITWARDEN
blynk-prefix BLYNK browserbase-prefix BROWSERBASE canva-prefix CANVA checkly-prefix CHECKLY clickup-prefix CLICKUP
clojars-prefix CLOJARS close-crm-prefix CLOSE_CRM composio-prefix COMPOSIO confluent-prefix CONFLUENT
contentful-prefix CONTENTFUL courier-prefix COURIER cursor-prefix CURSOR defined-networking-prefix
DEFINED_NETWORKING deno-deploy-prefix DENO_DEPLOY dependency-track-prefix DEPENDENCY_TRACK dfuse-prefix DFUSE
doppler-prefix dropbox-prefix DROPBOX duffel-prefix DUFFEL dynatrace-prefix DYNATRACE e2b-prefix E2B easypost-prefix
EASYPOST endor-labs-prefix ENDOR_LABS facebook-prefix FACEBOOK firecrawl-prefix FIRECRAWL fleetbase-prefix FLEETBASE
flexport-prefix FLEXPORT flutterwave-prefix FLUTTERWAVE frame-io-prefix FRAME_IO fullstory-prefix FULLSTORY
gocardless-prefix GOCARDLESS harness-prefix HARNESS hasura-prefix HASURA helicone-prefix HELICONE infracost-prefix
INFRACOST ionic-prefix IONIC jina-prefix JINA klaviyo-prefix KLAVIYO kraken-ci-prefix KRAKEN_CI langfuse-prefix
LANGFUSE lichess-prefix LICHESS lob-prefix LOB localstack-prefix LOCALSTACK adobe-credential airbrake-credential
AIRBRAKE aiven-credential alchemy-credential ALCHEMY algolia-credential ALGOLIA anypoint-credential ANYPOINT
apifonica-credential APIFONICA apify-credential apilayer-credential APILAYER apimetrics-credential APIMETRICS
apitemplate-credential APITEMPLATE apollo-credential APOLLO appfollow-credential APPFOLLOW appointedd-credential
APPOINTEDD appoptics-credential APPOPTICS appsynergy-credential APPSYNERGY appveyor-credential APPVEYOR
assemblyai-credential ASSEMBLYAI atera-credential ATERA audd-credential AUDD autoklose-credential AUTOKLOSE
autopilot-credential AUTOPILOT avaza-credential AVAZA aviationstack-credential AVIATIONSTACK axonaut-credential
AXONAUT ayrshare-credential AYRSHARE bannerbear-credential BANNERBEAR baremetrics-credential BAREMETRICS
beebole-credential BEEBOLE besnappy-credential BESNAPPY besttime-credential BESTTIME betterstack-credential
BETTERSTACK bitbar-credential BITBAR bitcoinaverage-credential BITCOINAVERAGE bitly-credential BITLY
bitrise-credential BITRISE blazemeter-credential BLAZEMETER blitapp-credential BLITAPP blocknative-credential
BLOCKNATIVE blogger-credential BLOGGER blynk-credential bombbomb-credential BOMBBOMB boostnote-credential BOOSTNOTE
borgbase-credential BORGBASE box-credential BOX brandfetch-credential BRANDFETCH browserstack-credential
BROWSERSTACK browshot-credential BROWSHOT bscscan-credential BSCSCAN buddyns-credential BUDDYNS budibase-credential
BUDIBASE bugherd-credential BUGHERD bugsnag-credential BUGSNAG bulbul-credential BULBUL bunny-cdn-credential
BUNNY_CDN buttercms-credential BUTTERCMS caflou-credential CAFLOU calendarific-credential CALENDARIFIC
calendly-credential CALENDLY calorieninja-credential CALORIENINJA campayn-credential CAMPAYN canny-credential CANNY
capsule-crm-credential CAPSULE_CRM carbon-interface-credential CARBON_INTERFACE censys-credential CENSYS
centralstation-crm-credential CENTRALSTATION_CRM chartmogul-credential CHARTMOGUL chatbot-credential CHATBOT
chatfuel-credential CHATFUEL chec-credential CHEC checkly-credential cicero-credential CICERO clarifai-credential
CLARIFAI clearbit-credential CLEARBIT clickup-credential cliengo-credential CLIENGO clockify-credential CLOCKIFY
close-crm-credential cloudconvert-credential CLOUDCONVERT cloudimage-credential CLOUDIMAGE cloudinary-credential
cloudmersive-credential CLOUDMERSIVE cloudplan-credential CLOUDPLAN cloudsight-credential CLOUDSIGHT
cloudsmith-credential CLOUDSMITH cloverly-credential CLOVERLY clustdoc-credential CLUSTDOC coda-credential CODA
codacy-credential CODACY codeclimate-credential CODECLIMATE codecov-credential CODECOV codemagic-credential
CODEMAGIC codequiry-credential CODEQUIRY coinapi-credential COINAPI coinlayer-credential COINLAYER
coinlib-credential COINLIB coinmarketcap-credential COINMARKETCAP collect2-credential COLLECT2 column-credential
COLUMN composio-credential commercejs-credential COMMERCEJS confluent-credential contentful-credential
contentstack-credential CONTENTSTACK conversion-tools-credential CONVERSION_TOOLS convertapi-credential CONVERTAPI
convertkit-credential CONVERTKIT countrylayer-credential COUNTRYLAYER courier-credential coveralls-credential
COVERALLS craftmypdf-credential CRAFTMYPDF crowdin-credential CROWDIN cryptocompare-credential CRYPTOCOMPARE
currencyfreaks-credential CURRENCYFREAKS currencylayer-credential CURRENCYLAYER currencyscoop-credential
CURRENCYSCOOP currents-api-credential CURRENTS_API cypress-credential CYPRESS d7-networks-credential D7_NETWORKS
daily-co-credential DAILY_CO dandelion-credential DANDELION dareboost-credential DAREBOOST databox-credential
DATABOX data-gov-credential DATA_GOV debounce-credential DEBOUNCE deepai-credential DEEPAI deepgram-credential
DEEPGRAM deepl-credential DEEPL delighted-credential DELIGHTED detectify-credential DETECTIFY
detectlanguage-credential DETECTLANGUAGE diffbot-credential DIFFBOT diggernaut-credential DIGGERNAUT
disqus-credential DISQUS ditto-credential DITTO docparser-credential DOCPARSER docusign-credential DOCUSIGN
dronahq-credential DRONAHQ drone-ci-credential DRONE_CI dropbox-credential dynalist-credential DYNALIST
dyspatch-credential DYSPATCH eagle-eye-networks-credential EAGLE_EYE_NETWORKS ecostruxure-it-credential
ECOSTRUXURE_IT edenai-credential EDENAI elastic-email-credential ELASTIC_EMAIL enigma-credential ENIGMA
envoy-credential ENVOY eraser-credential ERASER etherscan-credential ETHERSCAN ethplorer-credential ETHPLORER
eventbrite-credential EVENTBRITE everhour-credential EVERHOUR exchangerate-api-credential EXCHANGERATE_API
extractor-api-credential EXTRACTOR_API facebook-credential fastforex-credential FASTFOREX fastly-credential FASTLY
feedier-credential FEEDIER fetchrss-credential FETCHRSS file-io-credential FILE_IO finage-credential FINAGE
financial-modeling-prep-credential FINANCIAL_MODELING_PREP findl-credential FINDL finicity-credential FINICITY
finnhub-credential FINNHUB fixer-credential FIXER flat-credential FLAT flickr-credential FLICKR flightapi-credential
FLIGHTAPI flightlabs-credential FLIGHTLABS float-credential FLOAT formbucket-credential FORMBUCKET
formcraft-credential FORMCRAFT form-io-credential FORM_IO foursquare-credential FOURSQUARE frame-io-credential
freshdesk-credential FRESHDESK freshbooks-credential FRESHBOOKS front-credential FRONT fulcrum-credential FULCRUM
fullstory-credential fxmarket-credential FXMARKET geckoboard-credential GECKOBOARD geoapify-credential GEOAPIFY
geocode-credential GEOCODE geocodify-credential GEOCODIFY getemail-credential GETEMAIL getgeoapi-credential
GETGEOAPI getgist-credential GETGIST getresponse-credential GETRESPONSE gitter-credential GITTER
glassnode-credential GLASSNODE gocardless-credential goodday-credential GOODDAY google-maps-credential GOOGLE_MAPS
graphhopper-credential GRAPHHOPPER groovehq-credential GROOVEHQ gtmetrix-credential GTMETRIX guardian-credential
GUARDIAN gumroad-credential GUMROAD gyazo-credential GYAZO happyscribe-credential HAPPYSCRIBE hasura-credential
hellosign-credential HELLOSIGN helpcrunch-credential HELPCRUNCH helpscout-credential HELPSCOUT here-api-credential
HERE_API hetzner-credential HETZNER hiveage-credential HIVEAGE holiday-api-credential HOLIDAY_API
holistic-credential HOLISTIC html2pdf-credential HTML2PDF humanity-credential HUMANITY hunter-credential HUNTER
hybiscus-credential HYBISCUS ibm-cloud-credential IBM_CLOUD iconfinder-credential ICONFINDER iex-cloud-credential
IEX_CLOUD imagekit-credential IMAGEKIT imagga-credential IMAGGA impala-credential IMPALA infura-credential INFURA
insightly-credential INSIGHTLY instabot-credential INSTABOT instagram-credential INSTAGRAM intercom-credential
INTERCOM interseller-credential INTERSELLER intrinio-credential INTRINIO ip2location-credential IP2LOCATION
ipapi-credential IPAPI ipgeolocation-credential IPGEOLOCATION ipify-credential IPIFY ipinfo-credential IPINFO
ipqualityscore-credential IPQUALITYSCORE ipstack-credential IPSTACK jenkins-credential JENKINS jotform-credential
JOTFORM jumpcloud-credential JUMPCLOUD jupiterone-credential JUPITERONE juro-credential JURO karma-crm-credential
KARMA_CRM kickbox-credential KICKBOX klaviyo-credential klipfolio-credential KLIPFOLIO knapsack-pro-credential
KNAPSACK_PRO kontent-credential KONTENT kraken-credential KRAKEN kraken-ci-credential kucoin-credential KUCOIN
kylas-credential KYLAS languagelayer-credential LANGUAGELAYER leadfeeder-credential LEADFEEDER lemlist-credential
LEMLIST lemon-squeezy-credential LEMON_SQUEEZY lendflow-credential LENDFLOW less-annoying-crm-credential
LESS_ANNOYING_CRM lexigram-credential LEXIGRAM line-messaging-credential LINE_MESSAGING linkedin-credential LINKEDIN
linkpreview-credential LINKPREVIEW linode-credential LINODE livestorm-credential LIVESTORM loadmill-credential
LOADMILL lob-credential loginradius-credential LOGINRADIUS logz-io-credential LOGZ_IO lokalise-credential LOKALISE
loyverse-credential LOYVERSE lunchmoney-credential LUNCHMONEY particle-io PARTICLE_IO mailersend-prefix MAILERSEND
mapbox-prefix MAPBOX mercury-prefix MERCURY modal-prefix MODAL mongodb-atlas-prefix MONGODB_ATLAS nightfall-prefix
NIGHTFALL nylas-prefix NYLAS octopus-deploy-prefix OCTOPUS_DEPLOY open-vsx-prefix OPEN_VSX ory-prefix ORY
paddle-prefix PADDLE pagarme-prefix PAGARME persona-prefix PERSONA pinterest-prefix PINTEREST posthog-prefix POSTHOG
prefect-prefix PREFECT pubnub-prefix PUBNUB readme-io-prefix README_IO resend-prefix RESEND rootly-prefix ROOTLY
scalingo-prefix SCALINGO scrapfly-prefix SCRAPFLY segment-prefix SEGMENT sendinblue-prefix SENDINBLUE
settlemint-prefix SETTLEMINT shippo-prefix SHIPPO sourcegraph-prefix SOURCEGRAPH stackhawk-prefix STACKHAWK
stytch-prefix STYTCH tavily-prefix TAVILY teamwork-prefix TEAMWORK telnyx-prefix TELNYX trello-prefix TRELLO
typeform-prefix TYPEFORM ubidots-prefix UBIDOTS unkey-prefix UNKEY voiceflow-prefix VOICEFLOW wakatime-prefix
WAKATIME wandb-prefix WANDB xata-prefix XATA yandex-prefix YANDEX zapier-prefix ZAPIER zoho-prefix ZOHO zuplo-prefix
ZUPLO line-notify-credential LINE_NOTIFY madkudu-credential MADKUDU magnetic-credential MAGNETIC
mailboxlayer-credential MAILBOXLAYER mailerlite-credential MAILERLITE mailjet-credential MAILJET mailmodo-credential
MAILMODO mailsac-credential MAILSAC mapquest-credential MAPQUEST marketstack-credential MARKETSTACK
mavenlink-credential MAVENLINK mediastack-credential MEDIASTACK meilisearch-credential MEILISEARCH
meistertask-credential MEISTERTASK mesibo-credential MESIBO messagebird-credential MESSAGEBIRD metrilo-credential
METRILO mindmeister-credential MINDMEISTER miro-credential MIRO mixmax-credential MIXMAX mixpanel-credential
MIXPANEL mockaroo-credential MOCKAROO moderation-api-credential MODERATION_API monday-credential MONDAY
monkeylearn-credential MONKEYLEARN moonclerk-credential MOONCLERK moosend-credential MOOSEND moralis-credential
MORALIS mux-credential MUX myintervals-credential MYINTERVALS nasdaq-data-link-credential NASDAQ_DATA_LINK
newsapi-credential NEWSAPI newscatcher-credential NEWSCATCHER nexmo-credential NEXMO nftport-credential NFTPORT
ngrok-credential NGROK nicereply-credential NICEREPLY nimble-credential NIMBLE noticeable-credential NOTICEABLE
nozbe-credential NOZBE numverify-credential NUMVERIFY nylas-credential oanda-credential OANDA omnisend-credential
OMNISEND onesignal-credential ONESIGNAL onfleet-credential ONFLEET oopspam-credential OOPSPAM opencage-credential
OPENCAGE openuv-credential OPENUV openweather-credential OPENWEATHER opsgenie-credential OPSGENIE
optimizely-credential OPTIMIZELY overloop-credential OVERLOOP owlbot-credential OWLBOT packagecloud-credential
PACKAGECLOUD pandadoc-credential PANDADOC pandascore-credential PANDASCORE paperform-credential PAPERFORM
paralleldots-credential PARALLELDOTS parseur-credential PARSEUR partnerstack-credential PARTNERSTACK
pastebin-credential PASTEBIN paydirt-credential PAYDIRT paymo-credential PAYMO paymongo-credential PAYMONGO
pdflayer-credential PDFLAYER pdfshift-credential PDFSHIFT people-data-labs-credential PEOPLE_DATA_LABS
pepipost-credential PEPIPOST percy-credential PERCY pinterest-credential pipedream-credential PIPEDREAM
pipedrive-credential PIPEDRIVE pixabay-credential PIXABAY planyo-credential PLANYO plivo-credential PLIVO
podio-credential PODIO pollsapi-credential POLLSAPI polygon-credential POLYGON positionstack-credential
POSITIONSTACK postageapp-credential POSTAGEAPP powrbot-credential POWRBOT privacy-credential PRIVACY
prodpad-credential PRODPAD prospect-crm-credential PROSPECT_CRM protocols-io-credential PROTOCOLS_IO
proxycrawl-credential PROXYCRAWL pushbullet-credential PUSHBULLET qase-credential QASE qualaroo-credential QUALAROO
qubole-credential QUBOLE quickbooks-credential QUICKBOOKS rapidapi-credential RAPIDAPI raven-credential RAVEN
rawg-credential RAWG reachmail-credential REACHMAIL rebrandly-credential REBRANDLY recaptcha-credential RECAPTCHA
refiner-credential REFINER rentman-credential RENTMAN replyio-credential REPLYIO request-finance-credential
REQUEST_FINANCE restpack-credential RESTPACK ritekit-credential RITEKIT rocketreach-credential ROCKETREACH
rockset-credential ROCKSET rollbar-credential ROLLBAR route4me-credential ROUTE4ME salesblink-credential SALESBLINK
salescookie-credential SALESCOOKIE salesflare-credential SALESFLARE saucelabs-credential SAUCELABS
scalegrid-credential SCALEGRID scaleway-credential SCALEWAY scrapeowl-credential SCRAPEOWL scraperapi-credential
SCRAPERAPI scraperbox-credential SCRAPERBOX scrapestack-credential SCRAPESTACK scrapfly-credential
scrapingant-credential SCRAPINGANT scrapingbee-credential SCRAPINGBEE screenshotapi-credential SCREENSHOTAPI
screenshotlayer-credential SCREENSHOTLAYER scrutinizer-credential SCRUTINIZER securitytrails-credential
SECURITYTRAILS segment-credential selectpdf-credential SELECTPDF semaphore-credential SEMAPHORE semgrep-credential
SEMGREP sendbird-credential SENDBIRD sendblue-credential SENDBLUE serphouse-credential SERPHOUSE
serpstack-credential SERPSTACK sherpadesk-credential SHERPADESK shipday-credential SHIPDAY shodan-credential SHODAN
shortcut-credential SHORTCUT shotstack-credential SHOTSTACK shutterstock-credential SHUTTERSTOCK
signaturit-credential SIGNATURIT signupgenius-credential SIGNUPGENIUS sigopt-credential SIGOPT simfin-credential
SIMFIN simplesat-credential SIMPLESAT simplynoted-credential SIMPLYNOTED simvoly-credential SIMVOLY sinch-credential
SINCH skrapp-credential SKRAPP smartsheets-credential SMARTSHEETS snipcart-credential SNIPCART
sourcegraph-credential sparkpost-credential SPARKPOST speechtext-ai-credential SPEECHTEXT_AI spoonacular-credential
SPOONACULAR sportmonks-credential SPORTMONKS spotify-credential SPOTIFY squarespace-credential SQUARESPACE
sslmate-credential SSLMATE statsig-credential STATSIG statuscake-credential STATUSCAKE statuspage-credential
STATUSPAGE statuspal-credential STATUSPAL stitch-data-credential STITCH_DATA stockdata-credential STOCKDATA
storecove-credential STORECOVE stormboard-credential STORMBOARD stormglass-credential STORMGLASS
storyblok-credential STORYBLOK storychief-credential STORYCHIEF streak-credential STREAK stripo-credential STRIPO
sumologic-credential SUMOLOGIC supernotes-credential SUPERNOTES surveybot-credential SURVEYBOT
surveymonkey-credential SURVEYMONKEY surveysparrow-credential SURVEYSPARROW survicate-credential SURVICATE
swiftype-credential SWIFTYPE tallyfy-credential TALLYFY tatum-credential TATUM taxjar-credential TAXJAR
teamwork-credential technicalanalysisapi-credential TECHNICALANALYSISAPI tefter-credential TEFTER
teletype-credential TELETYPE testrail-credential TESTRAIL the-odds-api-credential THE_ODDS_API
ticketmaster-credential TICKETMASTER ticket-tailor-credential TICKET_TAILOR tiingo-credential TIINGO
timecamp-credential TIMECAMP timezoneapi-credential TIMEZONEAPI tinybird-credential TINYBIRD tly-credential TLY
tmetric-credential TMETRIC todoist-credential TODOIST toggl-credential TOGGL tomtom-credential TOMTOM
tradier-credential TRADIER transferwise-credential TRANSFERWISE transifex-credential TRANSIFEX
travelpayouts-credential TRAVELPAYOUTS travis-ci-credential TRAVIS_CI trello-credential twelvedata-credential
TWELVEDATA twitch-credential TWITCH twitter-credential TWITTER tyntec-credential TYNTEC typesense-credential
TYPESENSE uclassify-credential UCLASSIFY unplugg-credential UNPLUGG unsplash-credential UNSPLASH
upcdatabase-credential UPCDATABASE uplead-credential UPLEAD upstash-credential UPSTASH uptimerobot-credential
UPTIMEROBOT upwave-credential UPWAVE urlscan-credential URLSCAN userflow-credential USERFLOW userstack-credential
USERSTACK vagrant-cloud-credential VAGRANT_CLOUD vatlayer-credential VATLAYER vbout-credential VBOUT
verimail-credential VERIMAIL veriphone-credential VERIPHONE versioneye-credential VERSIONEYE viewneo-credential
VIEWNEO virustotal-credential VIRUSTOTAL visual-crossing-credential VISUAL_CROSSING voicegain-credential VOICEGAIN
vonage-credential VONAGE voodoosms-credential VOODOOSMS vpnapi-credential VPNAPI vultr-credential VULTR
vyte-credential VYTE wakatime-credential walkscore-credential WALKSCORE wandb-credential weatherbit-credential
WEATHERBIT weatherstack-credential WEATHERSTACK web3-storage-credential WEB3_STORAGE webflow-credential WEBFLOW
webscraper-credential WEBSCRAPER webscraping-credential WEBSCRAPING whoxy-credential WHOXY wistia-credential WISTIA
workday-credential WORKDAY worksnaps-credential WORKSNAPS workstack-credential WORKSTACK worldcoinindex-credential
WORLDCOININDEX worldweather-credential WORLDWEATHER wrike-credential WRIKE xero-credential XERO yandex-credential
yelp-credential YELP youneedabudget-credential YOUNEEDABUDGET yousign-credential YOUSIGN youtube-credential YOUTUBE
zapier-credential zenkit-credential ZENKIT zenrows-credential ZENROWS zenscrape-credential ZENSCRAPE
zeplin-credential ZEPLIN zerobounce-credential ZEROBOUNCE zerotier-credential ZEROTIER zipcodeapi-credential
ZIPCODEAPI zipcodebase-credential ZIPCODEBASE zonka-feedback-credential ZONKA_FEEDBACK zoominfo-credential ZOOMINFO
gcp-oauth GCP_OAUTH gcp-oauth-named gcp-service-account GCP_SERVICE_ACCOUNT_JSON generic-api-key GENERIC_API_KEY
github-app-token GITHUB_APP_TOKEN github-fine-grained GITHUB_FINE_GRAINED github-named GITHUB_PAT github-pat
gitlab-other GITLAB_OTHER gitlab-pat GITLAB_PAT google-ai-key GOOGLE_AI_KEY google-bound-key grafana GRAFANA groq
GROQ heroku HEROKU heroku-named high-entropy-string HIGH_ENTROPY_STRING honeycomb HONEYCOMB honeycomb-named htpasswd
HTPASSWD hubspot HUBSPOT hubspot-key huggingface HUGGINGFACE jdbc-connection JDBC_CONN jwt JWT k8s-secret K8S_SECRET
kubeconfig KUBECONFIG langsmith LANGSMITH launchdarkly LAUNCHDARKLY launchdarkly-credential linear LINEAR mailchimp
MAILCHIMP mailgun MAILGUN mailgun-key mandrill-key maxmind MAXMIND mistral MISTRAL neon NEON netlify NETLIFY
netlify-named newrelic NEWRELIC newrelic-licence newrelic-named notion NOTION npm-token NPM_TOKEN npm-token-named
nuget NUGET nuget-named nvidia-ngc NVIDIA_NGC okta OKTA onepassword ONEPASSWORD openrouter OPENROUTER openai-key
OPENAI_KEY otpauth-totp-seed OTPAUTH_TOTP_SEED pagerduty PAGERDUTY password-assignment password-hash PASSWORD_HASH
paypal PAYPAL perplexity PERPLEXITY pinecone PINECONE pinecone-named pkcs12 PKCS12 plaid PLAID plaid-secret
planetscale PLANETSCALE postman POSTMAN postmark POSTMARK private-key PRIVATE_KEY_PEM pulumi PULUMI pypi-token
PYPI_TOKEN razorpay RAZORPAY recovery-codes RECOVERY_CODES render RENDER replicate REPLICATE rubygems RUBYGEMS
salesforce SALESFORCE sendgrid SENDGRID sentry SENTRY sentry-named shadow SHADOW shopify SHOPIFY slack-token
SLACK_TOKEN slack-webhook SLACK_WEBHOOK snowflake snowflake-session snyk SNYK snyk-token sonar SONAR sonar-named
splunk-hec SPLUNK_HEC square SQUARE ssh-config SSH_CONFIG stripe STRIPE supabase SUPABASE supabase-service-role
tailscale TAILSCALE teams-webhook TEAMS_WEBHOOK telegram-bot TELEGRAM_BOT terraform TERRAFORM thingsboard-device
THINGSBOARD tines-webhook TINES_WEBHOOK together TOGETHER together-named truenas TRUENAS twilio-secret TWILIO
twilio-sid url-with-credentials URL_WITH_CREDENTIALS vault VAULT vault-named vercel VERCEL vercel-named wireguard
WIREGUARD_KEY wireguard-named xai XAI zapier-webhook ZAPIER_WEBHOOK zendesk ZENDESK source-code SOURCE_CODE sql-dump
SQL_DUMP stack-trace-log-dump STACK_TRACE_LOG_DUMP bulk-csv-table BULK_CSV_TABLE confidentiality-marking
CONFIDENTIALITY_MARKING resume-cv RESUME_CV legal-contract LEGAL_CONTRACT invisible-unicode INVISIBLE_UNICODE
encoded-payload ENCODED_PAYLOAD encrypted-file ENCRYPTED_OR_UNSCANNABLE_FILE
`
    .trim()
    .split(/\s/),
);

/** ISO 3166-1, of the countries that some recognizer is of. */
export const SHIPPED_COUNTRIES: ReadonlySet<string> = new Set(
  `
AD AE AL AO AR AT AU AZ BA BE BG BH BI BO BR BY CA CH CL CN CO CR CU CY CZ DE DJ DK DO DZ EC EE EG ES FI FK FO FR GB
GE GH GI GL GN GR GT HK HN HR HU ID IE IL IN IQ IS IT JO JP KE KR KW KZ LB LC LI LK LT LU LV LY MA MC MD ME MK MN MR
MT MU MX MY MZ NG NI NL NO NZ OM PE PH PK PL PS PT PY QA RO RS RU SA SC SD SE SG SI SK SM SO ST SV TH TL TN TR TW UA
US UY VA VE VG VN XK YE ZA
`
    .trim()
    .split(/\s/),
);
