import { Emitter, VertoError, deferred, randomID } from './basics.js';
import { CallMedia } from './media.js';

/** Milliseconds. */
const ANSWER_WITHIN = 60_000;

/**
 * One call. SDP is complete (not trickled) in both directions.
 *
 * States: `new`, `gathering` (collecting network addresses), `requesting`, `trying`, `early` (sound before the answer),
 * `ringing` (incoming), `active`, `recovering` (the server kept the call over a reconnect), `ended`.
 *
 * Events: `state` (state), `track` (stream) with the remote sound, `video` () when {@link hasVideo}, {@link picture} or
 * {@link pictures} may have changed, `media` (state of the peer connection: `connected`, `disconnected`, `failed`, …),
 * `ended` ({cause, causeCode, remote}), `display` ({name, number}).
 */
export class VertoCall extends Emitter {
  state = 'new';

  #client;
  #media = null;
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
    this.destination = options.destination ?? '';
    this.details = options.details ?? {};
    this.#tracks = tracksOf(options.stream);
    const { audio = true, watch = Boolean(this.#tracks.video) } = options;
    this.#wants = { audio, watch };
    this.#iceServers = options.iceServers ?? [];
    this.#isSimulcast = options.simulcast ?? false;
    this.#offer = options.offer;
    this.#isAttach = options.isAttach ?? false;
    if (this.#offer) this.state = 'ringing';
    this.dialogParams = {
      callID: this.callID,
      destination_number: this.destination,
      caller_id_name: options.callerName ?? '',
      caller_id_number: options.callerNumber ?? client.login?.split('@')[0] ?? '',
      remote_caller_id_name: 'Outbound Call',
      remote_caller_id_number: this.destination,
      login: client.login,
      useVideo: Boolean(this.#tracks.video || watch),
      userVariables: options.userVariables ?? {},
      ...options.dialogParams,
    };
    this.#established.promise.catch(() => {});
  }

  /** The remote side's sound, a `MediaStream`, once there is one. */
  get remoteStream() {
    return this.#media?.sound ?? null;
  }

  /** Whether the server has agreed to pictures, in one direction at least. */
  get hasVideo() {
    return this.#media?.hasVideo ?? false;
  }

  /** The picture that the server chooses, `{mid, stream, receiver}`; null when it sends none. */
  get picture() {
    return this.#media?.picture ?? null;
  }

  /** The `RTCRtpSender` of one's own picture, for statistics; null when the call has no video. */
  get videoSender() {
    return this.#media?.videoSender ?? null;
  }

  /** The pictures asked for with {@link addPictures}, as {@link picture}; {@link view} says who is on them. */
  get pictures() {
    return this.#media?.pictures ?? [];
  }

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

  /** Answers an incoming or kept call, sending `stream`. Resolves when the server has taken the answer. */
  async answer(stream) {
    if (stream) this.#tracks = tracksOf(stream);
    this.#wasSent = true;
    await this.#answerOffer(this.#offer, this.#isAttach ? 'verto.attach' : 'verto.answer');
    this.#establish();
  }

  /** Ends the call on both sides. */
  hangup(cause = 'NORMAL_CLEARING') {
    if (this.state === 'ended') return;
    if (this.#wasSent || this.#offer) {
      this.#client.request('verto.bye', { cause, dialogParams: this.dialogParams }).catch(() => {});
    }
    this.#end({ cause, causeCode: 0, remote: false });
  }

  /** Sends keypad digits (`0`–`9`, `*`, `#`). */
  dtmf(digits) {
    return this.#client.request('verto.info', { dtmf: String(digits), dialogParams: this.dialogParams });
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
        return this.emit('display', { name: params.display_name, number: params.display_number });
    }
  }

  /** @internal The server offers to go on with this call on a new connection. */
  async reattach(offer) {
    this.#suspended = false;
    this.#setState('recovering');
    try {
      await this.#answerOffer(offer, 'verto.attach');
      this.#establish();
    } catch (error) {
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

  #newMedia() {
    this.#media?.close();
    this.#media = new CallMedia({
      iceServers: this.#iceServers,
      simulcast: this.#isSimulcast,
      onSound: (stream) => this.emit('track', stream),
      onState: (state) => this.emit('media', state),
    });
    return this.#media;
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
    else this.#setState('early');
    this.emit('video');
  }

  async #answerOffer(offer, method) {
    const sdp = await this.#newMedia().answer(offer, this.#tracks);
    await this.#client.request(method, { sdp, dialogParams: { ...this.details, ...this.dialogParams } });
    this.emit('video');
  }

  #establish() {
    if (this.state === 'ended' || this.state === 'active') return;
    this.#setState('active');
    this.#established.resolve(this);
  }

  #end({ cause, causeCode, remote, lost = false }) {
    if (this.state === 'ended') return;
    this.#client.forgetCall(this);
    this.#media?.close();
    this.#media = null;
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
