/** The form before a room: what is filled in, what joining waits for, and what went wrong. */
import { DialPad } from './dial-pad.js';
import { fullLogin, memory, noticeNodes, page, parameter, passwordFromAddress } from './page.js';

/** What a page that is loaded again fills in itself. */
const FIELDS = ['name', 'room', 'login', 'password', 'microphone', 'speaker', 'camera'];
const REMEMBERED = FIELDS.filter((key) => key !== 'password');

export class Entry {
  #press;
  #pad;

  /** @param {object} act `join()`, `cancel()`, `press(keys)` to the room that is being entered. */
  constructor({ join, cancel, press }) {
    this.#press = press;
    page['join-form'].onsubmit = (event) => {
      event.preventDefault();
      join();
    };
    page.cancel.onclick = cancel;
    page['send-pin'].onclick = () => this.#sendPIN();
    page.pin.onkeydown = (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      this.#sendPIN();
    };
    this.#pad = new DialPad(page['pin-pad'], press);
    for (const key of ['name', 'room', 'login']) page[key].value = parameter(key) ?? memory.get(key) ?? '';
    page.password.value = passwordFromAddress;
  }

  get name() {
    return page.name.value.trim();
  }

  get room() {
    return page.room.value.trim();
  }

  get credentials() {
    return { login: fullLogin(page.login.value.trim()), password: page.password.value };
  }

  /** Whether there is what calls need; asks for what is missing. */
  checkLogin() {
    return [page.name, page.login, page.password].every((field) => field.reportValidity());
  }

  remember() {
    for (const key of REMEMBERED) memory.set(key, page[key].value);
  }

  get fields() {
    return Object.fromEntries(FIELDS.map((key) => [key, page[key].value]));
  }

  fill(fields) {
    for (const key of FIELDS) if (page[key].tagName !== 'SELECT') page[key].value = fields[key] ?? '';
  }

  focusFirstEmpty() {
    [page.name, page.room, page.login, page.password, page.join].find((each) => each === page.join || !each.value).focus();
  }

  showBusy(isBusy) {
    page.progress.hidden = page.cancel.hidden = !isBusy;
    if (!isBusy) page['pin-field'].hidden = true;
    page.join.disabled = isBusy;
    page.join.textContent = isBusy ? 'Joining…' : 'Join';
    for (const field of page['join-form'].querySelectorAll('.fields input, .fields select')) field.disabled = isBusy;
    if (isBusy) page.cancel.focus();
  }

  askPIN() {
    this.#pad.clear();
    page['pin-field'].hidden = false;
    page['pin-field'].scrollIntoView({ block: 'nearest' });
  }

  showAlert(notice) {
    page.alert.hidden = !notice;
    page.alert.replaceChildren();
    if (!notice) return;
    page.alert.classList.toggle('calm', Boolean(notice.calm));
    page.alert.append(...noticeNodes(notice));
    if (/login or password/.test(notice.title)) page.password.focus();
    page.alert.scrollIntoView({ block: 'nearest' });
  }

  #sendPIN() {
    if (page.pin.value) this.#press(`${page.pin.value}#`);
    page.pin.value = '';
  }
}
