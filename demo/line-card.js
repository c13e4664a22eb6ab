/** One call on the page: who it is, for how long, and what can be done. */
import { DialPad } from './dial-pad.js';
import { avatar, element, icon, setIcon } from './page.js';

const states = {
  calling: 'Calling…',
  early: 'Ringing…',
  answering: 'Answering…',
  recovering: 'Coming back…',
};

export class LineCard {
  #line;
  #act;
  #avatar;
  #name = element('span', { className: 'name', 'data-testid': 'call-name' });
  #number = element('span', { className: 'tag', 'data-testid': 'call-number' });
  #state = element('span', { className: 'line-state', 'data-testid': 'call-state' });
  #sound = element('audio', { autoplay: true });
  #video = element('video', { autoplay: true, playsInline: true, muted: true, 'data-testid': 'call-video' });
  #own = element('video', { autoplay: true, playsInline: true, muted: true, className: 'line-own' });
  #screen;
  #buttons;
  #padBox = element('div', { 'data-testid': 'call-pad', hidden: true });
  #pad;
  #transferForm;

  /**
   * @param {Line} line
   * @param {object} act What the buttons do: `mute()`, `hold(line)`, `resume(line)`, `keys(line, keys)`,
   *   `transfer(line, destination)`, `camera(line)`, `hangup(line)`.
   */
  constructor(line, act) {
    this.#line = line;
    this.#act = act;
    this.#avatar = avatar(line.who);
    this.#own.setAttribute('aria-label', 'Your picture');
    this.#screen = element('div', { className: 'line-screen', hidden: true }, this.#video, this.#own);
    this.#pad = new DialPad(this.#padBox, (key) => act.keys(line, key));
    this.#buttons = this.#makeButtons();
    this.#transferForm = this.#makeTransfer();
    const title = element('span', { className: 'title' }, this.#name, this.#number);
    const words = element('div', { className: 'line-words' }, title, this.#state);
    const head = element('div', { className: 'line-head' }, this.#avatar, words);
    const row = element('div', { className: 'line-buttons' }, ...Object.values(this.#buttons));
    this.node = element(
      'article',
      { className: 'call-line', 'data-testid': 'call', 'aria-label': `Call with ${line.who}` },
      head, this.#screen, row, this.#padBox, this.#transferForm, this.#sound,
    );
    this.node.addEventListener('keydown', (event) => this.#keyDown(event));
  }

  show({ isMuted, now }) {
    const line = this.#line;
    const { who, isHeld, isUp, state } = line;
    const { number } = line.call.remote;
    if (this.#name.textContent !== who) this.#rename(who);
    setText(this.#number, number === who ? '' : number);
    this.node.dataset.state = isHeld ? 'held' : state;
    this.showTime(now);
    const { mute, hold, keys, transfer, camera } = this.#buttons;
    hold.hidden = transfer.hidden = !isUp;
    mute.hidden = !isUp || isHeld;
    keys.hidden = isHeld || (!isUp && state !== 'early');
    if (keys.hidden && !this.#padBox.hidden) this.#toggle('keys', false, false);
    relabel(mute, isMuted ? 'Unmute' : 'Mute', isMuted ? 'mic-off' : 'mic');
    mute.dataset.muted = isMuted;
    relabel(hold, isHeld ? 'Resume' : 'Hold', isHeld ? 'resume' : 'hold');
    hold.classList.toggle('primary', isHeld);
    camera.hidden = !isUp || isHeld || !line.call.hasVideo;
    camera.setAttribute('aria-pressed', String(line.camera !== null));
    setIcon(camera, line.camera ? 'camera' : 'camera-off');
    this.showVideo();
  }

  showTime(now) {
    const { isHeld, since, state } = this.#line;
    const time = since === null ? '' : duration(now - since);
    const words = isHeld ? `On hold · ${time}` : states[state] ?? time;
    setText(this.#state, words);
  }

  hear(stream, speaker) {
    this.#sound.srcObject = stream;
    if (speaker) this.#sound.setSinkId?.(speaker).catch(() => {});
    return this.#sound.play();
  }

  useSpeaker(speaker) {
    this.#sound.setSinkId?.(speaker).catch(() => {});
  }

  showVideo() {
    const { call, camera } = this.#line;
    const stream = call.picture?.stream ?? null;
    if (this.#video.srcObject !== stream) this.#video.srcObject = stream;
    if (this.#own.srcObject?.getVideoTracks()[0] !== (camera ?? undefined)) {
      this.#own.srcObject = camera ? new MediaStream([camera]) : null;
    }
    this.#own.hidden = !camera;
    this.#screen.hidden = !camera && !stream;
  }

  dispose() {
    for (const media of [this.#sound, this.#video, this.#own]) media.srcObject = null;
    this.node.remove();
  }

  #rename(who) {
    setText(this.#name, who);
    this.node.setAttribute('aria-label', `Call with ${who}`);
    const fresh = avatar(who);
    this.#avatar.replaceWith(fresh);
    this.#avatar = fresh;
  }

  #makeButtons() {
    const line = this.#line;
    const act = this.#act;
    const buttons = {
      mute: action('mic', 'Mute', 'call-mute', () => act.mute()),
      hold: action('hold', 'Hold', 'call-hold', () => (line.isHeld ? act.resume(line) : act.hold(line))),
      keys: action('keypad', 'Keypad', 'call-keypad', () => this.#toggle('keys')),
      transfer: action('transfer', 'Transfer', 'call-transfer', () => this.#toggle('transfer')),
      camera: action('camera-off', 'Video', 'call-camera', () => act.camera(line), 'camera-toggle'),
      hangup: action('hang-up', 'Hang up', 'call-hangup', () => act.hangup(line), 'danger'),
    };
    for (const button of [buttons.keys, buttons.transfer]) button.setAttribute('aria-expanded', 'false');
    return buttons;
  }

  #makeTransfer() {
    const input = element('input', {
      'data-testid': 'transfer-to', autocomplete: 'off', maxLength: 120, required: true, placeholder: 'Name, number or room',
      'aria-label': 'Transfer to', spellcheck: false, autocapitalize: 'off',
    });
    input.setAttribute('list', 'reachable');
    const send = element('button', { className: 'button primary', 'data-testid': 'transfer-send' }, 'Transfer');
    const form = element('form', { className: 'joined line-transfer', hidden: true }, input, send);
    form.onsubmit = async (event) => {
      event.preventDefault();
      const destination = input.value.trim();
      if (destination && await this.#act.transfer(this.#line, destination)) this.#toggle('transfer', false);
    };
    return form;
  }

  /** One of the two parts below the buttons is open at a time. */
  #toggle(part, isOpen, takesFocus = true) {
    const parts = { keys: this.#padBox, transfer: this.#transferForm };
    const wanted = isOpen ?? parts[part].hidden;
    for (const [name, node] of Object.entries(parts)) {
      node.hidden = name !== part || !wanted;
      this.#buttons[name].setAttribute('aria-expanded', String(!node.hidden));
    }
    if (!takesFocus) return;
    if (!wanted) return this.#buttons[part].focus();
    if (part === 'keys') this.#pad.focus();
    else this.#transferForm.querySelector('input').focus();
  }

  #keyDown(event) {
    if (event.key !== 'Escape') return;
    const part = !this.#padBox.hidden ? 'keys' : !this.#transferForm.hidden ? 'transfer' : null;
    if (!part) return;
    event.stopPropagation();
    this.#toggle(part, false);
  }
}

/** Milliseconds as `4:07` or `1:02:33`. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function action(iconName, text, testid, run, style = '') {
  const label = element('span', { className: 'label' }, text);
  const properties = { className: `button line-button ${style}`, type: 'button', 'data-testid': testid, onclick: run };
  return element('button', properties, icon(iconName), label);
}

function relabel(button, text, iconName) {
  const label = button.querySelector('.label');
  if (label.textContent === text) return;
  label.textContent = text;
  setIcon(button, iconName);
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
