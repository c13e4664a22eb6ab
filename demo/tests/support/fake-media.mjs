/** What stands for the browser's media in tests. */

export class FakeStream {
  constructor(tracks = []) {
    this.tracks = tracks;
  }

  getTracks() {
    return this.tracks;
  }

  getAudioTracks() {
    return this.tracks.filter(({ kind }) => kind === 'audio');
  }

  getVideoTracks() {
    return this.tracks.filter(({ kind }) => kind === 'video');
  }
}

/** A track of a camera or microphone. */
export const track = (kind, width = 1280, height = 720) => ({ kind, getSettings: () => ({ width, height }) });

export class FakeTransceiver {
  currentDirection = null;
  mid = null;

  constructor(trackOrKind, { direction, sendEncodings = [{}] }) {
    this.direction = direction;
    const kind = trackOrKind.kind ?? trackOrKind;
    this.receiver = { track: { kind } };
    this.sender = {
      track: trackOrKind.kind ? trackOrKind : null,
      encodings: sendEncodings,
      replaceTrack: async (next) => (this.sender.track = next),
      getParameters: () => ({ encodings: structuredClone(this.sender.encodings) }),
      setParameters: async ({ encodings }) => (this.sender.encodings = encodings),
    };
  }

  stop() {
    this.direction = 'stopped';
  }
}

/**
 * Our offers are lines of `kind direction`, to be answered with lines of `direction`; the answer `no` refuses an m-line.
 * Offers of the server are lines of `kind direction`, too, which are answered with the like.
 */
export class FakePeer extends EventTarget {
  iceGatheringState = 'complete';
  connectionState = 'new';
  isClosed = false;
  signalingState = 'stable';
  transceivers = [];

  addTransceiver(trackOrKind, init) {
    return this.transceivers[this.transceivers.push(new FakeTransceiver(trackOrKind, init)) - 1];
  }

  getTransceivers() {
    return this.transceivers;
  }

  async createOffer() {
    return { type: 'offer', sdp: this.#describe() };
  }

  async createAnswer() {
    return { type: 'answer', sdp: this.#describe() };
  }

  #describe() {
    const lines = this.transceivers.filter(({ direction, mid }) => mid !== null || direction !== 'stopped');
    return lines.map((each) => `${each.receiver.track.kind} ${each.direction}`).join('\n');
  }

  async setLocalDescription(description) {
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    if (description.type !== 'rollback') this.localDescription = description;
    if (description.type === 'answer') for (const each of this.transceivers) each.currentDirection = each.direction;
  }

  async setRemoteDescription({ type, sdp }) {
    if (type === 'offer') return this.#takeOffer(sdp);
    this.signalingState = 'stable';
    const mirrored = { sendonly: 'recvonly', recvonly: 'sendonly', no: 'stopped' };
    sdp.split('\n').forEach((direction, index) => {
      const each = this.transceivers[index];
      each.mid = String(index);
      each.currentDirection = mirrored[direction] ?? direction;
      if (direction === 'no') each.direction = 'stopped';
    });
  }

  #takeOffer(sdp) {
    sdp.split('\n').forEach((line, index) => {
      const transceiver = this.addTransceiver(line.split(' ')[0], { direction: 'recvonly' });
      transceiver.mid = String(index);
      this.ontrack?.({ track: transceiver.receiver.track, streams: [new FakeStream()], transceiver });
    });
  }

  /** Lets the connection be in `state`. */
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close() {
    this.isClosed = true;
  }
}

/** From now on `RTCPeerConnection` is a fake; returns those that are made. */
export function fakePeers() {
  const peers = [];
  globalThis.MediaStream = FakeStream;
  globalThis.RTCRtpReceiver = {};
  globalThis.RTCPeerConnection = class extends FakePeer {
    constructor() {
      super();
      peers.push(this);
    }
  };
  return peers;
}
