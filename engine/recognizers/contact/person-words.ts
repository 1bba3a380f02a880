/** Capitalised words that stand where a name would and are none: `Dear Customer`, `name: Build Docs`, `Hi All`. */

const WORDS = `mr mrs ms miss mx dr prof herr herrn frau mme mlle señor señora sra sig signor signora monsieur senhor senhora dhr
mevr mevrouw meneer all everyone everybody team teams folks friends friend guys there sir sirs madam madame mesdames customer customers
client clients user users member members subscriber reader readers colleague colleagues parent parents guest guests patient
patients hiring manager managers committee support service services department office officer human resources recruiter
recruiting editor editors valued student students applicant candidate sender recipient owner owners tenant resident residents
neighbor neighbour neighbours neighbors world santa diary god lord lady ladies gentlemen professor doctor president board
director directors council minister admin administrator administrators operator moderator maintainer maintainers contributor
contributors developer developers engineer engineers company corporation inc llc ltd gmbh group union bank university college
school hospital institute foundation association society agency bureau ministry court church
the a an and or of for to in on at by from with without is are was were be been not no yes if when while this that these those
it its our your my his her their we you he she they i me us them who what where why how which
first last full given family middle maiden name names surname username nickname display title text string value number
none null nil true false undefined unknown anonymous default required optional example sample test tests testing demo dummy
foo bar baz qux lorem ipsum your-name enter insert type select choose please
build builds run runs install installs deploy deploys release releases publish upload download check checks checkout setup set
get create update delete remove add new open close save load start stop restart init initialize configure config compile lint
format generate push pull merge commit fetch cache restore upgrade validate verify sync send receive read write copy move show
hide list print log export import use using make
api app apps application server servers cluster node nodes container docker kubernetes windows linux macos mac android ios
ubuntu debian python java javascript typescript node.js react vue angular github gitlab google microsoft amazon apple azure aws
oracle ibm intel nvidia facebook twitter linkedin slack jira confluence excel word outlook chrome firefox safari visual studio
code codes data database table tables row rows column columns field fields file files folder folders document documents docs
page pages site website web project projects package packages module modules function functions class classes method methods
object objects array map model models view views controller component components template templates test-case suite
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october
november december today tomorrow yesterday morning afternoon evening night spring summer autumn winter
north south east west northern southern eastern western central united states kingdom america europe asia africa
street road avenue lane drive house building floor room city town village county state country region
good great best better happy sorry thanks thank regards hello hi hey bye goodbye cheers ciao tschüss adieu dear welcome congratulations note notes important warning
error info debug notice attention question answer re fw fwd subject date from cc bcc sent
machine learning deep neural network language large assistant bot gpt claude gemini llama copilot chatgpt openai anthropic
special general public private global local main master primary secondary basic advanced standard custom internal external
version chapter section part figure appendix introduction overview summary conclusion contents index
here interested writing looking trying working getting having going doing sure afraid glad happy sorry unable able not just also
still now only really very so too one two three currently feeling
key keys signing automatic image images archive archives mailing list lists security contact info webmaster mail email e-mail newsletter
open source foundation software free license licence copyright project authors inc. ltd. co. corp. laboratories labs research`;

const KNOWN = new Set(WORDS.split(/\s+/));

/** What assistants are asked to do: it opens a prompt with a capital. Those that are a given name or a town too, such as Mark and Split, are not here. */
const ASKED_FOR = new Set(
  `abbreviate abridge adapt adjust align amend amplify analyse analyze annotate anticipate append approximate arrange articulate
assess attach augment balance benchmark boost brainstorm broaden bullet calculate capitalise capitalize categorise categorize
clarify classify cluster collate colour color combine compare compress compute condense configure connect consider consolidate
contextualise contextualize continue contrast convert correct craft critique customise customize debug decode decompose deduce
deduplicate define demonstrate derive describe detect determine diagnose differentiate disambiguate discuss dissect distil distill
distinguish draft elaborate eliminate emphasise emphasize encode enhance enlarge enrich enumerate estimate evaluate examine expand
explain explore extend extract factor filter finalise finalize flatten forecast formulate generalise generalize harmonise
harmonize highlight humanise humanize hypothesise hypothesize identify illustrate imagine implement improve incorporate increase
infer integrate interpret introduce invent investigate justify lengthen localise localize loosen merge migrate mimic modernise
modernize modify narrate normalise normalize optimise optimize organise organize outline overhaul paraphrase personalise
personalize pinpoint polish predict prepare prioritise prioritize proofread propose punctuate rank rate rebuild recap recast
recommend reconcile reconsider redact reduce refactor refine reflect reformat reformulate regenerate rename render reorder
reorganise reorganize repeat rephrase replace reply reproduce reshape resolve respond restate restore restructure retell reuse
reverse revise reword rewrite rework roleplay segment serialise serialize shorten shrink simplify simulate sketch solve specify
standardise standardize streamline strengthen structure substitute suggest summarise summarize tabulate tailor tighten
tokenise tokenize tone transcribe transform translate transliterate transpose trim troubleshoot tweak unify upgrade vary
visualise visualize widen zip`.split(/\s+/),
);

const DAYS =
  /^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|(?:sept|nov|dec)ember|october)$/i;

const LONG_TITLES = /^(?:professor|doctor|madame?|herrn|señora?|signora?|senhora?|monsieur|mevrouw|meneer)$/i;

/** After a title only short words, other titles and names of days end a name: `Dr. Gregory House`, but `Mr. Smith The …`. */
export function endsTitledName(word: string): boolean {
  return (word.length <= 4 && KNOWN.has(word.toLowerCase())) || LONG_TITLES.test(word) || DAYS.test(word);
}

/** A word, in any case, that is not part of a person's name. */
export function isNoName(word: string): boolean {
  return KNOWN.has(word.toLowerCase());
}

/** What an assistant is asked to do. By itself it is nobody's name; beside others it may be, as in Otto Rank. */
export function isAskedFor(word: string): boolean {
  return ASKED_FOR.has(word.toLowerCase());
}
