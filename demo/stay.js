/** One stay in a room, from pressing Join until leaving, whatever happens to the connection meanwhile. */
import { LevelMeter, stopStream } from './media.js';
import { OwnMute } from './own-mute.js';
import { coalesce, explain, waitingText } from './page.js';
import { Conference, VertoError } from './verto.js';

/** Milliseconds. */
const PIN_HINT_AFTER = 3_000;
const REJOIN_PAUSES = [0, 1_000, 3_000, 6_000, 10_000];
/** A call that a room has let go is in another room, or over, or somewhere else. */
const RELEASED_AFTER = 5_000;

export class Stay {
  members = [];
  stream = null;
  call = null;
  conference = null;
  wasInside = false;
  isOver = false;

  #session;
  #video;
  #view;
  #complete = null;
  #rejoins = 0;
  #meter = null;
  #timers = { pin: 0, rejoin: 0, release: 0 };
  #changed = coalesce(60, () => this.#membersChanged());

  /**
   * @param {object} options
   * @param {Session} options.session Open already, or opened by {@link join}.
   * @param {string} options.room What to dial.
   * @param {string} options.name Shown to the others.
   * @param {RoomVideo} options.video
   * @param {object} options.view What is to be shown: `status(value)`, `banner(text, canRetry)`, `askPIN()`,
   *   `entered(isFirst)`, `subscribed()`, `members(list)`, `came(name)`, `went(name)`, `chat(message)`, `response(response)`,
   *   `muted(isMuted)`, `level(energy)`, `hear(stream)`, `tell(text)`, `left(notice, status)`, `released(call, stream)`
   *   when the room has sent the call elsewhere.
   */
  constructor({ session, room, name, video, view }) {
    this.room = room;
    this.name = name;
    this.#session = session;
    this.#video = video;
    this.#view = view;
    this.mute = new OwnMute({
      request: (muted, row) => this.#requestMute(muted, row),
      apply: (muted) => this.#applyMute(muted),
      notify: (text) => view.tell(text),
    });
  }

  // Beginning

  /**
   * Joins. Never rejects: what goes wrong is shown, and ends the stay.
   * @param {object} options
   * @param {() => Promise<?MediaStream>} options.openSound The microphone; null to listen only.
   * @param {() => Promise<?VertoCall>} options.connect Opens the session; resolves with the call of the page before
   *   this one, if the server has kept it.
   */
  async join({ openSound, connect, isMuted = false, isCameraOn, isResumed = false }) {
    if (isMuted) this.mute.toggle();
    try {
      // What is there already must not wait for devices, which may take a question to the person.
      const connecting = isResumed ? connect() : null;
      connecting?.catch(() => {});
      this.#view.status('microphone');
      await this.#openSound(openSound, isResumed);
      if (this.isOver) return stopStream(this.stream);
      this.#view.status('camera');
      await this.#video.start({ callerName: this.name, isCameraOn });
      if (this.isOver) return;
      const kept = await (connecting ?? connect());
      if (this.isOver) return kept?.hangup();
      await (kept ? this.#takeUp(kept) : this.#placeCall());
    } catch (error) {
      if (!this.isOver) this.leave(explain(error), 'error');
    }
  }

  /** Begins with a call that has come into a room by itself, and the message that says so. */
  adopt(call, stream, message) {
    this.useSound(stream);
    this.#video.start({ callerName: this.name, isCameraOn: false });
    this.call = call;
    this.#listen(call);
    this.#video.attach(call);
    if (call.remoteStream) this.#view.hear(call.remoteStream);
    this.receive(message);
    this.#video.answered(call);
  }

  /** Somebody who was in the room before has to be heard again, if only by listening. */
  async #openSound(open, isResumed) {
    try {
      this.useSound(await open());
    } catch (error) {
      if (!isResumed) throw error;
      const { title, text } = explain(error);
      this.#view.tell(`${title}. ${text}`);
      this.useSound(null);
    }
  }

