/** Who can be reached, as far as this login may know; nothing is shown of what it may not. */
import { avatar, coalesce, element, icon, page } from './page.js';
import { PresenceWatch } from './verto.js';

const words = {
  free: 'Can be called',
  ringing: 'Is being called',
  busy: 'In a call',
  away: 'Not signed in',
  unknown: '',
};

export class People {
  #act;
  #watch = null;
  #items = new Map();
  #own = null;
  /** Users that were called or written to, for the suggestions. */
  #known = new Set();
  #draw = coalesce(100, () => this.#show());

  /** @param {object} act `call(user)`, `write(user)`. */
  constructor(act) {
    this.#act = act;
  }

  /** Starts anew on each connection. */
  async start(client) {
    this.stop();
    const watch = (this.#watch = new PresenceWatch(client));
    this.#own = client.login;
    watch.on('change', () => watch === this.#watch && this.#draw());
    try {
      const mayKnow = await watch.start();
      if (watch === this.#watch) page['people-part'].hidden = !mayKnow;
    } catch {
      // the connection is lost: the next one starts it again
    }
  }

  stop() {
    this.#watch?.stop();
    this.#watch = null;
    page['people-part'].hidden = true;
    this.#draw();
  }

  /** Suggests this user from now on. */
  remember(user) {
    this.#known.add(user);
    this.#draw();
  }

  #show() {
    const people = (this.#watch?.people ?? []).filter(({ address, state }) => address !== this.#own && state !== 'away');
    const shown = new Set(people.map(({ address }) => address));
    for (const [address, item] of this.#items) {
      if (shown.has(address)) continue;
      item.node.remove();
      this.#items.delete(address);
    }
    people.forEach((person, index) => {
      if (!this.#items.has(person.address)) this.#items.set(person.address, this.#makeItem(person));
      const item = this.#items.get(person.address);
      const before = page.reach.children[index];
      if (before !== item.node) page.reach.insertBefore(item.node, before ?? null);
      item.show(person);
    });
    page['reach-none'].hidden = people.length > 0;
    const names = new Set([...people.map(({ user }) => user), ...this.#known]);
    page.reachable.replaceChildren(...[...names].map((name) => new Option('', name)));
  }

  #makeItem({ user }) {
    const state = element('span', { className: 'reach-state', 'data-testid': 'reach-state' });
    const button = (name, text, testid, run) => element(
      'button',
      { className: 'button icon-only', type: 'button', title: text, 'aria-label': text, 'data-testid': testid, onclick: run },
      icon(name),
    );
    const call = button('phone', `Call ${user}`, `call-${user}`, () => this.#act.call(user));
    const write = button('message', `Write to ${user}`, `write-${user}`, () => this.#act.write(user));
    const who = element('span', { className: 'reach-who' }, element('span', { className: 'name' }, user), state);
    const node = element('li', { className: 'reach-item', 'data-testid': `person-${user}` }, avatar(user), who, write, call);
    const show = (person) => {
      node.dataset.state = person.state;
      const [other] = person.calls;
      const text = person.state === 'busy' && other?.name ? `In a call with ${other.name}` : words[person.state];
      if (state.textContent !== text) state.textContent = text;
    };
    return { node, show };
  }
}
