/** Calls between people: any number of them, of which one at a time is talked on. No page in here. */
import { explainCallEnd } from './call-endings.js';
import { Emitter } from './verto.js';

/** One call, from ringing or dialling to its end. */
export class Line {
  /** `calling`, `early` (something can be heard already), `ringing` (here), `answering`, `active` or `recovering`. */
  state;
  /** When the two were connected, in milliseconds since 1970; null before. */
  since = null;
  /** Whom it was sent to; null unless it was. */
  sentTo = null;
  camera = null;

  constructor(call, state) {
    this.call = call;
    this.state = state;
  }

  get isHeld() {
    return this.call.isHeld;
  }

  /** Connected, so that it can be held, transferred and so on. */
  get isUp() {
    return this.since !== null;
  }

  /** The other party's name, or else number. */
  get who() {
    const { name, number } = this.call.remote;
    return name || number || 'Somebody';
  }
}

/**
 * Events: `change` () when {@link lines} or something of them changed, `track` (line, stream), `video` (line),
 * `ended` (line, notice) with what to say about it or null, `busy` (isBusy) when somebody begins or ends to be talked to.
 */
export class Phone extends Emitter {
  /** In the order they came. */
  lines = [];
  isMuted = false;

  #actions;
  #stream = null;
  #opening = null;
  #isBusy = false;

  /**
   * @param {object} actions
   * @param {(options: object) => VertoCall} actions.call Makes a call that is not placed yet.
   * @param {() => Promise<?MediaStream>} actions.openSound The microphone; null to listen only.
   * @param {() => Promise<MediaStreamTrack>} actions.openCamera
   * @param {() => string} actions.callerName What the others are shown.
   * @param {() => number} [actions.now]
   */
  constructor(actions) {
    super();
    this.#actions = { now: Date.now, ...actions };
  }

  /** The line that is talked on, or is about to be; null when all are held or only ring. */
  get talking() {
    return this.lines.find((line) => line.state !== 'ringing' && !line.isHeld) ?? null;
  }

  /** The line that rings for longest. */
  get ringing() {
    return this.lines.find((line) => line.state === 'ringing') ?? null;
  }

  /** The two lines that {@link connectBoth} would connect, the one talked on last; null when there are no two. */
  get pair() {
    const lines = this.lines.filter(({ state }) => state !== 'ringing' && state !== 'answering');
    const two = lines.find((line) => !line.isHeld) ?? lines.at(-1);
    const one = lines.findLast((line) => line !== two && line.isUp);
    return one ? [one, two] : null;
  }

  line(call) {
    return this.lines.find((each) => each.call === call);
  }

  // Beginning

