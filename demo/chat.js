/** The chat beside the members; on narrow screens over them, opened by a button that counts what is new. */
import { element } from './page.js';

/** Older messages go, so that a long meeting does not fill the page. */
const KEPT = 500;

export class ChatPanel {
  #parts;
  #unread = 0;

  /**
   * @param {Record<string, HTMLElement>} parts `panel`, `log`, `form`, `input`, `close`, `toggle`, `unread`.
   * @param {(text: string) => Promise<boolean>} send Sends a message; false when it was not sent.
   */
  constructor(parts, send) {
    this.#parts = parts;
    parts.form.onsubmit = (event) => {
      event.preventDefault();
      this.#submit(send);
    };
    parts.toggle.onclick = () => this.#open(!this.#isOpen);
    parts.close.onclick = () => this.#open(false);
    parts.panel.onkeydown = (event) => {
      if (event.key === 'Escape' && this.#isOpen) this.#open(false);
    };
  }

  show({ name, text, isOwn }) {
    const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const head = element('span', { className: 'chat-head' }, element('strong', {}, isOwn ? 'You' : name), ` ${time}`);
    this.#append(element('div', { className: isOwn ? 'message own' : 'message' }, head, element('p', {}, text)));
    if (!isOwn && !this.#isVisible) this.#count(this.#unread + 1);
  }

  /** A line from the room itself, such as who came and went. */
  notice(text) {
    this.#append(element('p', { className: 'chat-notice' }, text));
  }

  /** Empties the log, for another room. */
  clear() {
    const { log } = this.#parts;
    const hint = log.querySelector('.chat-empty');
    hint.classList.remove('gone');
    log.replaceChildren(hint);
  }

  /** Closes without moving the focus. */
  fold() {
    this.#parts.panel.classList.remove('open');
    this.#parts.toggle.setAttribute('aria-expanded', 'false');
    this.#count(0);
  }

  get #isOpen() {
    return this.#parts.panel.classList.contains('open');
  }

  get #isVisible() {
    return this.#parts.panel.offsetParent !== null;
  }

  #open(isOpen) {
    const { panel, toggle, log, input } = this.#parts;
    this.fold();
    panel.classList.toggle('open', isOpen);
    toggle.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) log.scrollTop = log.scrollHeight;
    (isOpen ? input : toggle).focus();
  }

  async #submit(send) {
    const { input } = this.#parts;
    const text = input.value.trim();
    if (!text) return;
    input.value = '';
    const wasSent = await send(text);
    if (!wasSent && !input.value) input.value = text;
  }

  #append(node) {
    const { log } = this.#parts;
    const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    log.querySelector('.chat-empty').classList.add('gone');
    log.append(node);
    while (log.children.length > KEPT) log.children[1].remove();
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }

  #count(count) {
    const { unread } = this.#parts;
    this.#unread = count;
    unread.hidden = count === 0;
    unread.replaceChildren(String(count), element('span', { className: 'visually-hidden' }, ' new'));
  }
}
