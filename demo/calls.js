/** The calls side of the page: signing in, calling, and the lines there are; in a room they are docked over it. */
import { IncomingCall } from './incoming.js';
import { LineCard } from './line-card.js';
import { DialPad } from './dial-pad.js';
import { People } from './people.js';
import { Phone } from './phone.js';
import { element, explain, icon, noticeNodes, page, toast } from './page.js';
import { Texts } from './texts.js';

export class Calls {
  phone;
  /** Whether the person has signed in for calls, and not only a room or a call is there. */
  isOnline = false;

  #session;
  #form;
  #act;
  #cards = new Map();
  #people;
  #texts;
  #pad;
  #connect = this.#makeConnect();
  #isInRoom = false;

  /**
   * @param {object} options
   * @param {Session} options.session
   * @param {Entry} options.form Where login, password and name come from.
   * @param {object} options.act `openSound()`, `openCamera()`, `speaker()`, `signedIn()`, `signedOut(isError)`.
   * @param {() => boolean} options.isInRoom
   */
  constructor({ session, form, act, isInRoom }) {
    this.#session = session;
    this.#form = form;
    this.#act = act;
    const phone = (this.phone = new Phone({
      call: (options) => session.client.call(options),
      openSound: act.openSound,
      openCamera: act.openCamera,
      callerName: () => form.name,
    }));
    phone.on('change', () => this.#show());
    phone.on('track', (line, stream) => this.#hear(line, stream));
    phone.on('video', (line) => this.#cards.get(line)?.show(this.#shown));
    phone.on('ended', (line, notice) => this.#ended(notice));
    this.#people = new People({ call: (user) => this.#dial(user), write: (user) => this.#texts.write(user) });
    this.#texts = new Texts((to, text) => this.#try(() => session.client.sendText(to, text)));
    const accept = (line, withVideo) => this.#try(() => phone.accept(line, { withVideo }));
    new IncomingCall(phone, { accept, decline: (line) => phone.hangup(line) }, () => isInRoom() || phone.talking !== null);
    session.on('invite', (call) => phone.ring(call));
    session.on('text', (message) => this.#receiveText(message));
    this.#wireForms();
    setInterval(() => this.#showTimes(), 500);
  }

  // Signing in

  async signIn() {
    if (this.isOnline || !this.#form.checkLogin()) return;
    this.#showAlert(null);
    this.#showBusy(true);
    try {
      await this.#session.open('calls', this.#form.credentials);
      this.#online();
      page.dial.focus();
    } catch (error) {
      this.#showAlert(explain(error));
    }
    this.#showBusy(false);
  }

  signOut() {
    this.phone.hangupAll();
    this.#offline();
  }

  /** Goes on after the page was loaded again, with those of its calls that the server has kept, by their IDs. */
  async resume({ isOnline, isMuted, lines }, kept) {
    if (isOnline) this.#online();
    for (const { callID, ...how } of lines) {
      const call = kept.get(callID);
      if (call) await this.phone.takeUp(call, { ...how, isMuted });
      else this.#showAlert({ title: 'A call ended while the page was loaded', text: 'Call again.', calm: true });
    }
    this.#show();
  }

  /** What {@link resume} needs. */
  get kept() {
    const lines = this.phone.lines.filter((line) => line.isUp);
    return {
      isOnline: this.isOnline,
      isMuted: this.phone.isMuted,
      lines: lines.map(({ call: { callID }, since, isHeld }) => ({ callID, since, isHeld })),
    };
  }

  connectionChanged(state, { error } = {}) {
    if (state !== 'closed' || !error) return;
    if (this.isOnline) this.#showAlert(explain(error));
    this.#offline(true);
  }

  /** Signed in again: what was subscribed to is not any more. */
  connectionBack() {
    if (this.isOnline) this.#people.start(this.#session.client);
  }

  #online() {
    this.isOnline = true;
    this.#session.hold('calls');
    page['calls-state'].textContent = `Reachable as ${this.#session.client.login.split('@')[0]}`;
    page['calls-start'].hidden = true;
    page['calls-main'].hidden = page['calls-state'].hidden = page['calls-sign-out'].hidden = false;
    this.#people.start(this.#session.client);
    this.#dock();
    this.#act.signedIn();
  }

  #offline(isError = false) {
    const wasOnline = this.isOnline;
    this.isOnline = false;
    this.#people.stop();
    page['calls-start'].hidden = false;
    page['calls-main'].hidden = page['calls-state'].hidden = page['calls-sign-out'].hidden = true;
    if (this.phone.lines.length === 0) this.#session.release('calls');
    this.#dock();
    if (wasOnline) this.#act.signedOut(isError);
  }

  // Calling

  #wireForms() {
    page['calls-sign-in'].onclick = () => this.signIn();
    page['calls-sign-out'].onclick = () => this.signOut();
    page['dial-form'].onsubmit = (event) => {
      event.preventDefault();
      this.#dialField(false);
    };
    page['dial-video'].onclick = () => page['dial-form'].reportValidity() && this.#dialField(true);
    this.#pad = new DialPad(page['dial-pad'], (key) => (page.dial.value += key), { showsDigits: false });
    page['toggle-dial-pad'].onclick = () => {
      const isOpen = page['dial-pad'].hidden;
      page['dial-pad'].hidden = !isOpen;
      page['toggle-dial-pad'].setAttribute('aria-expanded', String(isOpen));
      if (isOpen) this.#pad.focus();
    };
    page['dial-pad'].addEventListener('keydown', (event) => {
      if (event.key === 'Backspace') page.dial.value = page.dial.value.slice(0, -1);
      if (event.key === 'Enter' && !event.target.closest('.key:focus-visible')) page['dial-form'].requestSubmit();
    });
  }

  async #dialField(withVideo) {
    const destination = page.dial.value.trim();
    if (destination && await this.#dial(destination, withVideo)) page.dial.value = '';
  }

  #dial(destination, withVideo = false) {
    this.#showAlert(null);
    this.#people.remember(destination);
    return this.#try(() => this.phone.dial(destination, { withVideo }));
  }

  /** Does it, and says what went wrong; resolves with whether nothing did. */
  async #try(work) {
    try {
      await work();
      return true;
    } catch (error) {
      const { title, text } = refusals.find(([words]) => words.test(error.message))?.[1] ?? explain(error);
      if (this.#isInRoom) toast(`${title}. ${text}`);
      else this.#showAlert({ title, text });
      return false;
    }
  }

  #receiveText(message) {
    this.#texts.receive(message);
    const who = message.fromName || String(message.from ?? '').split('@')[0];
    if (this.#isInRoom || !this.isOnline) toast(`${who}: ${message.body}`);
    else page.announcer.textContent = `Message from ${who}`;
  }

  // Lines

  get #shown() {
    return { isMuted: this.phone.isMuted, now: Date.now() };
  }

  #show() {
    const lines = this.phone.lines.filter(({ state }) => state !== 'ringing');
    for (const [line, card] of this.#cards) {
      if (lines.includes(line)) continue;
      const hadFocus = card.node.contains(document.activeElement);
      card.dispose();
      this.#cards.delete(line);
      if (hadFocus && !this.#isInRoom) page.dial.focus();
    }
    for (const line of lines) {
      if (!this.#cards.has(line)) this.#addCard(line);
      this.#cards.get(line).show(this.#shown);
    }
    page.lines.hidden = lines.length === 0;
    page['dial-verb'].textContent = lines.length > 0 ? 'Hold and call' : 'Call';
    this.#showConnect();
    this.#dock();
    if (lines.length > 0) this.#session.hold('calls');
    else if (!this.isOnline && this.phone.lines.length === 0) this.#session.release('calls');
  }

  #addCard(line) {
    const { phone } = this;
    const card = new LineCard(line, {
      mute: () => phone.toggleMute(),
      hold: () => this.#try(() => phone.hold(line)),
      resume: () => this.#try(() => phone.resume(line)),
      keys: (_, keys) => phone.press(line, keys).catch(() => toast('The key was not sent. Try again.')),
      transfer: (_, destination) => this.#try(() => phone.transfer(line, destination)),
      camera: () => this.#try(() => phone.toggleCamera(line)),
      hangup: () => phone.hangup(line),
    });
    this.#cards.set(line, card);
    page.lines.append(card.node);
    if (line.call.remoteStream) this.#hear(line, line.call.remoteStream);
    if (!this.#isInRoom) page.lines.scrollIntoView({ block: 'nearest' });
  }

  /** Below the lines, as long as there are two. */
  #makeConnect() {
    const words = element('span', { className: 'label' }, 'Connect both and hang up');
    const onclick = () => this.#try(() => this.phone.connectBoth());
    const properties = { className: 'button', type: 'button', 'data-testid': 'call-connect', hidden: true, onclick };
    const button = element('button', properties, icon('connect'), words);
    page.lines.append(button);
    return button;
  }

  #showConnect() {
    const { pair } = this.phone;
    page.lines.append(this.#connect);
    this.#connect.hidden = !pair;
    if (pair) this.#connect.querySelector('.label').textContent = `Connect ${pair[0].who} and ${pair[1].who}`;
  }

  async #hear(line, stream) {
    try {
      await this.#cards.get(line)?.hear(stream, this.#act.speaker());
    } catch (error) {
      if (error.name !== 'NotAllowedError') return;
      toast('Your browser holds the sound back. Click anywhere to hear the call.');
      addEventListener('click', () => this.#hear(line, stream), { once: true });
    }
  }

  useSpeaker(speaker) {
    for (const card of this.#cards.values()) card.useSpeaker(speaker);
  }

  #ended(notice) {
    if (!notice) return;
    page.announcer.textContent = `${notice.title}. ${notice.text}`;
    if (this.#isInRoom) toast(`${notice.title}. ${notice.text}`);
    else this.#showAlert(notice);
  }

  /** In a room the lines are over it; otherwise they are in the calls side. */
  showInRoom(isInRoom) {
    this.#isInRoom = isInRoom;
    (isInRoom ? page.dock : page['calls-slot']).append(page.lines);
    this.#dock();
  }

  #dock() {
    page.dock.hidden = !this.#isInRoom || page.lines.hidden;
    document.body.classList.toggle('calling', this.#cards.size > 0);
    document.body.classList.toggle('calls-first', this.#cards.size > 0 || this.isOnline);
  }

  #showTimes() {
    const now = Date.now();
    for (const card of this.#cards.values()) card.showTime(now);
  }

  #showBusy(isBusy) {
    page['calls-sign-in'].disabled = isBusy;
  }

  #showAlert(notice) {
    const alert = page['calls-alert'];
    alert.hidden = !notice;
    alert.replaceChildren(...(notice ? noticeNodes(notice) : []));
    alert.classList.toggle('calm', Boolean(notice?.calm));
    if (notice) alert.scrollIntoView({ block: 'nearest' });
  }
}

/** What the server answers to what a call cannot do now. */
const refusals = [
  [/not bridged/i, { title: 'Nobody to transfer', text: 'This call is with the server itself: a room, or a recording.' }],
  [/transfer (failed|leg)/i, { title: 'The two were not connected', text: 'One of them may have hung up. Try again.' }],
  [/signed in as/, { title: 'Another login is in use', text: 'Sign out of the calls first, or leave the room.' }],
];