  /** Calls the room; the room's own message brings us in. */
  async #placeCall() {
    if (!this.wasInside) this.#view.status('calling');
    const call = this.#session.client.call({
      destination: this.room,
      callerName: this.name,
      stream: this.#sent,
      watch: true,
      simulcast: true,
      userVariables: {},
    });
    this.call = call;
    this.#video.attach(call);
    this.#listen(call);
    await call.invite();
    this.#answered(call);
  }

  /** Goes on with a call that the server has kept: the same member in the same row. */
  async #takeUp(call) {
    this.#view.status('entering');
    this.call = call;
    this.#video.attach(call);
    this.#listen(call);
    try {
      await call.answer(this.#sent, { simulcast: true });
    } catch (error) {
      console.warn('call not taken up again:', error.message);
      if (!this.isOver && this.call === call) await this.#placeCall();
      return;
    }
    this.#answered(call);
  }

  #answered(call) {
    if (this.isOver || this.call !== call) return;
    this.#video.answered(call);
    if (this.conference || this.wasInside) return;
    this.#view.status('entering');
    this.#timers.pin = setTimeout(() => this.#view.askPIN(), PIN_HINT_AFTER);
  }

  #listen(call) {
    const isMine = () => !this.isOver && this.call === call;
    call.on('track', (stream) => isMine() && this.#view.hear(stream));
    call.on('ended', (end) => isMine() && this.#callEnded(end));
    call.on('media', (state) => isMine() && this.#mediaChanged(state));
    call.on('reattached', () => isMine() && this.#video.reattached());
  }

  get #sent() {
    return new MediaStream([...(this.stream?.getTracks() ?? []), ...this.#video.tracks]);
  }

  // Inside

  /** Takes a private message of the server's; returns whether it was for this stay. */
  receive(message) {
    if (!this.call || message.callID !== this.call.callID) return false;
    if (message.action === 'conference-liveArray-part') this.#part();
    if (message.action === 'conference-liveArray-join') this.#enter(message);
    return true;
  }

  async #enter(message) {
    clearTimeout(this.#timers.pin);
    clearTimeout(this.#timers.release);
    this.conference?.stop();
    const before = this.conference?.name;
    const conference = (this.conference = new Conference(this.#session.client, message));
    if (this.wasInside && before !== undefined && before !== conference.name) this.#moved(conference.name);
    const isMine = () => !this.isOver && this.conference === conference;
    conference.on('change', () => isMine() && this.#changed());
    conference.on('chat', (said) => isMine() && this.#view.chat({ ...said, isOwn: this.#isOwn(said) }));
    conference.on('unavailable', (part) => isMine() && unavailable[part] && this.#view.tell(unavailable[part]));
    conference.on('response', (response) => isMine() && this.#view.response(response));
    const isFirst = !this.wasInside;
    this.wasInside = true;
    this.#rejoins = 0;
    this.#view.entered(isFirst);
    this.#video.enter(conference);
    try {
      await conference.start();
      if (isMine()) this.#view.subscribed();
    } catch (error) {
      if (isMine()) this.#view.tell(`The member list is not available: ${error.message}`);
    }
  }

  /** Guests share a login. */
  #isOwn({ from, name }) {
    return from === this.#session.client?.login && name === this.name;
  }

  /** Somebody has sent us to another room. */
  #moved(name) {
    this.room = name;
    this.members = [];
    this.#complete = null;
    this.#view.tell(`You were sent to room ${name}.`);
  }

  /** The call is not in the room any more: it ends, comes into another room, or goes on with somebody alone. */
  #part() {
    this.conference?.stop();
    clearTimeout(this.#timers.release);
    this.#timers.release = setTimeout(() => {
      const { call, stream } = this;
      if (this.isOver || call?.state !== 'active') return;
      this.call = this.stream = null;
      this.#end();
      this.#view.released(call, stream);
    }, RELEASED_AFTER);
  }

  #membersChanged() {
    if (this.isOver || !this.conference) return;
    const list = this.conference.list();
    const { isComplete } = this.conference.members;
    // After coming back the old picture stays until the new one is complete.
    if (!isComplete && list.length < this.members.length) return;
    this.members = list;
    this.#view.members(list);
    if (isComplete) {
      this.#announce(this.#complete, list);
      this.#complete = list;
    }
    const self = list.find((member) => member.key === this.conference.callID);
    if (self) this.mute.rowChanged(self);
    this.#video.membersChanged(list);
  }

  /** Who came and went since the list was first complete. */
  #announce(before, after) {
    if (!before) return;
    const old = new Set(before.map((member) => member.key));
    const now = new Set(after.map((member) => member.key));
    const own = this.conference.callID;
    for (const { key, name } of after) if (!old.has(key) && key !== own) this.#view.came(name);
    for (const { key, name } of before) if (!now.has(key) && name !== this.name) this.#view.went(name);
  }

  // One's own sound

  /** Sends `stream`, or nothing, from now on; the one before is closed. */
  async changeSound(stream) {
    const wasListening = !this.stream;
    stopStream(this.stream);
    this.useSound(stream);
    this.mute.update();
    if (wasListening) this.#callAgain(); // the call was made without sending: only a new one can send
    else await this.call?.replaceStream(stream);
  }

  useSound(stream) {
    this.#meter?.stop();
    this.stream = stream;
    this.#meter = stream && new LevelMeter(stream, (energy) => this.#view.level(energy));
    this.#view.muted(stream ? this.mute.isMuted : null);
  }

  /** Moderators say what they want; for everybody else the key 0 toggles. */
  #requestMute(muted, row) {
    const { conference, call } = this;
    return conference.isModerator ? conference.command(muted ? 'mute' : 'unmute', row.id) : call.dtmf('0');
  }

  #applyMute(muted) {
    if (this.isOver) return;
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !muted;
    if (this.stream) this.#view.muted(muted);
  }

  // Connection and call, once inside

  /** The session's connection is in another state. */
  connectionChanged(state, details) {
    if (!this.wasInside) return state === 'waiting' ? undefined : this.#view.status(state);
    if (state === 'waiting') {
      this.#view.status('reconnecting');
      const heard = this.call?.isConnected ? ' You are still heard.' : '';
      this.#view.banner(`${waitingText(details.delay)}${heard}`, true);
    } else if (state === 'connecting' || state === 'signing-in') {
      this.#view.status('reconnecting');
      this.#view.banner('Reconnecting…');
    } else if (state === 'closed' && details.error) {
      this.leave(explain(details.error), 'error');
    }
  }

  /** Signed in again. A call that the server kept goes on; one that is gone has ended, and is being made again. */
  connectionBack() {
    if (!this.wasInside || this.call?.state === 'ended') return;
    if (!this.call) return this.#rejoin();
    this.#view.status('joined');
    this.#view.banner(null);
  }

  #callEnded({ cause, remote, lost }) {
    if (!remote) return;
    if (!this.wasInside) return this.leave(explain({ kind: 'ended', cause }), 'error');
    const wasComingBack = !this.conference;
    this.conference?.stop();
    if (this.#session.state === 'closed') return;
    if (lost || wasComingBack) return this.#rejoin(cause);
    this.leave(goodbyes[cause] ?? {
      title: 'You are no longer in the room',
      text: 'A moderator removed you, or the room was closed.',
      calm: true,
    });
  }

  /** The media broke under a call although the server can be reached: a new call finds a new path. */
  #mediaChanged(state) {
    if (state === 'failed' && this.#session.state === 'ready' && this.wasInside) this.#callAgain();
  }

  #callAgain() {
    const { call } = this;
    this.call = null;
    this.conference?.stop();
    call?.hangup();
    this.#rejoin();
  }

  /** Into the same room again, muted if one was; a call that fails comes back here through {@link #callEnded}. */
  #rejoin(cause) {
    const pause = REJOIN_PAUSES[this.#rejoins++];
    if (pause === undefined) return this.leave(explain({ kind: 'ended', cause }), 'error');
    this.mute.startOver();
    this.#view.status('reconnecting');
    this.#view.banner('Joining the room again…');
    clearTimeout(this.#timers.rejoin);
    this.#timers.rejoin = setTimeout(() => {
      this.call = this.conference = null;
      if (this.isOver || this.#session.state !== 'ready') return; // `connectionBack` goes on
      this.#placeCall().catch((error) => {
        if (!this.isOver && !(error instanceof VertoError)) this.leave(explain(error), 'error');
      });
    }, pause);
  }

  // End

  /** Ends the stay, and the call with it; `notice` says why. */
  leave(notice = null, status = 'idle') {
    if (this.isOver) return;
    this.#end();
    this.call?.hangup();
    stopStream(this.stream);
    this.#view.left(notice, status);
  }

  #end() {
    this.isOver = true;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.mute.stop();
    this.#video.leave();
    this.conference?.stop();
    this.#meter?.stop();
  }
}

const unavailable = {
  chat: 'Chat is not available in this room.',
  mod: 'The moderator’s commands are not available.',
};

const goodbyes = {
  MEDIA_TIMEOUT: { title: 'The sound connection broke', text: 'Check your network and join again.' },
  SYSTEM_SHUTDOWN: { title: 'The server is shutting down', text: 'Join again in a minute.' },
  RECOVERY_ON_TIMER_EXPIRE: { title: 'You were away for too long', text: 'Join again any time.', calm: true },
};
