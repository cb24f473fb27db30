// The diagram of the context that is shown, and the same as a list.

const MARKS = { allow: 'allow', limit: 'limit', block: 'block', free: 'free' };

/** The mark of a row, as the drawing has it. */
function markOf(row) {
  const kind = Object.keys(MARKS).find((name) => one(`.l-${name}`, row)) ?? 'free';
  const mark = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  mark.setAttribute('viewBox', '0 0 44 20');
  mark.setAttribute('class', 'drawing');
  mark.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(mark.namespaceURI, 'use');
  use.setAttribute('href', `#mark-${kind}`);
  mark.append(use);
  return mark;
}

/** The rows of a drawing in words. */
function listOf(drawing) {
  const rows = every('.row', drawing);
  const items = rows.map((row) => make('li', {}, markOf(row), make('span', {}, one('title', row).textContent)));
  return make('ul', { class: 'rows' }, ...items);
}

function showDrawing() {
  const host = one('#drawing');
  const account = shown.account === 'work' ? 'work' : 'personal';
  const template = one(`#drawing-${shown.at}-${account}`);
  if (template === null) {
    const free = shown.context.policies.length === 0;
    const words = free
      ? 'No policy applies here: every movement is allowed, and none is enforced.'
      : `There is no drawing; \`mam draw FILE 'any ${clausesOf(shown.place)}'\` may draw one.`;
    host.replaceChildren(make('p', {}, words));
    return;
  }
  const drawing = template.content.firstElementChild.cloneNode(true);
  drawing.setAttribute('class', 'drawing');
  const list = make('details', {}, make('summary', {}, 'The same as a list'), listOf(drawing));
  host.replaceChildren(drawing, list);
}
