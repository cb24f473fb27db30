// Start: controls, search, addresses, print.

function show() {
  showDrawing();
  showMatrix();
  showKinds();
  searchSections();
}

/** Hides what a search does not find in the sections that are text, and says how much is found. */
function searchSections() {
  const text = searched();
  let number = 0;
  for (const item of every('[data-find]')) {
    item.text ??= item.textContent.toLowerCase();
    const found = text !== '' && item.text.includes(text);
    item.hidden = text !== '' && !found;
    if (!found) continue;
    number += 1;
    const closed = item.closest('details:not([open])');
    if (closed !== null) closed.open = true;
  }
  const rows = every('.matrix tbody tr').filter((line) => line.model !== undefined).length;
  one('#found').textContent = text === '' ? '' : `${rows} rows of the matrix, ${number} elsewhere`;
}

function fillFilters() {
  const channels = [...new Set(data.columns.map(({ channel }) => channel))];
  fill(filters.channel, [['', 'all'], ...channels.map((channel) => [channel, channel])], '');
  const kinds = [
    ['', 'everything'], ['block', 'blocked'], ['limit', 'allowed with a limit'], ['allow', 'allowed'],
    ['free', 'not enforced'],
  ];
  fill(filters.only, kinds, '');
  const key = [['allow', 'allow'], ['limit', '≤ 50'], ['block', 'block'], ['free', '–']];
  const words = Object.fromEntries(kinds);
  one('#key').replaceChildren(...key.map(([kind, text]) =>
    make('span', {}, make('i', { class: kind }, text), words[kind])), make('span', {}, 'empty: no such movement'));
}

/** Shows what an address names; says so where it does not fit any more. */
function follow() {
  const wanted = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  one('#unknown').hidden = true;
  if (wanted.platform === undefined) return;
  shown.account = ACCOUNTS[wanted.account] ? wanted.account : 'work';
  const fits = places.some(({ place }) => place.on.includes(wanted.platform)
    && place.people === wanted.people && place.devices === wanted.devices);
  if (fits) choose(wanted);
  filters.channel.value = filters.only.value = filters.search.value = '';
  show();
  const found = fits && (wanted.cell === undefined || goTo(wanted));
  const unknown = one('#unknown');
  unknown.hidden = found;
  unknown.textContent = found ? '' : 'This link does not fit: the policies do not tell apart what it names any more.';
}

/** Opens the cell that an address names. */
function goTo({ cell, from, to }) {
  const isIt = (button) => {
    const { context, block, row } = button.closest('tr').model;
    if (data.columns[button.column].channel !== cell) return false;
    const pairs = pairsOf(context, block.subjects, row.others, button.column);
    return pairs.some((pair) => {
      const known = addressOf({ context }, pair, button.column);
      return known.from === from && known.to === to;
    });
  };
  unfold();
  const button = every('.cell', host).find(isIt);
  if (button === undefined) return false;
  open(button);
  focusOn(one('.cell[tabindex="0"]', host), button);
  button.scrollIntoView({ block: 'center' });
  return true;
}

/** Opens every block, so that each cell is there; gives whether some were closed. */
function unfold() {
  if (one('.fold[aria-expanded="false"]', host) === null) return false;
  isUnfolded = true;
  showMatrix();
  isUnfolded = false;
  return true;
}

for (const name of ['platform', 'people', 'devices', 'account']) {
  choices[name].addEventListener('change', () => {
    shown.account = choices.account.value;
    choose({ platform: choices.platform.value, people: choices.people.value, devices: choices.devices.value });
    show();
    visit();
  });
}
for (const name of ['channel', 'only']) filters[name].addEventListener('change', showMatrix);
filters.search.addEventListener('input', () => {
  showMatrix();
  searchSections();
});
filters.search.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  filters.search.value = '';
  showMatrix();
  searchSections();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
  event.preventDefault();
  filters.search.focus();
});
addEventListener('hashchange', follow);
let wasFolded = false;
addEventListener('beforeprint', () => { wasFolded = unfold(); });
addEventListener('afterprint', () => { if (wasFolded) showMatrix(); });

fillFilters();
choose({ platform: shown.platform, people: shown.place.people, devices: shown.place.devices });
show();
follow();
