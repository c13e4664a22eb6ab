/** Somebody calls: shown and heard until it is accepted, declined, or over. It takes the focus from nobody. */
import { avatar, page } from './page.js';
import { Ring } from './ring.js';

export class IncomingCall {
  #phone;
  #ring = new Ring();
  #line = null;
  #title = null;
  #timer;

  /**
   * @param {Phone} phone
   * @param {object} act `accept(line, withVideo)`, `decline(line)`.
   * @param {() => boolean} isOccupied Whether the person talks to others already, in a call or a room.
   */
  constructor(phone, act, isOccupied) {
    this.#phone = phone;
    page['incoming-accept'].onclick = () => this.#line && act.accept(this.#line, false);
    page['incoming-video'].onclick = () => this.#line && act.accept(this.#line, true);
    page['incoming-decline'].onclick = () => this.#line && act.decline(this.#line);
    document.addEventListener('keydown', (event) => {
      if (!this.#line || !event.altKey || !['KeyA', 'KeyD'].includes(event.code)) return;
      event.preventDefault();
      page[event.code === 'KeyA' ? 'incoming-accept' : 'incoming-decline'].click();
    });
    phone.on('change', () => this.#show(isOccupied()));
  }

  #show(isOccupied) {
    const line = this.#phone.ringing;
    if (line) this.#ring.start(isOccupied ? 'waiting' : 'ring');
    else this.#ring.stop();
    const others = this.#phone.lines.filter(({ state }) => state === 'ringing').length - 1;
    page['incoming-more'].hidden = others < 1;
    page['incoming-more'].textContent = others === 1 ? 'One more is calling' : `${others} more are calling`;
    if (line) this.#describe(line);
    if (line === this.#line) return;
    this.#line = line;
    page.incoming.hidden = !line;
    this.#flashTitle(line);
    if (!line) return;
    if (page.settings.open) page.settings.close(); // nothing else can be used while it is open
    page.announcer.textContent = `${line.who} is calling. Alt and A accepts, Alt and D declines.`;
    page['incoming-avatar'].replaceChildren(avatar(line.who));
    if (document.activeElement === document.body) page['incoming-accept'].focus();
  }

  #describe(line) {
    const { name, number } = line.call.remote;
    const text = name && number && name !== number ? `${name} (${number})` : line.who;
    if (page['incoming-name'].textContent !== text) page['incoming-name'].textContent = text;
    page['incoming-video'].hidden = !line.call.offersVideo;
  }

  /** For who looks at another tab. */
  #flashTitle(line) {
    clearInterval(this.#timer);
    if (!line) {
      if (this.#title !== null) document.title = this.#title;
      this.#title = null;
      return;
    }
    this.#title ??= document.title;
    const titles = [`${line.who} is calling`, this.#title];
    let turn = 0;
    const flash = () => (document.title = titles[turn++ % 2]);
    flash();
    this.#timer = setInterval(flash, 1_000);
  }
}
