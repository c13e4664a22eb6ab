import { Emitter, VertoError, deferred, randomID } from './basics.js';
import { incomingDialog, isFromServer, otherParty, outgoingDialog } from './dialog.js';
import { CallMedia } from './media.js';

/** Milliseconds. */
const ANSWER_WITHIN = 60_000;
/** For so long the old media stay while those of a call that goes on elsewhere connect. */
const SWAP_WITHIN = 5_000;

/**
 * One call. SDP is complete (not trickled) in both directions.
 *
 * States: `new`, `gathering` (collecting network addresses), `requesting`, `trying`, `early` (sound before the answer),
 * `ringing` (incoming), `answering`, `active`, `recovering` (the server kept the call over a reconnect), `ended`.
 *
 * Events: `state` (state), `track` (stream) with the remote sound, `video` () when {@link hasVideo}, {@link picture} or
 * {@link pictures} may have changed, `media` (state of the peer connection: `connected`, `disconnected`, `failed`, …),
 * `remote` ({name, number}) when the other party is known or another, `hold` (isHeld), `reattached` () when the call
 * goes on after a reconnect, `ended` ({cause, causeCode, remote, lost}).
 */
export class VertoCall extends Emitter {
  state = 'new';
  /** Whether this side has put it on hold. */
  isHeld = false;
  /** The other party, `{name, number}`; both may be empty. */
  remote;

  #client;
  #media = null;
  /** The media that a reattached call had before, until the new ones are connected: they may still bring sound. */
  #before = null;
  #swapTimer;
  #tracks;
  #wants;
  #iceServers;
  #isSimulcast;
  #offer;
  #isAttach;
  #established = deferred();
  #remoteSet = null;
  #wasSent = false;
  #suspended = false;
  #turn = Promise.resolve();

