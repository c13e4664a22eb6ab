/** The room on the page: who is in it and talks, the chat, one's own buttons, and how the connection is. */
import { ChatPanel } from './chat.js';
import { DialPad } from './dial-pad.js';
import { MemberList } from './members.js';
import { coalesce, page, pageLink, setIcon, toast } from './page.js';
import { meterLevel } from './verto.js';

export class RoomView {
  #stay = () => null;
  #members;
  #chat;
  #pad;
  #announceTalkers = coalesce(1_000, () => this.#showTalkers());

  /**
   * @param {() => ?Stay} stay The present one.
   * @param {object} act `leave()`, `toggleMute()`, `retry()`, `moderate(command, member, value)`.
   */
  constructor(stay, { leave, toggleMute, retry, moderate }) {
    this.#stay = stay;
    this.#members = new MemberList(page.members, moderate);
    const parts = { close: 'close-chat', toggle: 'toggle-chat', log: 'chat-log', form: 'chat-form', input: 'chat-input' };
    const nodes = Object.fromEntries(Object.entries(parts).map(([part, id]) => [part, page[id]]));
    this.#chat = new ChatPanel({ panel: page.chat, unread: page.unread, ...nodes }, (text) => this.#say(text));
    this.#pad = new DialPad(page['room-pad'], (key) => this.#press(key));
    page.leave.onclick = leave;
    page['mute-self'].onclick = toggleMute;
    page['hand-self'].onclick = () => this.toggleHand();
    page.retry.onclick = retry;
    page['toggle-room-pad'].onclick = () => this.togglePad();
    page['close-room-pad'].onclick = () => this.togglePad(false);
    page['settings-keypad'].onclick = () => {
      page.settings.close();
      this.togglePad(true);
    };
    page['room-pad-panel'].onkeydown = (event) => event.key === 'Escape' && this.togglePad(false);
  }

  // Coming and going

  /** In the room, or in it again. */
  enter(isFirst) {
    const { conference, room, stream } = this.#stay();
    const name = conference.name ?? room;
    page['room-title'].textContent = `Room ${name}`;
    page.role.textContent = conference.isModerator ? 'Moderator' : 'Participant';
    page.role.dataset.role = conference.role;
    document.title = `${name} – Parley`;
    this.banner(null);
    if (!isFirst) return;
    this.#chat.clear();
    page.entry.hidden = true;
    page['room-view'].hidden = page.where.hidden = false;
    document.body.classList.add('inside');
    page['dashboard-link'].target = '_blank'; // a click must not end the call
    page.brand.removeAttribute('href');
    (stream ? page['mute-self'] : page['open-settings']).focus();
  }

  leave() {
    this.#members.clear();
    this.#chat.fold();
    this.banner(null);
    this.muted(false);
    this.#hand(false);
    this.togglePad(false, false);
    page.sound.srcObject = null;
    page.entry.hidden = false;
    page['room-view'].hidden = page.where.hidden = true;
    document.body.classList.remove('inside');
    page['dashboard-link'].removeAttribute('target');
    page.brand.href = pageLink('index.html');
    document.title = 'Parley';
  }

  banner(text, canRetry = false) {
    page.banner.hidden = text === null;
    page['banner-text'].textContent = text ?? '';
    page.retry.hidden = !canRetry;
    page['room-view'].classList.toggle('away', text !== null);
  }

  // Who is there

  members(list) {
    const { conference } = this.#stay();
    this.#members.update(list, { selfKey: conference.callID, isModerator: conference.isModerator });
    page.count.textContent = String(list.length);
    this.#hand(list.find((member) => member.key === conference.callID)?.handRaised === true);
    this.#announceTalkers();
  }

  /** Names who is talking, at most every second so that a screen reader can follow. */
  #showTalkers() {
    const talking = (this.#stay()?.members ?? []).filter((member) => member.talking && !member.muted);
    const text = talkersText(talking.map((member) => member.name));
    if (page['now-talking'].textContent !== text) page['now-talking'].textContent = text;
  }

  // Chat

  chat(message) {
    this.#chat.show(message);
  }

  notice(text) {
    this.#chat.notice(text);
  }

  async #say(text) {
    try {
      await this.#stay().conference.say(text);
      return true;
    } catch {
      toast('The message was not sent. Try again.');
      return false;
    }
  }

  // One's own sound and keys

  hear(stream, speaker) {
    page.sound.srcObject = stream;
    if (speaker !== undefined) page.sound.setSinkId?.(speaker).catch(() => {});
    page.sound.play().catch((error) => {
      if (error.name === 'NotAllowedError') toast('Your browser holds the sound back. Click anywhere to hear the room.');
      addEventListener('click', () => page.sound.play().catch(() => {}), { once: true });
    });
  }

  /** Null: there is no microphone. */
  muted(isMuted) {
    const button = page['mute-self'];
    const label = button.querySelector('.label');
    button.disabled = isMuted === null;
    if (isMuted === null) return void (label.textContent = 'Listening');
    label.textContent = isMuted ? 'Unmute' : 'Mute';
    if (button.dataset.muted === String(isMuted)) return;
    button.dataset.muted = isMuted;
    setIcon(button, isMuted ? 'mic-off' : 'mic');
  }

  level(energy) {
    page['own-level'].style.transform = `scaleX(${meterLevel(energy).toFixed(3)})`;
  }

  /** The room's own key for it, so that everybody may. */
  toggleHand() {
    this.#press('*9');
  }

  #hand(isRaised) {
    const button = page['hand-self'];
    if (button.getAttribute('aria-pressed') === String(isRaised)) return;
    button.setAttribute('aria-pressed', String(isRaised));
    page['hand-verb'].textContent = isRaised ? 'Lower' : 'Raise';
    page.announcer.textContent = isRaised ? 'Your hand is raised' : 'Your hand is down';
  }

  togglePad(isOpen = page['room-pad-panel'].hidden, takesFocus = true) {
    page['room-pad-panel'].hidden = !isOpen;
    page['toggle-room-pad'].setAttribute('aria-expanded', String(isOpen));
    this.#pad.clear();
    if (!takesFocus) return;
    if (isOpen) this.#pad.focus();
    else page['toggle-room-pad'].focus();
  }

  #press(keys) {
    this.#stay()?.call?.dtmf(keys).catch(() => toast('The key was not sent. Try again.'));
  }
}

function talkersText(names) {
  if (names.length === 0) return 'Nobody is talking';
  if (names.length > 3) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more are talking`;
  return `${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} talking`;
}
