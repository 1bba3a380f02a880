/**
 * What people write where a secret would stand: `xxxx`, `<password>`, `${VAR}`, `process.env.X`, `your-api-key`,
 * `********`. Reporting these would cost trust and protect nothing.
 */

const STAND_IN = [
  // your-api-key, my_secret_here, change-me, insertTokenHere
  /^(?:your|my|the|a|some|insert|enter|change|replace|put|add|set|use|fake|sample|test|dummy|example)[-_ .]?(?:(?:own|real|new|super|very|strong|long|aws|api|app|db|auth|private|access|client|user|account|secret|bot)[-_ .]?)*(?:key|token|secret|password|passwd|pwd|pass|passphrase|credentials?|here|me|this|it|value)(?:[-_ .]?(?:here|id|goes|value|string|now).*)?$/i,
  /your[-_ ]?(?:\w+[-_ ])?(?:key|token|secret|password)|(?:key|token|secret|password)[-_ ](?:goes[-_ ])?here|place[-_ ]?holder|redacted|replace[-_ ]?me|change[-_ ]?me|changeit|<[a-z_ -]+>/i,
  /^(?:removed|masked|hidden|censored|todo|tbd|fixme|not[-_ ]?set|undefined|n\/a|none)$/i,
  /xxxx|\*\*\*|\.\.\.|•••|…/i,
];

/** For bodies of tokens and for values of assignments alike. */
export function isPlaceholder(value: string): boolean {
  return isRow(value) || isStandIn(value);
}

/** The same for a value under its issuer's name, where letters and digits that rise together are as often a key that was made by hand. */
export function isStandIn(value: string): boolean {
  return (
    hasFewCharacters(value) ||
    (/^(?:[a-z]+|\d+)$/i.test(value) && isRow(value)) ||
    STAND_IN.some((form) => form.test(value))
  );
}

/** Fewer different characters than a secret of that length has. */
function hasFewCharacters(value: string): boolean {
  const distinct = new Set(value).size;
  return distinct <= 2 || (value.length >= 16 && distinct < 6) || (value.length >= 8 && distinct < 4);
}

/** `abcdefghijklmnop…` or `0123456789…` throughout. */
function isRow(value: string): boolean {
  if (value.length < 12) return false;
  let steps = 0;
  for (let i = 1; i < value.length; i++) {
    const step = value.charCodeAt(i) - value.charCodeAt(i - 1);
    if (step === 1 || step === 0) steps++;
  }
  return steps >= value.length * 0.85;
}

const REFERENCES = [
  // Templates and variables: ${X}, {{ x }}, <%= x %>, #{x}, $(cmd), %X%, %s, %(x)s, {x}, $X, @x@
  /\$\{|\{\{|<%|#\{|\$\(|^%[a-z]$|%\(\w+\)|^%\w+%$|^\{[^}]*\}$|^\$[A-Za-z_]\w*$|^\$[A-Z][A-Z0-9_]{3,}|^@\w+@$|^__\w+__$|^<[^>]*>$|^\[[^\]]*\]$/,
  // Calls and members: getpass(), process.env.X, config.password, os.environ["X"], !Ref X
  /^[\w$.:>-]+\(|^[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+$|^[\w$.]+\[|^!(?:Ref|Sub|GetAtt|vault|secret)\b|^(?:env|vault|secret|ssm|op|ref|file|arn|keyring|var):/i,
  // Names of environment variables
  /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/,
];

/** A variable, call, template or reference to where the value stands, rather than a value. */
export function isReference(value: string): boolean {
  return REFERENCES.some((form) => form.test(value));
}
