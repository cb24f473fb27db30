// Cells of the matrix: drawn, searched, opened, and walked with the keyboard.

const host = one('#cells');

/** The most scopes of a cell that are shown at once. */
const MOST_SCOPES = 6;

const filters = { channel: one('#channel'), only: one('#only'), search: one('#search') };

/** The blocks that were opened or closed by hand, by their subjects. */
const folds = new Map();
let isUnfolded = false;
let opened = null;

const searched = () => filters.search.value.trim().toLowerCase();

/** Whether a row of a block is among what a search finds; without a search it is. */
function isFound(context, block, row, found) {
  if (found === null) return true;
  return [...block.subjects, ...row.others].some((at) => found.classes[context.classes[at]])
    || row.others.some((other) => block.lines.get(other).some((line) => found.lines[line]));
}

function headOf(title, columns) {
  const directions = [false, true].filter((incoming) => columns.some((at) => data.columns[at].incoming === incoming));
  const first = make('tr', { class: 'direction' }, make('td'));
  for (const incoming of directions) {
    const span = columns.filter((at) => data.columns[at].incoming === incoming).length;
    first.append(make('th', { colspan: span, scope: 'colgroup' }, incoming ? '← in' : 'out →'));
  }
  const second = make('tr', {}, make('th', { scope: 'col' }, title));
  for (const at of columns) second.append(make('th', { scope: 'col' }, data.columns[at].channel));
  return make('thead', {}, first, second);
}

function cellOf(verdict, column) {
  const off = filters.only.value !== '' && filters.only.value !== verdict.kind ? ' off' : '';
  const button = make('button', {
    type: 'button', class: `cell ${verdict.kind}${off}`, tabindex: '-1', 'aria-expanded': 'false',
  }, verdict.text);
  button.column = column;
  return button;
}

function rowOf(context, block, row, columns, isFirst) {
  const number = sizeOf(context, row.others);
  const station = make('span', { class: isFirst ? 'first' : 'unseen' }, `${STATIONS[row.station]}: `);
  const isWhole = block.rows.filter(({ station }) => station === 'device').length === 1;
  const names = namesOf(context, row.others);
  const ofDevice = isWhole ? `${number} places` : names.replaceAll(';', ',');
  const name = row.station === 'device' ? ofDevice : names;
  const head = make('th', { scope: 'row' }, station, name);
  if (number > 1 && row.station !== 'device') head.append(make('span', { class: 'quiet' }, ` · ${number}`));
  const line = make('tr', { class: isFirst ? 'station' : '' }, head);
  line.model = { context, block, row };
  for (const column of columns) {
    const verdict = row.columns.get(column);
    const cell = make('td', { class: data.columns[column].incoming ? 'incoming' : '' });
    if (verdict !== undefined) cell.append(cellOf(verdict, column));
    line.append(cell);
  }
  return line;
}

/** The head of a block: its subjects, and where there are many blocks, a button that opens it. */
function subjectOf(context, block, { columns, isOpen, many, rows }) {
  const number = sizeOf(context, block.subjects);
  const name = `${namesOf(context, block.subjects)} · ${number}`;
  const line = make('tr', { class: 'subject' });
  const head = make('th', { colspan: columns.length + 1, scope: 'rowgroup' });
  if (many) {
    const fold = make('button', { type: 'button', class: 'fold', 'aria-expanded': String(isOpen) }, name);
    fold.key = `${shown.at} ${block.key}`;
    fold.addEventListener('click', () => {
      folds.set(block.key, !isOpen);
      showMatrix();
      every('.fold', host).find(({ key }) => key === fold.key)?.focus();
    });
    head.append(fold, make('span', { class: 'quiet' }, ` ${rows} rows`));
  } else {
    head.append(make('span', {}, name));
  }
  line.append(head);
  return line;
}

function bodyOf(context, block, columns, { at, many, found, stations }) {
  const rows = block.rows.filter((row) => columns.some((column) => row.columns.has(column)))
    .filter((row) => isFound(context, block, row, found));
  if (rows.length === 0) return null;
  block.key = stations.join() + block.subjects.map((subject) => classAt(context, subject).sets.join()).join();
  const isOpen = isUnfolded || !many || (folds.get(block.key) ?? at < OPEN_BLOCKS);
  const body = make('tbody');
  const alone = block.isOnly && !many;
  if (!alone) body.append(subjectOf(context, block, { columns, isOpen, many, rows: rows.length }));
  let last = null;
  for (const row of isOpen ? rows : []) {
    body.append(rowOf(context, block, row, columns, row.station !== last));
    last = row.station;
  }
  return body;
}

function tableOf(context, rows, found, { title, stations }) {
  const blocks = blocksOf(context, rows, stations);
  const has = (column) => blocks.some((block) => block.rows.some((row) => row.columns.has(column)));
  const channel = filters.channel.value;
  const columns = data.columns.map((_, at) => at).filter(has)
    .filter((at) => channel === '' || data.columns[at].channel === channel);
  if (columns.length === 0) return null;
  const table = make('table', { class: 'matrix' }, headOf(title, columns));
  blocks.forEach((block) => { block.isOnly = blocks.length === 1; });
  const bodies = blocks.map((block, at) =>
    bodyOf(context, block, columns, { at, many: blocks.length > OPEN_BLOCKS, found, stations }));
  table.append(...bodies.filter(Boolean));
  if (table.tBodies.length === 0) return null;
  return make('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': `${title}: decisions` }, table);
}

