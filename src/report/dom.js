// The page: elements, and the data of the contexts.

const one = (selector, inside = document) => inside.querySelector(selector);
const every = (selector, inside = document) => [...inside.querySelectorAll(selector)];

/** An element with attributes and children. Texts become text, never markup. */
function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== null) made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

const data = JSON.parse(one('#data').textContent);

const STATIONS = {
  'company-apps': 'Protected apps',
  'company-storage': 'Company storage',
  'other-accounts': 'Same apps, other accounts',
  'other-apps': 'Other apps',
  'personal-storage': 'Personal storage',
  'device': 'This device',
};

const PLATFORMS = { ios: 'iOS', android: 'Android', windows: 'Windows' };

const ACCOUNTS = { work: 'work', personal: 'personal', other: 'other organisation' };

/** A statement with its policy, place and reason. */
function statement({ policy, rule, file, line, because }) {
  const place = make('span', { class: 'quiet' }, ` ${policy}, ${file}:${line}`);
  return make('li', {}, make('code', {}, rule), place, because ? ` “${because}”` : '');
}

/** The limit in place of a part, in words. */
function limitWords({ resource, needed, limit }) {
  return `Not here: at least ${needed} ${resource.replace('-', ' ')} are needed, the limit is ${limit}.`;
}
