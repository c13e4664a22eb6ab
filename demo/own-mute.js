/** How long the server has to follow a wish. Milliseconds. */
const FOLLOW_WITHIN = 1_500;

/**
 * One's own microphone: on or off. A wish counts here at once, before the server knows; the server's state in one's own
 * row follows, so that the others see it. Who was muted by a moderator is muted until unmuting here, if the room allows
 * it; who muted themselves is never heard because a moderator unmuted them.
 */
export class OwnMute {
  #wish = false;
  #isBehind = false;
  #row = null;
  #timer = null;
  #actions;

  /**
   * @param {object} actions
   * @param {(muted: boolean, row: object) => Promise} actions.request Asks the server to change the row's state.
   * @param {(muted: boolean) => void} actions.apply Switches and shows the microphone.
   * @param {(text: string) => void} actions.notify Tells about what a moderator did.
   */
  constructor(actions) {
    this.#actions = actions;
  }

  /** While a wish is on its way to the server, the row is behind it and does not count. */
  get isMuted() {
    return this.#wish || Boolean(this.#row?.muted && !this.#isBehind);
  }

  toggle() {
    this.#wish = !this.isMuted;
    this.#isBehind = true;
    this.update();
  }

  /** Takes one's own row, new or not. */
  rowChanged(row) {
    const before = this.#row;
    this.#row = row;
    if (before?.muted !== row.muted) {
      this.#stopWaiting();
      if (before && !this.#isBehind) this.#tell(row.muted);
    }
    this.update();
  }

  /** For a new call into the same room: what was muted stays muted, the row is not known yet. */
  startOver() {
    this.#wish = this.#isBehind = this.isMuted;
    this.#row = null;
    this.#stopWaiting();
  }

  stop() {
    this.#stopWaiting();
  }

  /** Applies what counts now, and asks the server where it is behind. One request is under way at a time. */
  update() {
    this.#actions.apply(this.isMuted);
    if (!this.#isBehind || !this.#row || this.#timer !== null) return;
    if (this.#row.muted === this.#wish) {
      this.#isBehind = false;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#isBehind = false; // the room does not allow it, so the row counts again
      this.update();
    }, FOLLOW_WITHIN);
    this.#actions.request(this.#wish, this.#row).catch(() => {});
  }

  #tell(isMuted) {
    if (isMuted) this.#actions.notify('A moderator muted you.');
    else if (this.#wish) this.#actions.notify('A moderator unmuted you. Press Unmute when you want to speak.');
  }

  #stopWaiting() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}