  /**
   * @param {VertoClient} client
   * @param {object} options
   * @param {string} options.destination What to dial.
   * @param {MediaStream} [options.stream] What to send, sound or picture or both; without it the call only receives.
   * @param {boolean} [options.audio] Whether the call has sound at all; true unless said otherwise.
   * @param {boolean} [options.watch] Whether it takes a picture; only when it sends one, unless said otherwise.
   * @param {boolean} [options.simulcast] Offers the picture in three sizes. A server that does not know simulcast gets
   *   the smallest one from some browsers.
   * @param {string} [options.callerName] Shown to the others.
   * @param {object} [options.userVariables] Strings shown in the room's member list.
   * @param {object} [options.dialogParams] More dialog parameters, sent as they are; `outgoingBandwidth` and
   *   `incomingBandwidth` limit video in kb/s.
   */
  constructor(client, options) {
    super();
    this.#client = client;
    this.callID = options.callID ?? randomID();
    this.details = options.details ?? {};
    this.#tracks = tracksOf(options.stream);
    const { audio = true, watch = Boolean(this.#tracks.video) } = options;
    this.#wants = { audio, watch };
    this.#iceServers = options.iceServers ?? [];
    this.#isSimulcast = options.simulcast ?? false;
    this.#offer = options.offer ?? null;
    this.#isAttach = options.isAttach ?? false;
    this.destination = options.destination ?? '';
    /** Whether somebody calls us, and not we them. */
    this.isIncoming = this.#offer !== null && isFromServer({ display_direction: 'outbound', ...this.details });
    this.remote = this.#offer ? otherParty(this.details) : { name: '', number: this.destination };
    const { callID, destination } = this;
    const { login } = client;
    this.dialogParams = this.#offer
      ? incomingDialog({ callID, login, details: this.details, dialogParams: options.dialogParams })
      : outgoingDialog({ callID, login, destination, usesVideo: Boolean(this.#tracks.video || watch), options });
    if (this.#offer) this.state = this.#isAttach ? 'recovering' : 'ringing';
    this.#established.promise.catch(() => {});
  }

  /** Whether the other side of an incoming call has a picture to show. */
  get offersVideo() {
    return /^m=video [1-9]/m.test(this.#offer ?? '');
  }

  /** The remote side's sound, a `MediaStream`, once there is one. */
  get remoteStream() {
    return this.#present?.sound ?? null;
  }

  /** Whether the server has agreed to pictures, in one direction at least. */
  get hasVideo() {
    return this.#present?.hasVideo ?? false;
  }

  /** The picture that the server chooses, `{mid, stream, receiver}`; null when it sends none. */
  get picture() {
    return this.#present?.picture ?? null;
  }

  /** The `RTCRtpSender` of one's own picture, for statistics; null when the call has no video. */
  get videoSender() {
    return this.#media?.videoSender ?? null;
  }

  /** The pictures asked for with {@link addPictures}, as {@link picture}; {@link view} says who is on them. */
  get pictures() {
    return this.#present?.pictures ?? [];
  }

  /** Whether sound can flow now. */
  get isConnected() {
    return this.#media?.isConnected || this.#before?.isConnected || false;
  }

  // Beginning and end

  /** Places the call. Resolves when it is answered; rejects with kind `ended`, `lost`, `timeout` or `refused`. */
  async invite() {
    this.#setState('gathering');
    const media = this.#newMedia();
    const { audio, video } = this.#tracks;
    media.start({
      audio: this.#wants.audio && { track: audio, receives: true },
      video: (video || this.#wants.watch) && { track: video, receives: this.#wants.watch },
    });
    const sdp = await media.offer();
    if (this.state === 'ended') return this.#established.promise;
    this.#setState('requesting');
    this.#wasSent = true;
    const timer = setTimeout(() => this.hangup('NO_ANSWER'), ANSWER_WITHIN);
    try {
      await this.#client.request('verto.invite', { sdp, dialogParams: this.dialogParams });
      if (this.state === 'requesting') this.#setState('trying');
      return await this.#established.promise;
    } catch (error) {
      if (this.state !== 'ended') this.#end({ cause: error.data?.cause ?? error.message, causeCode: 0, remote: true });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Answers an incoming or kept call, sending `stream`. Resolves when the server has taken the answer; a call that
   * cannot be answered ends, and this rejects.
   * @param {MediaStream} [stream]
   * @param {object} [options]
   * @param {string} [options.name] Shown to the other side.
   * @param {boolean} [options.simulcast] As of a call that we make.
   */
  async answer(stream, { name, simulcast = this.#isSimulcast } = {}) {
    this.#isSimulcast = simulcast;
    if (stream) this.#tracks = tracksOf(stream);
    if (name) this.dialogParams.callee_id_name = name;
    this.#wasSent = true;
    if (this.state === 'ringing') this.#setState('answering');
    try {
      const answering = this.#answerOffer(this.#offer, this.#isAttach ? 'verto.attach' : 'verto.answer');
      await Promise.race([answering, this.#established.promise]); // the caller may give up meanwhile
    } catch (error) {
      this.hangup('INCOMPATIBLE_DESTINATION');
      throw error;
    }
    this.#establish();
    return this.#established.promise;
  }

  /** Says no to an incoming call. */
  decline() {
    this.hangup('CALL_REJECTED');
  }

  /** Ends the call on both sides. */
  hangup(cause = 'NORMAL_CLEARING') {
    if (this.state === 'ended') return;
    if (this.#wasSent || this.#offer) {
      this.#client.request('verto.bye', { cause, dialogParams: this.dialogParams }).catch(() => {});
    }
    this.#end({ cause, causeCode: 0, remote: false });
  }

  // While it is up

  /** Sends keypad digits (`0`–`9`, `*`, `#`). */
  dtmf(digits) {
    return this.#client.request('verto.info', { dtmf: String(digits), dialogParams: this.dialogParams });
  }

  /** Neither side hears the other until {@link unhold}. Each resolves with {@link isHeld} as the server says it is. */
  hold() {
    return this.#modifyHold('hold');
  }

  unhold() {
    return this.#modifyHold('unhold');
  }

  toggleHold() {
    return this.#modifyHold('toggleHold');
  }

  /** Sends the *other* party to `destination`; this side's call then ends. Rejects when there is no other party. */
  transfer(destination) {
    return this.#modify('transfer', { destination });
  }

  /** Connects the other parties of two calls with each other; this side's two calls then end. */
  replace(other) {
    return this.#modify('replace', { replaceCallID: other.callID });
  }

  /** Sends another stream's sound from now on, for example of another microphone. */
  async replaceStream(stream) {
    this.#tracks.audio = tracksOf(stream).audio;
    await this.#media?.sendSound(this.#tracks.audio);
  }

  // Video

  /**
   * Sends `track` as one's picture from now on, or with null none. The first picture of a call that began without one
   * needs {@link renegotiate}, and fails like it; everything after that is between browser and network alone.
   */
  async sendVideo(track) {
    this.#tracks.video = track;
    if (!this.#media) return;
    await this.#media.sendVideo(track);
    if (!track || this.#media.sendsVideo) return;
    await this.renegotiate((media) => !media.sendsVideo && media.offerVideo(track));
  }

  /**
   * Makes sure that there are `count` extra pictures beside the one that the server chooses. Resolves with those that
   * it agreed to, {@link pictures}; nothing is on them until {@link view}. Fails like {@link renegotiate}.
   */
  async addPictures(count) {
    await this.renegotiate((media) => media.addPictures(count));
    return this.pictures;
  }

  /**
   * Says who is shown on which extra picture.
   * @param {Record<string, ?string>} pictures For the `mid` of each picture that changes the call ID of a member (the
   *   key of its row), or null for nobody.
   */
  view(pictures) {
    return this.#modify('view', { params: { pictures } });
  }

  /** Asks for fresh pictures, for when one does not recover. */
  refreshVideo() {
    return this.#modify('videoRefresh');
  }

  /**
   * Offers the call's media anew, one offer after the other. Rejects when the server does not want them (kind
   * `refused`; with `isUnsupported` it never will), and leaves the call as it was.
   * @param {(media: CallMedia) => boolean|void|Promise} [change] Changes the media first; false: nothing to do.
   */
  renegotiate(change = () => {}) {
    const turn = this.#turn.catch(() => {}).then(() => this.#renegotiate(change));
    this.#turn = turn;
    return turn;
  }

  async #renegotiate(change) {
    await this.#established.promise;
    const media = this.#media;
    if (!media) throw new VertoError('ended', 'The call is over');
    const mark = media.mark();
    try {
      if (await change(media) === false) return;
      const { sdp } = await this.#modify('updateMedia', { sdp: await media.offer() });
      if (!sdp) throw new VertoError('refused', 'This server does not change calls', { isUnsupported: true });
      await media.accept(sdp);
    } catch (error) {
      if (media === this.#media) await media.undo(mark);
      throw error;
    }
    this.emit('video');
  }

  async #modifyHold(action) {
    try {
      this.#setHeld((await this.#modify(action)).holdState);
    } catch (error) {
      this.#setHeld(error.data?.holdState);
      throw error;
    }
    return this.isHeld;
  }

  #setHeld(holdState) {
    if (holdState === undefined || this.isHeld === (holdState === 'held')) return;
    this.isHeld = holdState === 'held';
    this.emit('hold', this.isHeld);
  }

  #modify(action, more) {
    return this.#client.request('verto.modify', { action, ...more, dialogParams: this.dialogParams });
  }

  // What the client passes on

  /** @internal A server request that names this call. */
  receive(method, params) {
    switch (method) {
      case 'verto.media':
      case 'verto.answer':
        return this.#receiveAnswer(method, params.sdp);
      case 'verto.bye':
        return this.#end({ cause: params.cause ?? 'NORMAL_CLEARING', causeCode: params.causeCode ?? 16, remote: true });
      case 'verto.display':
        return this.#display({ name: params.display_name ?? '', number: params.display_number ?? '' });
    }
  }

  /** @internal The server offers to go on with this call on a new connection, which begins where the old one was. */
  async reattach(offer, details = this.details) {
    this.#suspended = false;
    this.details = details;
    this.#setState('recovering');
    const before = this.#before ?? this.#media;
    if (before !== this.#media) this.#media?.close();
    this.#before = before;
    this.#media = null;
    try {
      await this.#answerOffer(offer, 'verto.attach');
      if (this.state === 'ended') return;
      clearTimeout(this.#swapTimer);
      this.#swapTimer = setTimeout(() => this.#dropBefore(), SWAP_WITHIN);
      this.#establish();
      this.emit('reattached');
    } catch (error) {
      if (this.#suspended) return; // the connection is lost again, and may come back again
      console.error('call not taken up again:', error);
      this.#end({ cause: 'RECOVERY_FAILED', causeCode: 0, remote: true, lost: true });
    }
  }

  /** @internal */
  connectionLost() {
    this.#suspended = true;
  }

  /** @internal A call that the server no longer has is over. */
  afterReconnect(reattached) {
    if (!this.#suspended) return;
    this.#suspended = false;
    if (reattached.includes(this.callID)) return;
    this.#end({ cause: 'CONNECTION_LOST', causeCode: 0, remote: true, lost: true });
  }

  // Media

  /** What is heard and seen now. */
  get #present() {
    return this.#before ?? this.#media;
  }

  #newMedia() {
    this.#media?.close();
    const media = (this.#media = new CallMedia({
      iceServers: this.#iceServers,
      simulcast: this.#isSimulcast,
      onSound: (stream) => media === this.#present && this.emit('track', stream),
      onState: (state) => this.#mediaChanged(media, state),
    }));
    return media;
  }

  #mediaChanged(media, state) {
    if (media !== this.#media) return; // those of before may end as they like
    if (state === 'connected' || state === 'failed') this.#dropBefore();
    this.emit('media', state);
  }

  #dropBefore() {
    clearTimeout(this.#swapTimer);
    if (!this.#before) return;
    this.#before.close();
    this.#before = null;
    if (this.remoteStream) this.emit('track', this.remoteStream);
    this.emit('video');
  }

  async #receiveAnswer(method, sdp) {
    if (sdp && !this.#remoteSet) this.#remoteSet = this.#media.accept(sdp);
    try {
      await this.#remoteSet;
    } catch (error) {
      console.error('answer not accepted:', error);
      this.hangup('INCOMPATIBLE_DESTINATION');
      return;
    }
    if (this.state === 'ended') return;
    if (method === 'verto.answer') this.#establish();
    else if (this.state !== 'active' && this.state !== 'early') this.#setState('early');
    this.emit('video');
  }

  async #answerOffer(offer, method) {
    const sdp = await this.#newMedia().answer(offer, this.#tracks);
    if (this.state === 'ended') return;
    await this.#client.request(method, { sdp, dialogParams: this.dialogParams });
    this.emit('video');
    this.renegotiate((media) => media.wantsOffer).catch((error) => console.warn('one layer only:', error.message));
  }

  #display(remote) {
    this.remote = remote;
    this.emit('remote', remote);
  }

  #establish() {
    if (this.state === 'ended' || this.state === 'active') return;
    this.#setState('active');
    this.#established.resolve(this);
  }

  #end({ cause, causeCode, remote, lost = false }) {
    if (this.state === 'ended') return;
    this.#client.forgetCall(this);
    clearTimeout(this.#swapTimer);
    this.#before?.close();
    this.#media?.close();
    this.#before = this.#media = null;
    this.#setState('ended');
    this.#established.reject(new VertoError(lost ? 'lost' : 'ended', cause, { cause, causeCode, remote }));
    this.emit('ended', { cause, causeCode, remote, lost });
  }

  #setState(state) {
    this.state = state;
    this.emit('state', state);
  }
}

/** The first track of each kind; null where there is none. */
function tracksOf(stream) {
  return { audio: stream?.getAudioTracks()[0] ?? null, video: stream?.getVideoTracks()[0] ?? null };
}