  /** Calls somebody; whom one talks to is put on hold. Rejects when the microphone or camera cannot be opened. */
  async dial(destination, { withVideo = false } = {}) {
    const stream = await this.#openStream();
    const camera = withVideo ? await this.#openCamera() : null;
    await this.#holdOthers(null);
    const call = this.#actions.call({
      destination,
      callerName: this.#actions.callerName(),
      stream: new MediaStream([...(stream?.getTracks() ?? []), ...(camera ? [camera] : [])]),
      watch: withVideo,
    });
    const line = this.#add(call, 'calling');
    line.camera = camera;
    call.invite().catch(() => {}); // its end says it
    return line;
  }

  /** Somebody calls. */
  ring(call) {
    return this.#add(call, 'ringing');
  }

  async accept(line, { withVideo = false } = {}) {
    if (line.state !== 'ringing') return;
    this.#set(line, 'answering');
    try {
      const stream = await this.#openStream();
      line.camera = withVideo ? await this.#openCamera() : null;
      await this.#holdOthers(line);
      await this.#answer(line, stream);
    } catch (error) {
      if (error.kind === 'ended') return; // who called has given up
      if (line.call.state === 'ringing') this.#set(line, 'ringing');
      throw error;
    }
  }

  /** Goes on with a call that the server kept for the page before this one; `since` is when it began. */
  async takeUp(call, { since, isHeld, isMuted }) {
    const line = this.#add(call, 'recovering');
    this.isMuted = isMuted;
    call.isHeld = isHeld;
    const stream = await this.#openStream().catch(() => null);
    await this.#answer(line, stream).catch(() => {});
    if (line.state === 'active') line.since = since ?? line.since;
    this.#changed();
    return line;
  }

  /** Takes a call that is up and was somebody else's, with what it sends. */
  adopt(call, stream) {
    if (this.#stream === null) this.#stream = stream;
    else if (stream !== this.#stream) call.replaceStream(this.#stream).then(() => stop(stream));
    const line = this.#add(call, 'active');
    this.#set(line, 'active');
    return line;
  }

  /** Gives up a line without ending its call; resolves with what it sends. */
  async release(line) {
    this.lines = this.lines.filter((each) => each !== line);
    line.camera?.stop();
    const isLast = this.lines.length === 0;
    const stream = isLast ? this.#stream : await this.#actions.openSound().catch(() => null);
    if (isLast) [this.#stream, this.isMuted] = [null, false];
    else await line.call.replaceStream(stream ?? undefined);
    this.#changed();
    return stream;
  }

  // While it is up

  async hold(line) {
    await line.call.hold();
    this.#changed();
  }

  /** Talks on this line; the others are put on hold. */
  async resume(line) {
    await this.#holdOthers(line);
    await line.call.unhold();
    this.#changed();
  }

  /** Sends the other party elsewhere. */
  async transfer(line, destination) {
    line.sentTo = destination;
    try {
      await line.call.transfer(destination);
    } catch (error) {
      line.sentTo = null;
      throw error;
    }
  }

  /** Lets the parties of {@link pair} talk to each other, without us. */
  async connectBoth() {
    const [one, two] = this.pair ?? [];
    if (!one) return;
    const names = [one.who, two.who];
    [one.sentTo, two.sentTo] = [names[1], names[0]];
    try {
      await one.call.replace(two.call);
    } catch (error) {
      one.sentTo = two.sentTo = null;
      throw error;
    }
  }

  press(line, keys) {
    return line.call.dtmf(keys);
  }

  hangup(line) {
    if (line.state === 'ringing') line.call.decline();
    else line.call.hangup();
  }

  toggleMute() {
    this.isMuted = !this.isMuted;
    this.#applyMute();
    this.#changed();
  }

  /** Turns the camera on or off, in a call that has pictures. */
  async toggleCamera(line) {
    const track = line.camera;
    line.camera = track ? null : await this.#openCamera();
    track?.stop();
    await line.call.sendVideo(line.camera);
    this.#changed();
  }

  /** Sends another microphone's sound from now on; null sends nothing. */
  async changeSound(stream) {
    stop(this.#stream);
    this.#stream = stream;
    this.#applyMute();
    await Promise.all(this.lines.map(({ call }) => call.replaceStream(stream ?? undefined)));
  }

  hangupAll() {
    for (const line of [...this.lines]) this.hangup(line);
  }

  // Inside

  #add(call, state) {
    const line = new Line(call, state);
    this.lines.push(line);
    call.on('state', (now) => this.#callChanged(line, now));
    for (const event of ['remote', 'hold']) call.on(event, () => this.#changed());
    call.on('track', (stream) => this.line(call) && this.emit('track', line, stream));
    call.on('video', () => this.line(call) && this.emit('video', line));
    call.on('ended', (end) => this.#ended(line, end));
    this.#changed();
    return line;
  }

  async #answer(line, stream) {
    const tracks = [...(stream?.getTracks() ?? []), ...(line.camera ? [line.camera] : [])];
    await line.call.answer(new MediaStream(tracks), { name: this.#actions.callerName() });
  }

  #callChanged(line, now) {
    if (!this.line(line.call)) return;
    if (now === 'early' || now === 'active' || now === 'recovering') this.#set(line, now);
  }

  #set(line, state) {
    line.state = state;
    if (state === 'active') line.since ??= this.#actions.now();
    this.#changed();
  }

  #ended(line, end) {
    if (!this.line(line.call)) return;
    this.lines = this.lines.filter((each) => each !== line);
    line.camera?.stop();
    if (this.lines.length === 0) this.#closeStream();
    this.#changed();
    this.emit('ended', line, this.#notice(line, end));
  }

  #notice(line, end) {
    if (line.sentTo !== null && end.remote) {
      return { title: `${line.who} is connected with ${line.sentTo}`, text: 'The call goes on without you.', calm: true };
    }
    const wasRinging = line.state === 'ringing' || line.state === 'answering';
    if (wasRinging && end.remote && !['LOSE_RACE', 'PICKED_OFF'].includes(end.cause)) {
      return explainCallEnd({ ...end, cause: 'ORIGINATOR_CANCEL' }, line.who, false);
    }
    return explainCallEnd(end, line.who, line.isUp);
  }

  /** One cannot talk on two lines. A line that cannot be held yet, because nobody has answered, is given up. */
  async #holdOthers(line) {
    for (const other of this.lines) {
      if (other === line || other.state === 'ringing' || other.isHeld) continue;
      if (other.isUp) await other.call.hold();
      else other.call.hangup();
    }
  }

  async #openStream() {
    if (this.#stream || this.lines.some((line) => line.isUp)) return this.#stream;
    this.#opening ??= this.#actions.openSound().finally(() => (this.#opening = null));
    this.#stream = await this.#opening;
    this.#applyMute();
    return this.#stream;
  }

  async #openCamera() {
    try {
      return await this.#actions.openCamera();
    } catch (error) {
      if (this.lines.length === 0) this.#closeStream();
      throw error;
    }
  }

  #closeStream() {
    stop(this.#stream);
    this.#stream = null;
    this.isMuted = false;
  }

  #applyMute() {
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !this.isMuted;
  }

  #changed() {
    this.emit('change');
    const isBusy = this.talking !== null;
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    this.emit('busy', isBusy);
  }
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
