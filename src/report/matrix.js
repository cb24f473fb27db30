// The matrix of the context that is shown: classes that are decided alike share a row.

const TABLES = [
  { title: 'Apps', stations: ['company-apps', 'other-accounts', 'other-apps'] },
  { title: 'Storage', stations: ['company-storage', 'personal-storage'] },
  { title: 'This device', stations: ['device'] },
];

/** The most blocks of a table that are open from the start. */
const OPEN_BLOCKS = 3;

const limitsOf = ({ characters, content, tagged }) => [
  characters === undefined ? null : [`≤ ${characters}`, `up to ${characters} characters`],
  content === undefined ? null : ['no text', 'without content'],
  tagged === undefined ? null : ['tagged', `tagged ${tagged}`],
].filter(Boolean);

/** A decision as a cell shows it: its kind, a short text, and words. */
function verdictOf({ effect, enforced, limits }) {
  if (!enforced) return { kind: 'free', text: '–', words: 'not enforced: no policy applies' };
  if (effect === 'block') return { kind: 'block', text: 'block', words: 'blocked' };
  const all = limitsOf(limits);
  if (all.length === 0) return { kind: 'allow', text: 'allow', words: 'allowed' };
  const [texts, words] = [0, 1].map((at) => all.map((limit) => limit[at]));
  return { kind: 'limit', text: texts.join(', '), words: `allowed ${words.join(' ')}` };
}

const verdicts = data.decisions.map(verdictOf);

/** By line: the text of each column, for lines that are decided alike. */
const lineKeys = data.lines.map((line) => line.map(([column, at]) => `${column}:${verdicts[at].text}`).join(' '));

const classAt = (context, at) => data.classes[context.classes[at]];

/** What a search finds of a class: its apps and their titles. */
const classTexts = data.classes.map((found) => {
  const endpoints = found.members.flatMap((members) => members.endpoints.map((at) => data.endpoints[at]));
  return [found.name, ...endpoints.flatMap(({ name, title }) => [name, title ?? ''])].join('\n').toLowerCase();
});

/** What a search finds of a decision: its rules. */
const decisionTexts = data.decisions.map(({ by }) => by.map((at) => {
  const { policy, rule, file, line, because } = data.rules[at];
  return [policy, rule, `${file}:${line}`, because ?? ''].join('\n');
}).join('\n').toLowerCase());

/** The classes and lines that a search finds. */
function findings(text) {
  const decisions = decisionTexts.map((one) => one.includes(text));
  return {
    classes: classTexts.map((one) => one.includes(text)),
    lines: data.lines.map((line) => line.some(([, at]) => decisions[at])),
  };
}

/** Whether apps of a class are subjects for an account. */
function isSubject(found, account) {
  if (account === 'work') return found.station === 'company-apps';
  return found.station === 'other-accounts' && found.members.some((members) => members.account === account);
}

/** The rows of a context by subject: for each other class its line. */
function rowsBySubject(context, account) {
  const found = new Map();
  for (const [subject, other, line] of context.rows) {
    if (!isSubject(classAt(context, subject), account)) continue;
    if (!found.has(subject)) found.set(subject, []);
    found.get(subject).push({ other, line });
  }
  return found;
}

/** Subjects with equal rows in one block, and rows with equal decisions in one row. */
function blocksOf(context, rows, stations) {
  const blocks = new Map();
  for (const [subject, all] of rows) {
    const own = all.filter(({ other }) => stations.includes(classAt(context, other).station));
    if (own.length === 0) continue;
    const key = own.map(({ other, line }) => `${other}=${lineKeys[line]}`).join(';');
    if (!blocks.has(key)) blocks.set(key, { subjects: [], lines: new Map(), rows: mergedRows(context, own) });
    const block = blocks.get(key);
    block.subjects.push(subject);
    for (const { other, line } of own) block.lines.set(other, [...block.lines.get(other) ?? [], line]);
  }
  return [...blocks.values()];
}

function mergedRows(context, own) {
  const merged = new Map();
  for (const { other, line } of own) {
    const { station } = classAt(context, other);
    const key = station === 'device' ? deviceKey(merged, line) : `${station} ${lineKeys[line]}`;
    if (!merged.has(key)) merged.set(key, { station, others: [], columns: new Map() });
    const row = merged.get(key);
    row.others.push(other);
    for (const [column, decision] of data.lines[line]) row.columns.set(column, verdicts[decision]);
  }
  return [...merged.values()];
}

/** Places of the device share a row unless two of one channel are decided differently. */
function deviceKey(merged, line) {
  const fits = ([, row]) => data.lines[line].every(([column, decision]) => {
    const known = row.columns.get(column);
    return known === undefined || known.text === verdicts[decision].text;
  });
  return [...merged].find(fits)?.[0] ?? `device ${merged.size}`;
}

/** The lines of a block's subjects with some classes: pairs with their decisions in a column. */
function pairsOf(context, subjects, others, column) {
  const found = [];
  for (const [subject, other, line] of context.rows) {
    if (!subjects.includes(subject) || !others.includes(other)) continue;
    const cell = data.lines[line].find(([at]) => at === column);
    if (cell !== undefined) found.push({ subject, other, decision: cell[1] });
  }
  return found;
}

const namesOf = (context, classes) => classes.map((at) => classAt(context, at).name).join('; ');

const sizeOf = (context, classes) => new Set(classes.flatMap((at) =>
  classAt(context, at).members.flatMap((members) => members.endpoints))).size;

/** Scopes of the movements between two classes in a column, as the language has them. */
function scopesOf(context, place, { subject, other }, column) {
  const { channel, incoming } = data.columns[column];
  const [from, to] = incoming ? [other, subject] : [subject, other];
  const clauses = clausesOf(place);
  return classAt(context, from).sets.flatMap((source) =>
    classAt(context, to).sets.map((target) => `${channel} from ${source} to ${target} ${clauses}`.trimEnd()));
}
