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

/** By line: its decisions by column. */
const lineColumns = data.lines.map((line) => new Map(line.map(([column, at]) => [column, verdicts[at]])));

/** By line: a text that is equal for lines that are decided alike. */
const lineKeys = data.lines.map((line) => line.map(([column, at]) => `${column}:${verdicts[at].text}`).join(' '));

/** Whether two rows agree in the columns that both have. */
const agree = (one, other) =>
  [...one].every(([column, { text }]) => (other.get(column) ?? { text }).text === text);

/** Whether a subject is decided as a block is. No data moves from an app to itself, which makes no difference. */
function fits(block, subject, own) {
  const isLike = (other, [line, known]) => {
    if (other !== subject && !block.subjects.includes(other)) {
      return line !== undefined && known !== undefined && lineKeys[line] === lineKeys[known];
    }
    return line === undefined || known === undefined || agree(lineColumns[line], lineColumns[known]);
  };
  for (const [other, line] of own) if (!isLike(other, [line, block.lines.get(other)?.[0]])) return false;
  for (const [other, [known]] of block.lines) if (!own.has(other) && !isLike(other, [undefined, known])) return false;
  return true;
}

/** Subjects with equal decisions in one block, and classes with equal decisions in one row. */
function blocksOf(context, rows, stations) {
  const blocks = [];
  for (const [subject, all] of rows) {
    const here = all.filter(({ other }) => stations.includes(classAt(context, other).station));
    if (here.length === 0) continue;
    const own = new Map(here.map(({ other, line }) => [other, line]));
    let block = blocks.find((known) => fits(known, subject, own));
    if (block === undefined) {
      block = { subjects: [], lines: new Map() };
      blocks.push(block);
    }
    block.subjects.push(subject);
    for (const [other, line] of own) block.lines.set(other, [...block.lines.get(other) ?? [], line]);
  }
  for (const block of blocks) block.rows = mergedRows(context, block.lines);
  return blocks;
}

/** Classes with equal decisions in one row. Each place of the device has a channel of its own. */
function mergedRows(context, lines) {
  const rows = new Map();
  for (const other of [...lines.keys()].sort((one, another) => one - another)) {
    const { station } = classAt(context, other);
    const columns = new Map(lines.get(other).flatMap((line) => [...lineColumns[line]]));
    const texts = [...columns].map(([column, { text }]) => `${column}:${text}`).sort().join(' ');
    const fitting = ([, row]) => station === 'device' && agree(columns, row.columns);
    const key = [...rows].find(fitting)?.[0] ?? `${station} ${texts}`;
    const row = rows.get(key) ?? { station, others: [], columns };
    row.others.push(other);
    row.columns = new Map([...row.columns, ...columns]);
    rows.set(key, row);
  }
  return [...rows.values()];
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
