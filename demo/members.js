/** The list of members on the page: one item each, kept and changed in place so that focus and meters stay put. */
import { avatar, element, icon, setIcon } from './page.js';
import { meterLevel } from './verto.js';

/** Without news for so long a meter falls: rows are only sent when something changed. Milliseconds. */
const METER_HOLD = 900;

export class MemberList {
  #items = new Map();
  #list;
  #perform;

  /**
   * @param {HTMLElement} list An empty `ul`.
   * @param {(command: string, member: object, value?: string) => Promise<{text: string}>} perform Carries out a
   *   moderator's command.
   */
  constructor(list, perform) {
    this.#list = list;
    this.#perform = perform;
  }

  /** Shows exactly `members`, in this order. `selfKey` marks one's own; `isModerator` shows the buttons. */
  update(members, { selfKey, isModerator }) {
    this.#list.classList.toggle('with-video', members.some((member) => member.video?.sends || member.video?.screen));
    const keys = new Set(members.map((member) => member.key));
    for (const [key, item] of this.#items) {
      if (!keys.has(key)) this.#remove(key, item);
    }
    members.forEach((member, index) => {
      let item = this.#items.get(member.key);
      if (!item) this.#items.set(member.key, (item = new MemberItem(member, this.#perform)));
      const before = this.#list.children[index];
      if (before !== item.node) this.#list.insertBefore(item.node, before ?? null);
      item.show(member, { isSelf: member.key === selfKey, isModerator });
    });
  }

  clear() {
    for (const [key, item] of this.#items) this.#remove(key, item);
  }

  #remove(key, item) {
    const hadFocus = item.node.contains(document.activeElement);
    const neighbour = item.node.nextElementSibling ?? item.node.previousElementSibling;
    item.dispose();
    this.#items.delete(key);
    if (hadFocus) neighbour?.querySelector('button:not([hidden])')?.focus();
  }
}

