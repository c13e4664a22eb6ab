/**
 * All rooms of the bridge with their members, for a user who takes part in none. Needs the event channels
 * `conference-rooms` (rows `[name, members, talking, locked, since]`) and `conference-liveArray` to be permitted.
 * Address parameters as in room.js; with `?login=` and `#password=` it starts at once.
 */
import { LiveArray, VertoClient, memberFrom } from './verto.js';
import { MemberList } from './members.js';
import {
  byID, coalesce, domain, element, explain, fullLogin, icon, memory, noticeNodes, pageLink, parameter, passwordFromAddress,
  socketURL, waitingText,
} from './page.js';

const statusTexts = {
  idle: 'Not connected',
  connecting: 'Connecting…',
  'signing-in': 'Signing in…',
  ready: 'Live',
  waiting: 'Reconnecting…',
  closed: 'Not connected',
};

let client = null;
let rooms = null;
const cards = new Map();

byID('login-form').onsubmit = (event) => {
  event.preventDefault();
  watch();
};
byID('retry').onclick = () => client?.retryNow();
addEventListener('online', () => client?.retryNow());

async function watch() {
  const login = fullLogin(byID('login').value.trim());
  memory.set('login', byID('login').value);
  showAlert(null);
  showBusy(true);
  client = new VertoClient({ url: socketURL, login, password: byID('password').value });
  client.on('state', connectionChanged);
  client.on('ready', start);
  try {
    await client.connect();
  } catch {
    // `connectionChanged` has shown it
  }
}

function connectionChanged(state, { delay, error }) {
  byID('status').dataset.status = state === 'waiting' ? 'reconnecting' : state;
  byID('status').querySelector('.status-text').textContent = statusTexts[state];
  showBanner(state === 'waiting' ? waitingText(delay) : null);
  if (state === 'closed' && error) showEntry(explain(error));
}

/** Subscriptions end with a connection, so each connection starts them all. */
async function start() {
  stop();
  const channel = `conference-rooms.${domain}`;
  rooms = new LiveArray(client, channel, 'rooms');
  rooms.on('change', coalesce(60, roomsChanged));
  try {
    await rooms.start();
    showDashboard();
  } catch {
    if (client.state !== 'ready') return;
    client.close();
    showEntry({
      title: 'This login may not watch the rooms',
      text: 'Ask for the event channels “conference-rooms” and “conference-liveArray”, or use another login.',
    });
  }
}

function stop() {
  rooms?.stop();
  for (const card of cards.values()) card.stop();
}

function roomsChanged() {
  const list = rooms.rows.map(([key, row]) => roomFrom(key, row));
  const keys = new Set(list.map((room) => room.key));
  for (const [key, card] of cards) {
    if (keys.has(key)) continue;
    card.stop();
    card.node.remove();
    cards.delete(key);
    announce(`Room ${card.room.name} has closed`);
  }
  list.forEach((room, index) => {
    let card = cards.get(room.key);
    if (!card) {
      cards.set(room.key, (card = new RoomCard()));
      if (!byID('dashboard').hidden) announce(`Room ${room.name} has opened`);
    }
    const before = byID('rooms').children[index];
    if (before !== card.node) byID('rooms').insertBefore(card.node, before ?? null);
    card.show(room);
  });
  byID('empty').hidden = list.length > 0;
  byID('total-rooms').textContent = list.length;
  byID('total-members').textContent = sum(list.map((room) => room.members));
  byID('total-talking').textContent = sum(list.map((room) => room.talking));
}