function showMatrix() {
  const { context, account } = shown;
  opened = null;
  if (context.policies.length === 0) {
    host.replaceChildren(make('p', {}, 'No policy applies here: every movement is allowed, and none is enforced.'));
    return;
  }
  const rows = rowsBySubject(context, account);
  const found = searched() === '' ? null : findings(searched());
  const tables = TABLES.map((table) => tableOf(context, rows, found, table)).filter(Boolean);
  if (tables.length === 0) tables.push(make('p', {}, 'No movement fits these filters.'));
  host.replaceChildren(...tables);
  const first = one('.cell', host);
  if (first !== null) first.tabIndex = 0;
}

// ---------------------------------------------------------------- one cell

const addressOf = ({ context }, pair, column) => {
  const { channel, incoming } = data.columns[column];
  const [from, to] = incoming ? [pair.other, pair.subject] : [pair.subject, pair.other];
  const sets = (at) => classAt(context, at).sets.join(' + ');
  return { cell: channel, from: sets(from), to: sets(to) };
};

/** Copies a text; where the browser does not let it, selects it. */
async function copy(text, source, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(source);
    button.textContent = 'Selected: copy it';
  }
}

function answerOf(model, decision, pairs, column) {
  const box = make('div', { class: 'answer' }, make('p', {}, make('b', {}, verdicts[decision].words)));
  const rules = data.decisions[decision].by.map((at) => statement(data.rules[at]));
  if (rules.length > 0) box.append(make('ul', {}, ...rules));
  const scopes = pairs.flatMap((pair) => scopesOf(model.context, shown.place, pair, column)).map(scopeLine);
  box.append(...scopes.slice(0, MOST_SCOPES));
  const more = scopes.slice(MOST_SCOPES);
  if (more.length > 0) {
    const summary = make('summary', {}, `${more.length} more ${more.length === 1 ? 'scope' : 'scopes'}`);
    box.append(make('details', {}, summary, ...more));
  }
  return box;
}

/** A scope with a button that copies it. */
function scopeLine(scope) {
  const text = make('code', { class: 'scope' }, scope);
  const button = make('button', { type: 'button', class: 'copy' }, 'Copy scope');
  button.addEventListener('click', () => copy(scope, text, button));
  return make('div', {}, make('p', {}, text), button);
}

function close() {
  if (opened === null) return;
  opened.button.setAttribute('aria-expanded', 'false');
  opened.line.remove();
  opened = null;
}

/** Opens a cell: what is decided, by which rules, and the scopes of its movements. */
function open(button) {
  const again = opened?.button === button;
  close();
  if (again) {
    visit();
    return;
  }
  const line = button.closest('tr');
  const { context, block, row } = line.model;
  const pairs = pairsOf(context, block.subjects, row.others, button.column);
  const decisions = [...new Set(pairs.map(({ decision }) => decision))];
  const box = make('div', {}, ...decisions.map((decision) =>
    answerOf(line.model, decision, pairs.filter((pair) => pair.decision === decision), button.column)));
  const detail = make('tr', { class: 'detail' }, make('td', { colspan: line.children.length }, box));
  line.after(detail);
  button.setAttribute('aria-expanded', 'true');
  opened = { button, line: detail };
  visit(addressOf(line.model, pairs[0], button.column));
}

// ---------------------------------------------------------------- keyboard

function focusOn(from, to) {
  if (!to) return;
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

/** The cell beside another one in its row, or in its column in the rows above or below. */
function neighbour(button, key) {
  const cell = button.parentNode;
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const cells = every('.cell', cell.parentNode);
    return cells[cells.indexOf(button) + (key === 'ArrowRight' ? 1 : -1)];
  }
  const lines = every('tr', host).filter((line) => line.model !== undefined);
  const step = key === 'ArrowDown' ? 1 : -1;
  for (let at = lines.indexOf(cell.parentNode) + step; at >= 0 && at < lines.length; at += step) {
    const cells = every('.cell', lines[at]);
    const below = cells.find((one) => one.parentNode.cellIndex === cell.cellIndex);
    const other = lines[at].closest('table') !== cell.closest('table');
    if (below || (other && cells.length > 0)) return below ?? cells[0];
  }
  return undefined;
}

host.addEventListener('click', (event) => {
  const button = event.target.closest('.cell');
  if (button === null) return;
  const last = one('.cell[tabindex="0"]', host);
  if (last !== null) last.tabIndex = -1;
  button.tabIndex = 0;
  open(button);
});

host.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && opened !== null) {
    const { button } = opened;
    close();
    visit();
    button.focus();
    return;
  }
  const button = event.target.closest('.cell');
  if (button === null || !event.key.startsWith('Arrow')) return;
  event.preventDefault();
  focusOn(button, neighbour(button, event.key));
});