class MemberItem {
  #member;
  #shown = '';
  #perform;
  #decay;
  #avatar;
  #name = element('span', { className: 'name', 'data-testid': 'member-name' });
  #tag = element('span', { className: 'tag', hidden: true }, 'you');
  #phone = element('span', { className: 'tag', 'data-testid': 'phone', hidden: true }, 'phone');
  #level = element('span', { className: 'level' });
  #marks = {
    talking: mark('talking', 'talking', 'talking'),
    floor: mark('floor', 'floor', 'has the floor'),
    deaf: mark('deaf', 'speaker-off', 'cannot hear'),
    onHold: mark('held', 'hold', 'is on hold'),
    handRaised: mark('hand', 'hand', 'has raised a hand'),
    muted: mark('muted', 'mic-off', 'muted'),
    camera: mark('camera', 'camera', 'camera is on'),
    cameraOff: mark('camera-off', 'camera-off', 'camera is off'),
    screen: mark('screen', 'screen', 'shares a screen'),
    pinned: mark('pinned', 'pin', 'is kept on screen'),
  };
  #mute;
  #more;
  #panel;
  #deafen;
  #lowerHand;
  #hold;
  #floor;
  #camera;
  #pin;

  constructor(member, perform) {
    this.#perform = perform;
    this.#member = member;
    this.#avatar = avatar(member.name);
    this.#mute = iconButton('mic', 'mod-mute', () => this.#run(this.#member.muted ? 'unmute' : 'mute'));
    this.#more = iconButton('more', 'mod-more', () => this.#toggle());
    this.#more.classList.add('more');
    this.#more.setAttribute('aria-expanded', 'false');
    this.#panel = this.#makePanel();
    const meter = element('span', { className: 'meter', 'aria-hidden': 'true' }, this.#level);
    const title = element('span', { className: 'title' }, this.#name, this.#tag, this.#phone);
    const who = element('div', { className: 'who' }, title, meter);
    const marks = element('span', { className: 'marks' }, ...Object.values(this.#marks));
    const buttons = element('span', { className: 'buttons' }, this.#mute, this.#more);
    const line = element('div', { className: 'line' }, this.#avatar, who, marks, buttons);
    this.node = element('li', { className: 'member', 'data-testid': `member-${member.id}` }, line, this.#panel);
    this.node.onkeydown = (event) => {
      if (event.key !== 'Escape' || this.#panel.hidden) return;
      event.stopPropagation();
      this.#toggle(false);
      this.#more.focus();
    };
  }

  show(member, { isSelf = false, isModerator = false }) {
    const shown = `${isSelf} ${isModerator}`;
    if (member === this.#member && shown === this.#shown) return;
    this.#member = member;
    this.#shown = shown;
    if (this.#name.textContent !== member.name) this.#rename(member.name);
    this.#tag.hidden = !isSelf;
    this.#phone.hidden = /^opus@|^$/i.test(member.codec);
    const details = [member.number, member.codec].filter(Boolean).join(' · ');
    if (this.#phone.title !== details) this.#phone.title = details;
    this.node.dataset.talking = member.talking;
    this.node.dataset.floor = member.floor;
    const marks = { ...member, ...videoMarks(member.video) };
    for (const [key, node] of Object.entries(this.#marks)) node.dataset.on = Boolean(marks[key]);
    this.node.classList.toggle('moderated', isModerator);
    if (!isModerator) this.#toggle(false);
    this.#mute.hidden = this.#more.hidden = !isModerator;
    setIcon(this.#mute, member.muted ? 'mic-off' : 'mic');
    label(this.#mute, `${member.muted ? 'Unmute' : 'Mute'} ${member.name}`);
    label(this.#more, `More for ${member.name}`);
    this.#panel.setAttribute('aria-label', `Controls for ${member.name}`);
    this.#deafen.textContent = member.deaf ? 'Let hear' : 'Deafen';
    this.#lowerHand.hidden = !member.handRaised;
    this.#hold.textContent = member.onHold ? 'Take off hold' : 'Put on hold';
    this.#floor.textContent = member.floor ? 'Take floor away' : 'Give floor';
    this.#showVideo(member.video);
    this.#showLevel(member.muted ? 0 : meterLevel(member.energy));
  }

  #showVideo(video) {
    this.#camera.hidden = !video?.sends;
    this.#pin.hidden = !video?.visible;
    if (!video) return;
    this.#camera.textContent = video.muted ? 'Ask for camera' : 'Turn camera off';
    this.#pin.textContent = video.locked ? 'Let others on screen' : 'Put on screen';
    this.#pin.setAttribute('aria-pressed', String(video.locked));
  }

  dispose() {
    clearTimeout(this.#decay);
    this.node.remove();
  }

  #rename(name) {
    this.#name.textContent = name;
    this.#name.title = name;
    const fresh = avatar(name);
    this.#avatar.replaceWith(fresh);
    this.#avatar = fresh;
  }

  #showLevel(level) {
    this.#level.style.transform = `scaleX(${level.toFixed(3)})`;
    clearTimeout(this.#decay);
    if (level > 0) this.#decay = setTimeout(() => (this.#level.style.transform = 'scaleX(0)'), METER_HOLD);
  }

  #makePanel() {
    this.#deafen = action('Deafen', 'mod-deaf', () => this.#run(this.#member.deaf ? 'undeaf' : 'deaf'));
    this.#lowerHand = action('Take hand down', 'mod-hand', () => this.#run('hand', 'down'));
    this.#hold = action('Put on hold', 'mod-hold', () => this.#run(this.#member.onHold ? 'unhold' : 'hold'));
    this.#floor = action('Give floor', 'mod-floor', () => this.#run('floor'));
    const turnCamera = () => this.#run(this.#member.video?.muted ? 'unvmute' : 'vmute');
    this.#camera = action('Turn camera off', 'mod-vmute', turnCamera);
    this.#pin = action('Put on screen', 'mod-vidfloor', () => this.#run('vid-floor', 'force'));
    return element(
      'div',
      { className: 'panel', role: 'group', hidden: true },
      this.#lowerHand,
      this.#deafen,
      this.#hold,
      this.#floor,
      this.#camera,
      this.#pin,
      this.#volume('Microphone', 'volume_in', 'mod-volume-in'),
      this.#volume('Hears', 'volume_out', 'mod-volume-out'),
      this.#makeTransfer(),
      action('Remove from room', 'mod-kick', () => this.#run('kick'), 'danger'),
    );
  }

  /** Two buttons and the step in use, −4 to 4, as the server says it: `+OK Volume IN 12 = 2`. */
  #volume(title, command, testid) {
    const value = element('output', { className: 'step', 'aria-live': 'polite' }, '0');
    const change = async (direction) => {
      const { text = '' } = (await this.#run(command, direction)) ?? {};
      const step = text.match(/=\s*(-?\d+)/)?.[1];
      if (step !== undefined) value.textContent = step > 0 ? `+${step}` : step.replace('-', '−');
    };
    const button = (direction, name) => {
      const node = iconButton(name, `${testid}-${direction}`, () => change(direction));
      label(node, `${title}: ${direction === 'up' ? 'louder' : 'quieter'}`);
      return node;
    };
    const parts = [element('span', {}, title), button('down', 'minus'), value, button('up', 'plus')];
    return element('span', { className: 'volume' }, ...parts);
  }

  /** Sends the member's call to whatever can be dialled. */
  #makeTransfer() {
    const input = element('input', {
      'data-testid': 'mod-transfer-to', autocomplete: 'off', maxLength: 120, required: true, spellcheck: false,
      autocapitalize: 'off', placeholder: 'Name, number or room', 'aria-label': 'Send to',
    });
    input.setAttribute('list', 'reachable');
    const send = element('button', { className: 'button small', 'data-testid': 'mod-transfer' }, 'Send there');
    const form = element('form', { className: 'joined send-to' }, input, send);
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (await this.#run('transfer', input.value.trim())) input.value = '';
    };
    return form;
  }

  #toggle(isOpen = this.#panel.hidden) {
    this.#panel.hidden = !isOpen;
    this.#more.setAttribute('aria-expanded', String(isOpen));
  }

  #run(command, value) {
    return this.#perform(command, this.#member, value);
  }
}

/** What a row's video state comes to; one of the first three at most. */
function videoMarks(video) {
  if (!video) return {};
  const { screen, visible, sends, muted, locked } = video;
  return { screen, camera: visible && !screen, cameraOff: sends && muted && !screen, pinned: locked };
}

/** A small sign with words for screen readers; it keeps its place when it is off. */
function mark(testid, name, words) {
  const node = element('span', { className: `mark ${testid}`, 'data-testid': testid, title: words }, icon(name));
  node.append(element('span', { className: 'visually-hidden' }, words));
  node.dataset.on = 'false';
  return node;
}

function action(text, testid, run, style = '') {
  const className = `button small ${style}`;
  return element('button', { className, type: 'button', 'data-testid': testid, onclick: run }, text);
}

function iconButton(name, testid, run) {
  const className = 'button icon-only';
  return element('button', { className, type: 'button', 'data-testid': testid, onclick: run }, icon(name));
}

function label(button, text) {
  if (button.title === text) return;
  button.title = text;
  button.setAttribute('aria-label', text);
}
