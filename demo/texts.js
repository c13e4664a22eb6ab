/** Text messages between users, as long as the page is open. */
import { element, page } from './page.js';

/** Older messages go. */
const KEPT = 200;

export class Texts {
  #unread = 0;

  /** @param {(to: string, text: string) => Promise<boolean>} send False when it was not sent. */
  constructor(send) {
    page['texts-form'].onsubmit = async (event) => {
      event.preventDefault();
      const [to, text] = [page['text-to'].value.trim(), page['text-body'].value.trim()];
      if (!to || !text) return;
      page['text-body'].value = '';
      if (await send(to, text)) this.#append(`To ${to}`, text, true);
      else if (!page['text-body'].value) page['text-body'].value = text;
    };
    page.texts.ontoggle = () => page.texts.open && this.#count(0);
  }

  receive({ from, fromName, body }) {
    const user = String(from ?? '').split('@')[0];
    this.#append(fromName && fromName !== user ? `${fromName} (${user})` : user, body, false);
    if (!page['text-to'].value) page['text-to'].value = user;
    if (!page.texts.open || page.texts.offsetParent === null) this.#count(this.#unread + 1);
  }

  write(to) {
    page.texts.open = true;
    page['text-to'].value = to;
    page['text-body'].focus();
  }

  #append(who, text, isOwn) {
    const log = page['texts-log'];
    log.querySelector('.chat-empty').classList.add('gone');
    const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const head = element('span', { className: 'chat-head' }, element('strong', {}, who), ` ${time}`);
    log.append(element('div', { className: isOwn ? 'message own' : 'message' }, head, element('p', {}, text)));
    while (log.children.length > KEPT) log.children[1].remove();
    log.scrollTop = log.scrollHeight;
  }

  #count(count) {
    const node = page['texts-unread'];
    this.#unread = count;
    node.hidden = count === 0;
    node.replaceChildren(String(count), element('span', { className: 'visually-hidden' }, ' new'));
  }
}
