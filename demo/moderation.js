/** What moderators can do with the room as a whole, and what they are told of it. */
import { memory, page, setIcon, toast } from './page.js';

/** While something is recorded the server is asked now and then whether it still is: a disk may be full. Milliseconds. */
const CHECK_EVERY = 20_000;

export class Moderation {
  #command;
  #room = '';
  #isRecording = false;
  #timer;
  #turn = 0;

  /** @param {(name: string, target: ?string, value: ?(string|string[])) => Promise} command Of the present room. */
  constructor(command) {
    this.#command = command;
    page['mute-all'].onclick = () => this.#run('mute', 'non_moderator');
    page.lock.onclick = () => this.#run(page.lock.dataset.locked === 'true' ? 'unlock' : 'lock');
    page['toggle-moderation'].onclick = () => this.#open(page['moderation-panel'].hidden);
    page['moderation-panel'].onkeydown = (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.#open(false);
      page['toggle-moderation'].focus();
    };
    page.record.onclick = () => this.#record();
    page['play-form'].onsubmit = (event) => {
      event.preventDefault();
      memory.set('prompt', page['play-file'].value.trim());
      this.#run('play', null, page['play-file'].value.trim());
    };
    page['play-stop'].onclick = () => this.#run('stop', null, 'all');
    page['room-pin-form'].onsubmit = async (event) => {
      event.preventDefault();
      if (await this.#run('pin', null, page['room-pin'].value)) page['room-pin'].value = '';
    };
    page['room-pin-clear'].onclick = () => this.#run('nopin');
    page['play-file'].value = memory.get('prompt') ?? '';
  }

  /** In the room, or in it again; `room` is its name. What others did meanwhile is asked for. */
  enter(room, isModerator) {
    this.#room = room;
    page.moderation.hidden = !isModerator;
    if (!isModerator) return this.leave();
    this.#check();
    this.#command('get', null, 'is_locked').then(({ text }) => this.#showLock(text === 'locked'), () => {});
  }

  leave() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#open(false);
    this.#showLock(false);
    this.#showRecording(null);
    this.#reply('');
  }

  /** Responses go to all moderators, so everybody sees what any of them did. */
  response({ command, text, ok }) {
    const words = command.split(/\s+/).slice(1);
    const [name, what] = words[0] === 'recording' ? [words[1], words[2]] : words;
    if (ok && (name === 'lock' || name === 'unlock')) this.#locked(name === 'lock');
    const isAboutRecording = words[0] === 'recording' || ['record', 'norecord', 'chkrecord'].includes(name);
    if (isAboutRecording) this.#recorded(name, what, text, ok);
  }

  #locked(isLocked) {
    this.#showLock(isLocked);
    toast(isLocked ? 'The room is locked: nobody else can join.' : 'The room is open again.');
  }

  // Recording

  #record() {
    if (this.#isRecording) return this.#run('recording', null, ['stop', 'all']);
    const time = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
    const room = this.#room.replace(/[^\w-]+/g, '-').replace(/^-+/, '');
    return this.#run('recording', null, ['start', `${room || 'room'}-${time}.opus`]);
  }

  /** What the answer to one of the commands about recordings says. */
  #recorded(name, what, text, ok) {
    const [, file] = text.match(/Record file (\S+)/) ?? [];
    if (ok && file) return this.#showRecording(file);
    if (name === 'check' || name === 'chkrecord') return this.#showRecording(null);
    const isStop = name === 'stop' || name === 'norecord';
    if (isStop && ok) this.#showRecording(null);
    if (isStop && ok && what !== 'all') this.#check(); // others may go on
  }

  async #check() {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    // The answer comes by `response`, also the one that nothing is recorded, which counts as a refusal.
    await this.#command('recording', null, 'check').catch(() => {});
    if (turn === this.#turn && this.#isRecording) this.#timer = setTimeout(() => this.#check(), CHECK_EVERY);
  }

  #showRecording(file) {
    const isOn = file !== null;
    page.recording.hidden = !isOn;
    page.record.textContent = isOn ? 'Stop recording' : 'Start recording';
    page.record.dataset.on = isOn;
    page['record-state'].textContent = isOn ? `Recording to ${file}` : 'Nothing is recorded';
    if (isOn === this.#isRecording) return;
    this.#isRecording = isOn;
    page.announcer.textContent = isOn ? 'The room is recorded' : 'The recording has stopped';
    clearTimeout(this.#timer);
    if (isOn) this.#timer = setTimeout(() => this.#check(), CHECK_EVERY);
  }

  // What is shown

  /** Carries out a command and shows what the server says; returns whether it was done. */
  async #run(name, target = null, value = null) {
    try {
      const { text } = await this.#command(name, target, value);
      this.#reply(text.replace(/^\+OK\s*/, '') || 'Done');
      return true;
    } catch (error) {
      const words = error.kind === 'timeout' ? 'The server did not answer. Try again.' : `Not done: ${error.message}`;
      this.#reply(words);
      if (page['moderation-panel'].hidden) toast(words);
      return false;
    }
  }

  #reply(text) {
    page['moderation-reply'].textContent = text;
  }

  #open(isOpen) {
    page['moderation-panel'].hidden = !isOpen;
    page['toggle-moderation'].setAttribute('aria-expanded', String(isOpen));
    if (isOpen) page.record.focus();
  }

  #showLock(isLocked) {
    page.lock.dataset.locked = isLocked;
    page['lock-verb'].textContent = isLocked ? 'Unlock' : 'Lock';
    setIcon(page.lock, isLocked ? 'unlock' : 'lock');
  }
}
