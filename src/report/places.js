// What is shown: people on a device, and the account of the apps.

/** Every place with its context. */
const places = data.contexts.flatMap((context, at) => context.places.map((place) => ({ at, context, place })));

const shown = { ...places[0], platform: places[0].place.on[0], account: 'work' };

const choices = Object.fromEntries(
  ['platform', 'people', 'devices', 'account'].map((name) => [name, one(`#${name}`)]),
);

const clausesOf = (place) => [place.people, place.platforms, place.devices].filter(Boolean).join(' ');

/** Fills a choice with values and labels; keeps the value that is shown where it is among them. */
function fill(select, options, value) {
  select.replaceChildren(...options.map(([key, label]) => make('option', { value: key }, label)));
  select.value = value;
}

const unique = (pairs) => [...new Map(pairs)];

/** Shows the place that is most like a wanted one: its platform, then its people, then its devices. */
function choose({ platform, people, devices }) {
  const on = places.filter(({ place }) => place.on.includes(platform));
  const of = on.filter(({ place }) => place.people === people);
  const among = of.length > 0 ? of : on;
  const best = among.find(({ place }) => place.devices === devices) ?? among[0];
  Object.assign(shown, best, { platform });
  const platforms = Object.keys(PLATFORMS).filter((one) => places.some(({ place }) => place.on.includes(one)));
  fill(choices.platform, platforms.map((one) => [one, PLATFORMS[one]]), platform);
  fill(choices.people, unique(on.map(({ place }) => [place.people, place.who])), best.place.people);
  const same = on.filter(({ place }) => place.people === best.place.people);
  fill(choices.devices, unique(same.map(({ place }) => [place.devices, place.device])), best.place.devices);
  fill(choices.account, Object.entries(ACCOUNTS), shown.account);
  one('#scope').textContent = clausesOf(best.place) || 'everybody on every device';
}

/** The address of what is shown, made of names, so that it outlives an edit of the policies. */
function address(cell = {}) {
  const { place, platform, account } = shown;
  const parts = { ...cell, people: place.people, platform, devices: place.devices, account };
  return `#${new URLSearchParams(parts)}`;
}

const visit = (cell) => history.replaceState(null, '', address(cell));
