/** How long the server has to follow. Milliseconds. */
const FOLLOW_WITHIN = 1_500;

/**
 * One's own camera: `off`, `starting` or `on`. Off is off: the track is stopped and the light goes out at once; the
 * server's state in one's own row follows, so that the others see it. A moderator can turn it off, too; nobody but
 * oneself can turn it on.
 */
export class OwnCamera {
  state = 'off';
  /** What is sent; null unless on. */
  track = null;

  #actions;
  #row = null;
  #isBehind = false;
  #timer = null;
  #turn = 0;

  /**
   * @param {object} actions
   * @param {() => Promise<MediaStreamTrack>} actions.open
   * @param {(track: ?MediaStreamTrack) => Promise} actions.send Puts the track, or nothing, into the call.
   * @param {(muted: boolean, row: object) => Promise} actions.request Asks the server to change the row's state.
   * @param {(state: string, track: ?MediaStreamTrack) => void} actions.show
   * @param {(problem: Error|string) => void} actions.notify
   */
  constructor(actions) {
    this.#actions = actions;
  }

  toggle() {
    return this.state === 'off' ? this.turnOn() : this.turnOff();
  }

  /** @param {MediaStreamTrack} [opened] One that is open already, such as that of the preview. */
  async turnOn(opened = null) {
    if (this.state !== 'off') return opened?.stop();
    const turn = ++this.#turn;
    try {
      this.#set('starting', null);
      const track = opened ?? await this.#actions.open();
      if (turn !== this.#turn) return track.stop();
      track.addEventListener('ended', () => track === this.track && this.#lose());
      this.#set('on', track);
      this.#wish();
      await this.#actions.send(track);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.turnOff();
      this.#actions.notify(error);
    }
  }

  turnOff() {
    if (this.state === 'off') return;
    this.#close();
    this.#wish();
  }

  /** Another camera from now on, if it is on at all. The old one goes first: some systems have room for one only. */
  async change() {
    if (this.state !== 'on') return;
    this.#turn += 1;
    this.track.stop();
    this.#set('off', null);
    await this.turnOn();
  }

  /** Takes one's own row, new or not. */
  rowChanged(row) {
    const before = this.#row;
    this.#row = row.video?.sends ? row : null;
    if (!this.#row) return this.#stopWaiting();
    const isMuted = row.video.muted;
    if (before?.video.muted !== isMuted) {
      this.#stopWaiting();
      if (isMuted && this.state === 'on' && !this.#isBehind) this.#obey(before);
      if (!isMuted && this.state === 'off' && !this.#isBehind) this.#beAsked(before);
    }
    this.#follow();
  }

  /** For a new call into the same room, whose row is not known yet. */
  startOver() {
    this.#stopWaiting();
    this.#row = null;
    this.#isBehind = false;
  }

  stop() {
    this.#stopWaiting();
    this.#turn += 1;
    this.track?.stop();
    this.#set('off', null);
    this.#row = null;
    this.#isBehind = false;
  }

  #obey(before) {
    this.#close();
    const text = before ? 'A moderator turned your camera off.' : 'Your camera is off when you enter this room.';
    this.#actions.notify(`${text} Press Start camera to show yourself.`);
  }

  /** The row says on and the camera is off: nobody shall be shown as visible with an old picture. */
  #beAsked(before) {
    if (before) this.#actions.notify('A moderator asks for your picture. Press Start camera to show yourself.');
    this.#isBehind = true;
  }

  #lose() {
    this.turnOff();
    this.#actions.notify('The camera is gone. Choose another one in the settings, then press Start camera.');
  }

  #close() {
    this.#turn += 1;
    this.track?.stop();
    this.#set('off', null);
    this.#actions.send(null).catch(() => {});
  }

  /** A row that is not known yet counts when it comes: the room may want pictures to be off at first. */
  #wish() {
    this.#isBehind = this.#row !== null;
    this.#follow();
  }

  /** Asks the server where it is behind. One request is under way at a time, since a key only toggles. */
  #follow() {
    if (!this.#isBehind || !this.#row || this.#timer !== null) return;
    const muted = this.state === 'off';
    if (this.#row.video.muted === muted) {
      this.#isBehind = false;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#isBehind = false;
      if (this.state === 'on' && this.#row?.video.muted) this.#refuse();
    }, FOLLOW_WITHIN);
    this.#actions.request(muted, this.#row).catch(() => {});
  }

  #refuse() {
    this.#close();
    this.#actions.notify('This room does not let you show your picture. Ask a moderator.');
  }

  #stopWaiting() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #set(state, track) {
    if (this.state === state && this.track === track) return;
    this.state = state;
    this.track = track;
    this.#actions.show(state, track);
  }
}