function roomFrom(key, [name, members, talking, locked, since]) {
  return {
    key,
    name: String(name ?? key),
    members: Number(members) || 0,
    talking: Number(talking) || 0,
    locked: locked === true || locked === 'true' || locked === 'locked',
    since: Number(since) || 0,
  };
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

class RoomCard {
  room = null;
  #array = null;
  #title = element('h2', {});
  #facts = element('p', { className: 'facts' });
  #lock = element('span', { className: 'chip', hidden: true }, icon('lock'), 'Locked');
  #list = element('ul', { className: 'members compact', role: 'list' });
  #note = element('p', { className: 'hint', hidden: true });
  #join = element('a', { className: 'button small' }, 'Join');
  #members = new MemberList(this.#list, () => Promise.resolve(null));

  constructor() {
    const head = element('div', { className: 'section-head' }, this.#title, this.#lock, this.#join);
    this.node = element('li', { className: 'card room-card' }, head, this.#facts, this.#list, this.#note);
  }

  show(room) {
    this.room = room;
    this.node.dataset.testid = `room-${room.name}`;
    this.node.dataset.talking = room.talking > 0;
    this.#title.textContent = room.name;
    this.#lock.hidden = !room.locked;
    this.#join.href = pageLink('index.html', { room: room.name });
    this.#join.setAttribute('aria-label', `Join room ${room.name}`);
    this.#list.setAttribute('aria-label', `In room ${room.name}`);
    this.showFacts();
    if (!this.#array) this.#start(room.name);
  }

  showFacts() {
    const { members, talking, since } = this.room;
    const people = `${members} ${members === 1 ? 'person' : 'people'}`;
    const facts = [people, talking > 0 && `${talking} talking`, since > 0 && openFor(since)];
    this.#facts.textContent = facts.filter(Boolean).join(' · ');
  }

  stop() {
    this.#array?.stop();
    this.#array = null;
  }

  async #start(name) {
    const address = name.includes('@') ? name : `${name}@${domain}`;
    const array = (this.#array = new LiveArray(client, `conference-liveArray.${address}`, name.split('@')[0]));
    array.on('change', coalesce(60, () => {
      if (array === this.#array) this.#members.update(array.rows.map(([key, row]) => memberFrom(key, row)), {});
    }));
    try {
      await array.start();
      this.#note.hidden = true;
    } catch {
      this.#note.textContent = 'This login may not see who is inside.';
      this.#note.hidden = client.state !== 'ready';
    }
  }
}

function openFor(since) {
  const minutes = Math.max(0, Math.floor((Date.now() / 1000 - since) / 60));
  if (minutes < 1) return 'just opened';
  if (minutes < 60) return `open ${minutes} min`;
  return `open ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

setInterval(() => {
  for (const card of cards.values()) card.showFacts();
}, 20_000);

// MARK: - What is shown

function showBusy(isBusy) {
  byID('watch').disabled = isBusy;
  byID('watch').textContent = isBusy ? 'Connecting…' : 'Watch';
}

function showDashboard() {
  showBusy(false);
  byID('entry').hidden = true;
  byID('dashboard').hidden = byID('where').hidden = false;
}

function showEntry(notice) {
  stop();
  showBusy(false);
  byID('entry').hidden = false;
  byID('dashboard').hidden = byID('where').hidden = true;
  showAlert(notice);
}

function showAlert(notice) {
  byID('alert').hidden = !notice;
  byID('alert').replaceChildren();
  if (!notice) return;
  byID('alert').append(...noticeNodes(notice));
  byID('password').focus();
}

function showBanner(text) {
  byID('banner').hidden = text === null;
  byID('banner-text').textContent = text ?? '';
  byID('dashboard').classList.toggle('away', text !== null);
}

function announce(text) {
  byID('announcer').textContent = text;
}

byID('login').value = parameter('login') ?? memory.get('login') ?? '';
byID('password').value = passwordFromAddress;
byID('join-link').href = byID('brand').href = pageLink('index.html');
if (byID('login').value && passwordFromAddress) watch();
else (byID('login').value ? byID('password') : byID('login')).focus();

/** What tests look at. */
window.parley = {
  get client() {
    return client;
  },
  rooms: () => (rooms?.rows ?? []).map(([key, row]) => roomFrom(key, row)),
};
