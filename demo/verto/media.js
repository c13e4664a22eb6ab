import { askForLayers, fit, layersFor, withoutLayers } from './layers.js';

/**
 * The media of one call: a peer connection whose descriptions are complete, never trickled. The first video m-line is
 * the main one, in both directions; all further ones only receive.
 */
export class CallMedia {
  /** The remote sound. */
  sound = null;

  #peer;
  #isSimulcast;
  /** Whether the server shall be told of layers that its offer had no words for. */
  #hasMoreLayers = false;
  /** Transceivers of video in the order of their m-lines. */
  #videos = [];
  #streams = new Map();

  /**
   * @param {object} options
   * @param {boolean} [options.simulcast] Offers the main picture in three sizes.
   * @param {(stream: MediaStream) => void} options.onSound
   * @param {(state: string) => void} options.onState The connection's state.
   */
  constructor({ iceServers = [], simulcast = false, onSound, onState }) {
    this.#peer = new RTCPeerConnection({ iceServers });
    this.#isSimulcast = simulcast;
    this.#peer.ontrack = ({ track, streams, transceiver }) => {
      if (track.kind === 'video') return this.#keep(transceiver);
      this.sound = streams[0] ?? new MediaStream([track]);
      onSound(this.sound);
    };
    this.#peer.onconnectionstatechange = () => onState(this.#peer.connectionState);
  }

  /**
   * Adds the m-lines of a new call.
   * @param {{audio: object?, video: object?}} wants For each kind that the call shall have `{track, receives}`.
   */
  start({ audio, video }) {
    if (audio) {
      const init = { direction: direction(audio.track, audio.receives), streams: streamsOf(audio.track) };
      this.#peer.addTransceiver(audio.track ?? 'audio', init);
    }
    if (video) this.#addMain(video.track, direction(video.track, video.receives));
  }

  /** Resolves with the offer for everything there is now. */
  async offer() {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    await gathered(this.#peer);
    return this.#peer.localDescription.sdp;
  }

  async accept(answer) {
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: answer });
    this.#videos = this.#videos.filter((each) => !isOver(each));
    const sender = this.#videos[0]?.sender;
    this.#hasMoreLayers = false;
    if (sender?.track) await fit(sender, sender.track); // the answer may have left fewer layers than were offered
  }

  /**
   * Takes the server's offer, sends `audio` and `video` where it lets us, and resolves with the answer. Only one layer is
   * sent until an offer of ours, when {@link wantsOffer}, has told the server that there are more.
   */
  async answer(offer, { audio = null, video = null }) {
    const sdp = this.#isSimulcast ? askForLayers(offer) : offer;
    await this.#peer.setRemoteDescription({ type: 'offer', sdp });
    const all = this.#peer.getTransceivers().filter((each) => !isOver(each));
    for (const each of all) if (each.receiver.track.kind === 'video') this.#keep(each);
    const sound = all.find((each) => each.receiver.track.kind === 'audio');
    for (const [transceiver, track] of [[sound, audio], [this.#videos[0], video]]) {
      if (!transceiver || !track) continue;
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(...streamsOf(track));
      await transceiver.sender.replaceTrack(track);
    }
    await this.#peer.setLocalDescription(await this.#peer.createAnswer());
    await gathered(this.#peer);
    const sender = this.#videos[0]?.sender;
    const count = sender?.getParameters().encodings.length ?? 0;
    this.#hasMoreLayers = sdp !== offer && count > 1;
    if (sender?.track) await fit(sender, sender.track, this.#hasMoreLayers ? 1 : count);
    return sdp === offer ? this.#peer.localDescription.sdp : withoutLayers(this.#peer.localDescription.sdp);
  }

  get isConnected() {
    return this.#peer.connectionState === 'connected';
  }

  close() {
    this.#peer.ontrack = this.#peer.onconnectionstatechange = null;
    this.#peer.close();
  }

  /** Whether an offer of ours would let the server have more of our picture than its own offer did. */
  get wantsOffer() {
    return this.#hasMoreLayers && this.sendsVideo && Boolean(this.videoSender.track);
  }

  // What is sent

  async sendSound(track) {
    const sound = this.#peer.getTransceivers().find((each) => each.receiver.track.kind === 'audio');
    await sound?.sender.replaceTrack(track);
  }

  /** Whether the server takes our picture, so that no new offer is needed to send one. */
  get sendsVideo() {
    return sends(this.#videos[0]?.currentDirection);
  }

  get videoSender() {
    return this.#videos[0]?.sender ?? null;
  }

  /** Puts `track` (or nothing) on the main m-line, if there is one. */
  async sendVideo(track) {
    const sender = this.#videos[0]?.sender;
    await sender?.replaceTrack(track);
    if (sender && track) await fit(sender, track);
  }

  /** Makes the next offer one that sends `track`, with a new m-line when there is none. */
  async offerVideo(track) {
    const [main] = this.#videos;
    if (!main) return this.#addMain(track, 'sendrecv');
    await this.sendVideo(track);
    main.sender.setStreams?.(...streamsOf(track));
    if (!sends(main.direction)) main.direction = 'sendrecv';
  }

  // What is received

  /** The main picture as `{mid, stream, receiver}`; null when the server has none. */
  get picture() {
    const [main] = this.#videos;
    return receives(main?.currentDirection) ? this.#read(main) : null;
  }

  /** Whether the server has taken a video m-line. */
  get hasVideo() {
    return sends(this.#videos[0]?.currentDirection) || receives(this.#videos[0]?.currentDirection);
  }

  /** The extra pictures, as {@link picture}. */
  get pictures() {
    return this.#videos.slice(1).filter((each) => receives(each.currentDirection)).map((each) => this.#read(each));
  }

  /** Adds m-lines to the next offer until there are `count` extra ones; returns whether any was missing. */
  addPictures(count) {
    const missing = count - (this.#videos.length - 1);
    for (let added = 0; added < missing; added += 1) this.#addVideo('video', { direction: 'recvonly' });
    return missing > 0;
  }

  // Offers that are refused

  /** What {@link undo} goes back to. */
  mark() {
    return new Map(this.#peer.getTransceivers().map((each) => [each, each.direction]));
  }

  /** Takes back an offer that the server refused, and what was changed for it. */
  async undo(mark) {
    if (this.#peer.signalingState === 'have-local-offer') await this.#peer.setLocalDescription({ type: 'rollback' });
    for (const each of this.#peer.getTransceivers()) {
      if (!mark.has(each)) each.stop();
      else if (!isOver(each)) each.direction = mark.get(each);
    }
    this.#videos = this.#videos.filter((each) => mark.has(each));
  }

  #addMain(track, direction) {
    const sendEncodings = this.#isSimulcast ? layersFor(track) : undefined;
    const init = { direction, streams: streamsOf(track), ...(sendEncodings && { sendEncodings }) };
    this.#addVideo(track ?? 'video', init);
  }

  #addVideo(trackOrKind, init) {
    const transceiver = this.#peer.addTransceiver(trackOrKind, init);
    preferVP8(transceiver);
    this.#keep(transceiver);
  }

  #keep(transceiver) {
    if (!this.#videos.includes(transceiver)) this.#videos.push(transceiver);
  }

  #read(transceiver) {
    const { receiver, mid } = transceiver;
    if (!this.#streams.has(receiver)) this.#streams.set(receiver, new MediaStream([receiver.track]));
    return { mid, stream: this.#streams.get(receiver), receiver };
  }
}

/** The bridge forwards what it gets, so everybody has to speak the same. */
function preferVP8(transceiver) {
  const { codecs = [] } = RTCRtpReceiver.getCapabilities?.('video') ?? {};
  const kept = codecs.filter(({ mimeType }) => /^video\/(vp8|rtx)$/i.test(mimeType));
  if (kept.length > 0) transceiver.setCodecPreferences?.(kept);
}

const direction = (track, receives) => (track ? (receives ? 'sendrecv' : 'sendonly') : 'recvonly');
const sends = (direction) => direction === 'sendrecv' || direction === 'sendonly';
const receives = (direction) => direction === 'sendrecv' || direction === 'recvonly';
const isOver = (transceiver) => transceiver.direction === 'stopped' || transceiver.currentDirection === 'stopped';
const streamsOf = (track) => (track ? [new MediaStream([track])] : []);

/**
 * Resolves when `peer` has gathered its addresses, or 300 ms after the first host candidate (a slow STUN server or a
 * dead interface must not delay the call), or after 3 s in any case.
 */
export function gathered(peer, { afterHost = 300, atMost = 3_000 } = {}) {
  return new Promise((resolve) => {
    if (peer.iceGatheringState === 'complete') return resolve();
    const timers = [setTimeout(finish, atMost)];
    let sawHost = false;
    function finish() {
      timers.forEach(clearTimeout);
      peer.removeEventListener('icecandidate', onCandidate);
      peer.removeEventListener('icegatheringstatechange', onState);
      resolve();
    }
    function onCandidate({ candidate }) {
      if (!candidate) return finish();
      if (!sawHost && candidate.type === 'host') {
        sawHost = true;
        timers.push(setTimeout(finish, afterHost));
      }
    }
    function onState() {
      if (peer.iceGatheringState === 'complete') finish();
    }
    peer.addEventListener('icecandidate', onCandidate);
    peer.addEventListener('icegatheringstatechange', onState);
  });
}
