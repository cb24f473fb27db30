// The effective policy where it is shown: which policies apply, what is required, and what happens at start.

const policyItem = (at) => {
  const { policy, title, file, line } = data.policies[at];
  return make('li', {}, make('b', {}, policy), ` ${title ?? ''} `, make('span', { class: 'quiet' }, `${file}:${line}`));
};

const scopeLines = (scopes) => scopes.map((scope) => make('div', {}, make('code', {}, scope)));

/** Why a policy does not apply, and what would change that. */
function unappliedItem([policy, unmet]) {
  const item = policyItem(policy);
  for (const [why, change, scopes] of unmet) {
    item.append(make('div', {}, data.sentences[why]));
    item.append(make('div', { class: 'quiet' }, data.sentences[change]));
    item.append(...scopeLines(scopes.map((at) => data.sentences[at])));
  }
  return item;
}

/** Details that are made when they are opened first. */
function lazily(summary, content) {
  const details = make('details', {}, make('summary', {}, summary));
  details.addEventListener('toggle', () => details.append(content()), { once: true });
  return details;
}

function levelLine({ platform, reached, missing }) {
  const words = reached === 0 ? 'no level' : `level ${reached}`;
  const line = make('p', {}, `Microsoft’s framework on ${PLATFORMS[platform]}: `, make('b', {}, words));
  if (missing.length > 0) {
    const points = missing.map((at) => make('li', {}, data.sentences[at]));
    return [line, make('details', {}, make('summary', {}, `What level ${reached + 1} asks for`), make('ul', {}, ...points))];
  }
  return [line];
}

function kindBox(kind) {
  const box = make('div', { class: 'kind', 'data-find': '' });
  box.append(make('h3', {}, kind.applies.length > 0 ? 'Policies apply' : 'No policy applies'), ...scopeLines(kind.scopes));
  if (kind.applies.length > 0) box.append(make('ul', {}, ...kind.applies.map(policyItem)));
  box.append(...kind.levels.flatMap(levelLine));
  if (kind.others.length > 0) {
    const summary = `Why ${kind.others.length} other ${kind.others.length === 1 ? 'policy does' : 'policies do'} not apply`;
    box.append(lazily(summary, () => make('ul', {}, ...kind.others.map(unappliedItem))));
  }
  return box;
}

// ---------------------------------------------------------------- access

const placesOf = (by) => by.map(({ policy, file, line }) => `${policy}, ${file}:${line}`).join('; ');

function valueOf(value) {
  if (value === true) return '';
  if (typeof value !== 'object') return String(value);
  return Object.entries(value).filter(([, count]) => count !== null).map(([word, count]) => `${count} then ${word}`).join(', ');
}

/** A line for each requirement, and for each of its fields. */
function requirementRows(requirements) {
  const rows = [];
  for (const [name, { by, ...fields }] of Object.entries(requirements)) {
    rows.push([`require ${name}`, '', placesOf(by)]);
    for (const [field, answer] of Object.entries(fields)) {
      rows.push([`require ${name}: ${field}`, valueOf(answer.value), placesOf(answer.by)]);
    }
  }
  return rows;
}

function accessBox({ scopes, rows, requirements }) {
  const box = make('div', { class: 'kind', 'data-find': '' });
  box.append(make('h3', {}, 'To open an app'), ...scopeLines(scopes));
  const lines = requirementRows(requirements);
  for (const { when, effect, fired } of rows) lines.push([`when ${when}`, effect, placesOf(fired), fired]);
  if (lines.length === 0) box.append(make('p', {}, 'Nothing is required, and no condition is in force.'));
  const body = lines.map(([what, value, by, fired = []]) => {
    const reasons = fired.filter(({ because }) => because).map(({ because }) => make('div', {}, `“${because}”`));
    return make('tr', {}, make('td', {}, make('code', {}, what)), make('td', {}, make('b', {}, value), ...reasons),
      make('td', { class: 'quiet' }, by));
  });
  if (body.length > 0) box.append(make('table', { class: 'plain' }, make('tbody', {}, ...body)));
  return box;
}

function showKinds() {
  const { kinds, access } = shown.place;
  const found = [];
  if (kinds.limit) found.push(make('p', { class: 'missing' }, limitWords(kinds.limit)));
  else found.push(...kinds.map(kindBox));
  if (access.limit) found.push(make('p', { class: 'missing' }, limitWords(access.limit)));
  else found.push(...access.filter(({ enforced }) => enforced).map(accessBox));
  one('#kinds').replaceChildren(...found);
}
