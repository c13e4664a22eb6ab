/** One's own screen, shown to the room by a call of its own: `off`, `asking` (the browser's dialogue) or `on`. */
export class ScreenShare {
  state = 'off';

  #actions;
  #call = null;
  #turn = 0;

  /**
   * @param {object} actions
   * @param {() => Promise<MediaStream>} actions.open
   * @param {(stream: MediaStream) => VertoCall} actions.call Makes the call; {@link Conference.screenShare}.
   * @param {(state: string) => void} actions.show
   * @param {(problem: Error|string) => void} actions.notify
   */
  constructor(actions) {
    this.#actions = actions;
  }

  toggle() {
    return this.state === 'off' ? this.start() : this.stop();
  }

  async start() {
    if (this.state !== 'off') return;
    const turn = ++this.#turn;
    this.#set('asking');
    let stream;
    try {
      stream = await this.#actions.open();
      if (turn !== this.#turn) return stream.getTracks().forEach((track) => track.stop());
      const call = (this.#call = this.#actions.call(stream));
      call.on('ended', (end) => this.#ended(call, end));
      await call.invite();
      if (call !== this.#call) return;
      if (!call.hasVideo) throw new Error('This server carries no pictures.');
      this.#set('on');
    } catch (error) {
      stream?.getTracks().forEach((track) => track.stop());
      if (turn !== this.#turn) return;
      this.stop();
      if (!isCancelled(error)) this.#actions.notify(error);
    }
  }

  stop() {
    const call = this.#call;
    this.#call = null;
    this.#turn += 1;
    call?.hangup();
    this.#set('off');
  }

  /** Also when the browser's own button ended the picture. */
  #ended(call, { remote }) {
    if (call !== this.#call) return;
    const wasOn = this.state === 'on';
    this.#call = null;
    this.#set('off');
    if (!wasOn) return;
    this.#turn += 1;
    if (remote) this.#actions.notify('Your screen is not shown any more. Press Share screen to show it again.');
  }

  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.#actions.show(state);
  }
}

/** Who closes the browser's dialogue knows it. */
function isCancelled(error) {
  return error.device === 'screen' && error.name === 'NotAllowedError' && !/system/i.test(error.message);
}
