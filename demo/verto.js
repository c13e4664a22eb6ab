/**
 * A small client for the Verto protocol (JSON-RPC 2.0 over a WebSocket, calls by WebRTC), for browsers.
 * No dependencies, no build step:
 *
 *     import { VertoClient, Conference } from './verto.js';
 *
 *     const client = new VertoClient({ url: 'wss://host/verto', login: '1008@host', password: '…' });
 *     await client.connect();
 *     client.on('private', (pvtData) => { … new Conference(client, pvtData) … });
 *     const call = client.call({ destination: '3500', callerName: 'Ann', stream: microphone });
 *     call.on('track', (stream) => { audio.srcObject = stream; });
 *     await call.invite();
 *
 * The parts: {@link VertoClient} (socket, login, reconnect, requests, channels), {@link VertoCall} (one call),
 * {@link LiveArray} (a list that the server keeps up to date), {@link Conference} (one room one takes part in).
 * Everything that fails rejects with a {@link VertoError}.
 */

/** Milliseconds. */
const OPEN_WITHIN = 10_000;
const REPLY_WITHIN = 15_000;
const ANSWER_WITHIN = 60_000;
const PING_EVERY = 15_000;
const READY_WITHIN = 2_000;
const BOOTSTRAP_WITHIN = 5_000;
const COMMAND_REPLY_WITHIN = 4_000;
const RETRY_FIRST = 500;
const RETRY_MOST = 15_000;

/** The server asks for a login (again). */
const AUTHENTICATION_REQUIRED = -32000;
/** The credentials, or the session they were for, were refused. */
const AUTHENTICATION_FAILED = -32001;

/**
 * What went wrong. `kind` is one of: `unreachable` (no socket), `login` (credentials refused), `offline` (no
 * connection at the moment), `timeout` (no reply), `refused` (the server said no; `code` and `data` as it sent them),
 * `ended` (a call ended before it was up; `cause` and `causeCode`), `lost` (a call went with its connection).
 */
export class VertoError extends Error {
  constructor(kind, message, details = {}) {
    super(message);
    this.name = 'VertoError';
    this.kind = kind;
    Object.assign(this, details);
  }
}

/** `on(event, listener)` returns the function that removes the listener. */
export class Emitter {
  #listeners = new Map();

  on(event, listener) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(listener);
    return () => this.#listeners.get(event).delete(listener);
  }

  /** Calls the listeners in order; returns whether there was one. One that throws does not stop the others. */
  emit(event, ...details) {
    const listeners = [...(this.#listeners.get(event) ?? [])];
    for (const listener of listeners) {
      try {
        listener(...details);
      } catch (error) {
        console.error(`listener for "${event}":`, error);
      }
    }
    return listeners.length > 0;
  }
}

// MARK: - Connection

/**
 * One login over one WebSocket at a time, made again when it is lost.
 *
 * Events:
 * - `state` (state, details): `connecting`, `signing-in`, `ready`, `waiting` (details: `{attempt, delay}` in ms until
 *   the next try), `closed` (details: `{error}` when it was not {@link close});
 * - `ready` ({first, reattached}): signed in, and the call IDs that the server kept are known;
 * - `private` (pvtData): a message to this connection alone, such as "you are in a conference now";
 * - `invite` (call): an incoming call; without a listener it is rejected;
 * - `attach` (call): the server kept a call that this object does not know; without a listener it is ended;
 * - `text` (message): a text message `{from, to, body}`; `punt` (): another connection took over this session.
 */
export class VertoClient extends Emitter {
  /** `idle` before {@link connect}, then as in the event `state`. */
  state = 'idle';

  #socket = null;
  #pending = new Map();
  #nextID = 1;
  #channels = new Map();
  #calls = new Map();
  #connected = null;
  #everReady = false;
  #attempt = 0;
  #retryTimer;
  #pingTimer;
  #readyTimer;
  #lastHeard = 0;
  #openSocket;

  /**
   * @param {object} options
   * @param {string} options.url `ws:` or `wss:` address; any path.
   * @param {string} options.login `user@domain`.
   * @param {string} options.password
   * @param {string} [options.sessid] Names the session. The same one again takes the session over with its calls.
   * @param {object} [options.userVariables] Strings the server may show to others.
   * @param {(url: string) => WebSocket} [options.openSocket] For tests.
   */
  constructor({ url, login, password, sessid = randomID(), loginParams = {}, userVariables = {}, openSocket }) {
    super();
    Object.assign(this, { url, login, sessid });
    this.#openSocket = openSocket ?? ((address) => new WebSocket(address));
    this.credentials = () => ({ login, passwd: password, loginParams, userVariables });
  }

  /**
   * Resolves when signed in. Rejects when the very first attempt fails; once it has succeeded, a lost connection is
   * made again by itself until {@link close}, wrong credentials or a takeover.
   */
  connect() {
    if (!this.#connected) {
      this.#connected = deferred();
      this.#open();
    }
    return this.#connected.promise;
  }

  /** Ends the connection and stops trying. Calls are not ended: see {@link VertoCall.hangup}. */
  close() {
    this.#finish();
  }

  /** Does not wait for the next attempt (for example because the network came back). */
  retryNow() {
    if (this.state === 'waiting') {
      clearTimeout(this.#retryTimer);
      this.#open();
    } else if (this.state === 'ready') {
      this.#ping();
    }
  }

  /** Sends a request; resolves with its `result`, rejects with a {@link VertoError}. */
  async request(method, params = {}, { within = REPLY_WITHIN } = {}) {
    try {
      return await this.#send(method, params, within);
    } catch (error) {
      if (error.code !== AUTHENTICATION_REQUIRED || method === 'login') throw error;
      await this.#send('login', this.credentials(), within);
      return this.#send(method, params, within);
    }
  }

  /**
   * Delivers the events of `channel` to `handler(params)`. Resolves with the function that unsubscribes; rejects when
   * the channel is not permitted. A lost connection ends all subscriptions: subscribe again on `ready`.
   */
  async subscribe(channel, handler) {
    let entry = this.#channels.get(channel);
    if (!entry) {
      entry = { handlers: new Set(), granted: this.#requestChannel(channel) };
      this.#channels.set(channel, entry);
    }
    entry.handlers.add(handler);
    try {
      await entry.granted;
    } catch (error) {
      this.#forget(channel, entry, handler);
      throw error;
    }
    return () => {
      if (this.#forget(channel, entry, handler) && this.state === 'ready') {
        this.request('verto.unsubscribe', { eventChannel: channel }).catch(() => {});
      }
    };
  }

  /** Sends `data` to the server's side of `channel`. */
  async broadcast(channel, data) {
    const result = await this.request('verto.broadcast', { eventChannel: channel, data });
    if (result.code < 0) throw new VertoError('refused', result.message ?? 'Refused', { code: result.code });
    return result;
  }

  /** A new outgoing call, not yet placed: listen to it, then {@link VertoCall.invite}. */
  call(options) {
    const call = new VertoCall(this, options);
    this.#calls.set(call.callID, call);
    return call;
  }

  /** @internal */
  forgetCall(call) {
    if (this.#calls.get(call.callID) === call) this.#calls.delete(call.callID);
  }

  // The socket's life

  #open() {
    this.#setState('connecting');
    let socket;
    try {
      socket = this.#openSocket(this.url);
    } catch (error) {
      this.#finish(new VertoError('unreachable', error.message));
      return;
    }
    this.#socket = socket;
    const giveUp = setTimeout(() => this.#lost(socket), OPEN_WITHIN);
    socket.onopen = () => {
      clearTimeout(giveUp);
      this.#signIn(socket);
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(data);
    socket.onclose = () => {
      clearTimeout(giveUp);
      this.#lost(socket);
    };
  }

  async #signIn(socket) {
    this.#setState('signing-in');
    this.#lastHeard = Date.now();
    try {
      const result = await this.#send('login', this.credentials(), REPLY_WITHIN);
      if (typeof result.sessid === 'string') this.sessid = result.sessid;
    } catch (error) {
      if (socket !== this.#socket) return;
      const refused = error.code === AUTHENTICATION_FAILED || error.code === AUTHENTICATION_REQUIRED;
      if (refused) this.#finish(new VertoError('login', error.message, { code: error.code }));
      else this.#lost(socket);
      return;
    }
    if (socket !== this.#socket) return;
    this.#attempt = 0;
    this.#setState('ready');
    this.#connected.resolve(this);
    // An event behind this one says which calls survived; a server without it gets a moment and then counts as none.
    this.#readyTimer ??= setTimeout(() => this.#clientReady([]), READY_WITHIN);
    this.#pingTimer = setInterval(() => this.#ping(), PING_EVERY);
  }

  /** A browser does not notice a dead network path by itself. */
  async #ping() {
    const socket = this.#socket;
    const sent = Date.now();
    try {
      await this.#send('verto.ping', {}, PING_EVERY / 2);
    } catch {
      if (this.#lastHeard < sent) this.#lost(socket);
    }
  }

  #clientReady(reattached) {
    clearTimeout(this.#readyTimer);
    this.#readyTimer = undefined;
    const first = !this.#everReady;
    this.#everReady = true;
    for (const call of [...this.#calls.values()]) call.afterReconnect(reattached);
    this.emit('ready', { first, reattached });
  }

  #lost(socket) {
    if (!socket || socket !== this.#socket) return;
    this.#dropSocket();
    if (!this.#everReady && this.state !== 'ready') {
      this.#finish(new VertoError('unreachable', `No connection to ${this.url}`));
      return;
    }
    const delay = retryDelay(this.#attempt++);
    this.#setState('waiting', { attempt: this.#attempt, delay });
    this.#retryTimer = setTimeout(() => this.#open(), delay);
  }

  #dropSocket() {
    const socket = this.#socket;
    this.#socket = null;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#readyTimer);
    this.#readyTimer = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#channels.clear();
    for (const call of this.#calls.values()) call.connectionLost();
    for (const { reject } of this.#pending.values()) reject(new VertoError('offline', 'The connection was lost'));
    this.#pending.clear();
  }

  #finish(error) {
    if (this.state === 'closed') return;
    clearTimeout(this.#retryTimer);
    this.#dropSocket();
    this.#setState('closed', { error });
    this.#connected?.reject(error ?? new VertoError('offline', 'Closed'));
    for (const call of [...this.#calls.values()]) call.afterReconnect([]);
  }

  #setState(state, details = {}) {
    this.state = state;
    this.emit('state', state, details);
  }

  // Messages

  #send(method, params, within) {
    if (this.#socket?.readyState !== 1) return Promise.reject(new VertoError('offline', 'Not connected'));
    const id = this.#nextID++;
    const { promise, resolve, reject } = deferred();
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      reject(new VertoError('timeout', `No reply to ${method}`));
    }, within);
    const settle = (how) => (value) => {
      clearTimeout(timer);
      how(value);
    };
    this.#pending.set(id, { resolve: settle(resolve), reject: settle(reject) });
    this.#write({ jsonrpc: '2.0', method, params: { ...params, sessid: this.sessid }, id });
    return promise;
  }

  #write(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #receive(text) {
    this.#lastHeard = Date.now();
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return; // speed-test frames start with "#"; this client starts none
    }
    if (message?.jsonrpc !== '2.0') return;
    if (typeof message.method === 'string') this.#receiveRequest(message);
    else this.#receiveReply(message);
  }

  #receiveReply({ id, result, error }) {
    const waiting = this.#pending.get(id);
    if (!waiting) return;
    this.#pending.delete(id);
    if (error) {
      const { code, message, ...data } = error;
      waiting.reject(new VertoError('refused', message ?? 'Refused', { code, data }));
    } else {
      waiting.resolve(result ?? {});
    }
  }

  #receiveRequest({ id, method, params }) {
    params ??= {};
    if (id && (params.callID || method === 'verto.ping')) this.#write({ jsonrpc: '2.0', id, result: { method } });
    switch (method) {
      case 'verto.event':
        return this.#receiveEvent(params);
      case 'verto.clientReady':
        return this.#clientReady(params.reattached_sessions ?? []);
      case 'verto.punt':
        this.emit('punt');
        return this.#finish(new VertoError('login', 'Another window took over this session'));
      case 'verto.info':
        return params.msg && this.emit('text', params.msg);
      case 'verto.invite':
        return this.#receiveOffer('invite', params);
      case 'verto.attach':
        return this.#receiveOffer('attach', params);
      default:
        return this.#calls.get(params.callID)?.receive(method, params);
    }
  }

  #receiveOffer(kind, { callID, sdp, ...details }) {
    if (!callID || !sdp) return;
    const known = this.#calls.get(callID);
    if (known) {
      if (kind === 'attach') known.reattach(sdp);
      return;
    }
    const call = this.call({ callID, offer: sdp, isAttach: kind === 'attach', details });
    if (!this.emit(kind, call)) call.hangup('CALL_REJECTED');
  }

  #receiveEvent(params) {
    const channel = params.eventChannel ?? '';
    if (params.pvtData && (channel === this.sessid || this.#calls.has(channel))) {
      this.emit('private', params.pvtData);
      return;
    }
    const entry = this.#channels.get(channel) ?? this.#channels.get(channel.split('.', 1)[0]);
    for (const handler of [...(entry?.handlers ?? [])]) handler(params);
  }

  async #requestChannel(channel) {
    const result = await this.request('verto.subscribe', { eventChannel: channel });
    const granted = [...(result.subscribedChannels ?? []), ...(result.alreadySubscribedChannels ?? [])];
    if (!granted.includes(channel)) throw new VertoError('refused', `Not permitted: ${channel}`, { data: result });
  }

  /** Returns whether nobody listens to the channel any more. */
  #forget(channel, entry, handler) {
    const removed = entry.handlers.delete(handler);
    if (!removed || entry.handlers.size > 0 || this.#channels.get(channel) !== entry) return false;
    return this.#channels.delete(channel);
  }
}

// MARK: - Calls

/**
 * One call. SDP is complete (not trickled) in both directions.
 *
 * States: `new`, `gathering` (collecting network addresses), `requesting`, `trying`, `early` (sound before the answer),
 * `ringing` (incoming), `active`, `recovering` (the server kept the call over a reconnect), `ended`.
 *
 * Events: `state` (state), `track` (stream) with the remote sound, `media` (state of the peer connection: `connected`,
 * `disconnected`, `failed`, …), `ended` ({cause, causeCode, remote}), `display` ({name, number}).
 */
export class VertoCall extends Emitter {
  state = 'new';
  /** The remote side's `MediaStream`, once there is one. */
  remoteStream = null;

  #client;
  #peer = null;
  #stream;
  #iceServers;
  #offer;
  #isAttach;
  #established = deferred();
  #remoteSet = null;
  #wasSent = false;
  #suspended = false;

  /**
   * @param {VertoClient} client
   * @param {object} options
   * @param {string} options.destination What to dial.
   * @param {MediaStream} [options.stream] What to send; without it the call only listens.
   * @param {string} [options.callerName] Shown to the others.
   * @param {object} [options.userVariables] Strings shown in the room's member list.
   * @param {object} [options.dialogParams] More dialog parameters, sent as they are.
   */
  constructor(client, options) {
    super();
    this.#client = client;
    this.callID = options.callID ?? randomID();
    this.destination = options.destination ?? '';
    this.details = options.details ?? {};
    this.#stream = options.stream ?? null;
    this.#iceServers = options.iceServers ?? [];
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
      useVideo: false,
      userVariables: options.userVariables ?? {},
      ...options.dialogParams,
    };
    this.#established.promise.catch(() => {});
  }

  /** Places the call. Resolves when it is answered; rejects with kind `ended`, `lost`, `timeout` or `refused`. */
  async invite() {
    this.#setState('gathering');
    const peer = this.#newPeer();
    this.#addLocalTracks(peer);
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    if (this.state === 'ended') return this.#established.promise;
    this.#setState('requesting');
    this.#wasSent = true;
    const timer = setTimeout(() => this.hangup('NO_ANSWER'), ANSWER_WITHIN);
    try {
      await this.#client.request('verto.invite', { sdp: peer.localDescription.sdp, dialogParams: this.dialogParams });
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
  async answer(stream = this.#stream) {
    this.#stream = stream;
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
    this.#stream = stream;
    const sender = this.#peer?.getTransceivers().find((each) => each.receiver.track.kind === 'audio')?.sender;
    await sender?.replaceTrack(stream.getAudioTracks()[0] ?? null);
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

  #newPeer() {
    this.#closePeer();
    const peer = new RTCPeerConnection({ iceServers: this.#iceServers });
    peer.ontrack = ({ track, streams }) => {
      this.remoteStream = streams[0] ?? new MediaStream([track]);
      this.emit('track', this.remoteStream);
    };
    peer.onconnectionstatechange = () => this.emit('media', peer.connectionState);
    this.#peer = peer;
    return peer;
  }

  #addLocalTracks(peer) {
    const tracks = this.#stream?.getAudioTracks() ?? [];
    for (const track of tracks) peer.addTrack(track, this.#stream);
    if (tracks.length === 0) peer.addTransceiver('audio', { direction: 'recvonly' });
  }

  async #receiveAnswer(method, sdp) {
    if (sdp && !this.#remoteSet) this.#remoteSet = this.#peer.setRemoteDescription({ type: 'answer', sdp });
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
  }

  async #answerOffer(offer, method) {
    const peer = this.#newPeer();
    await peer.setRemoteDescription({ type: 'offer', sdp: offer });
    for (const track of this.#stream?.getAudioTracks() ?? []) peer.addTrack(track, this.#stream);
    await peer.setLocalDescription(await peer.createAnswer());
    await gathered(peer);
    const dialogParams = { ...this.details, ...this.dialogParams };
    await this.#client.request(method, { sdp: peer.localDescription.sdp, dialogParams });
  }

  #establish() {
    if (this.state === 'ended' || this.state === 'active') return;
    this.#setState('active');
    this.#established.resolve(this);
  }

  #end({ cause, causeCode, remote, lost = false }) {
    if (this.state === 'ended') return;
    this.#client.forgetCall(this);
    this.#closePeer();
    this.#setState('ended');
    this.#established.reject(new VertoError(lost ? 'lost' : 'ended', cause, { cause, causeCode, remote }));
    this.emit('ended', { cause, causeCode, remote, lost });
  }

  #closePeer() {
    if (!this.#peer) return;
    this.#peer.ontrack = this.#peer.onconnectionstatechange = null;
    this.#peer.close();
    this.#peer = null;
  }

  #setState(state) {
    this.state = state;
    this.emit('state', state);
  }
}

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

// MARK: - Live arrays

/**
 * An ordered list of rows that the server keeps up to date over an event channel.
 *
 * Each change carries a serial number one above the last. On a gap the changes stop counting until a fresh copy of the
 * whole list has come, which is asked for at once; a negative number (a copy, or a `clear`) stands outside the count
 * and starts it anew.
 *
 * Event `change` ({action, key, row, index}): `reset` (the list was replaced: read {@link rows}), `add`, `modify`,
 * `remove`, `clear`. Event `gap` ({expected, got}) for the curious.
 */
export class LiveArray extends Emitter {
  /** Whether a full copy has arrived since {@link start}. */
  isComplete = false;

  #client;
  #rows = new Map();
  #serial = null;
  #isStale = false;
  #asked = null;
  #unsubscribe = null;

  /** @param {{subscribe, broadcast}} client @param {string} channel @param {string} name The array's name on it. */
  constructor(client, channel, name) {
    super();
    this.#client = client;
    this.channel = channel;
    this.name = name;
  }

  /** Pairs of key and row, in order. */
  get rows() {
    return [...this.#rows];
  }

  row(key) {
    return this.#rows.get(key);
  }

  /** Subscribes and asks for the list; rejects when that is not permitted. */
  async start() {
    this.#unsubscribe = await this.#client.subscribe(this.channel, (params) => this.receive(params.data));
    await this.#bootstrap();
  }

  stop() {
    clearTimeout(this.#asked);
    this.#asked = null;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  /** Takes one event's `data`. Public so that it can be fed from elsewhere. */
  receive(data) {
    if (!data || (data.name !== undefined && data.name !== this.name)) return;
    if (!this.#accepts(data.wireSerno)) return;
    switch (data.action) {
      case 'bootObj':
        return this.#replace(data.data);
      case 'clear':
        return this.#clear();
      case 'add':
      case 'modify':
        return this.#put(data);
      case 'del':
        return this.#remove(data.hashKey);
    }
  }

  #accepts(serial) {
    if (typeof serial !== 'number') return false;
    if (serial < 0) return true;
    if (this.#isStale) return false;
    if (this.#serial !== null && serial !== this.#serial + 1) {
      this.emit('gap', { expected: this.#serial + 1, got: serial });
      this.#isStale = true;
      this.#bootstrap().catch(() => {});
      return false;
    }
    this.#serial = serial;
    return true;
  }

  /** Asks once, and again when no copy comes. */
  async #bootstrap() {
    if (this.#asked !== null) return;
    this.#asked = setTimeout(() => {
      this.#asked = null;
      if (this.#unsubscribe) this.#bootstrap().catch(() => {});
    }, BOOTSTRAP_WITHIN);
    const liveArray = { command: 'bootstrap', context: this.channel, name: this.name };
    try {
      await this.#client.broadcast(this.channel, { liveArray });
    } catch (error) {
      clearTimeout(this.#asked);
      this.#asked = null;
      throw error;
    }
  }

  #replace(pairs) {
    clearTimeout(this.#asked);
    this.#asked = null;
    this.#restartCount();
    this.#rows = new Map(Array.isArray(pairs) ? pairs : []);
    this.isComplete = true;
    this.emit('change', { action: 'reset' });
  }

  #clear() {
    this.#restartCount();
    this.#rows.clear();
    this.emit('change', { action: 'clear' });
  }

  #restartCount() {
    this.#serial = null;
    this.#isStale = false;
  }

  #put({ hashKey: key, data: row, action, arrIndex }) {
    if (!key || !Array.isArray(row)) return;
    const isNew = !this.#rows.has(key);
    if (isNew && action === 'add' && arrIndex < this.#rows.size) {
      const pairs = this.rows;
      pairs.splice(arrIndex, 0, [key, row]);
      this.#rows = new Map(pairs);
    } else {
      this.#rows.set(key, row);
    }
    const index = [...this.#rows.keys()].indexOf(key);
    this.emit('change', { action: isNew ? 'add' : 'modify', key, row, index });
  }

  #remove(key) {
    const row = this.#rows.get(key);
    const index = [...this.#rows.keys()].indexOf(key);
    if (this.#rows.delete(key)) this.emit('change', { action: 'remove', key, row, index });
  }
}

// MARK: - Conferences

const readRows = new WeakMap();

/** The readable form of a row of a conference's live array; the same object as long as the row is the same. */
export function memberFrom(key, row) {
  if (!readRows.has(row)) readRows.set(row, readRow(key, row));
  return readRows.get(row);
}

function readRow(key, row) {
  let status = {};
  try {
    status = JSON.parse(row[4]) ?? {};
  } catch {
    status = { oldStatus: String(row[4] ?? '') };
  }
  const audio = status.audio ?? {};
  return {
    key,
    id: Number.parseInt(row[0], 10),
    number: String(row[1] ?? ''),
    name: String(row[2] || row[1] || 'Unknown'),
    codec: String(row[3] ?? ''),
    talking: audio.talking === true,
    muted: audio.muted === true,
    deaf: audio.deaf === true,
    onHold: audio.onHold === true,
    floor: audio.floor === true,
    /** Loudness as a mean absolute sample value, 0 to 32767. */
    energy: Number(audio.energyScore) || 0,
    variables: row[5] ?? {},
  };
}

/** Maps a mean absolute sample value to 0…1 on a decibel scale, for a meter. */
export function meterLevel(energy) {
  if (!(energy > 0)) return 0;
  const decibels = 20 * Math.log10(energy / 32_768);
  return Math.min(1, Math.max(0, (decibels + 60) / 48));
}

/**
 * A room one takes part in, as announced by the private message `conference-liveArray-join`.
 *
 * Events: `change` and everything else of {@link LiveArray}; `chat` ({from, name, text, type}); `response`
 * ({command, text, ok, data}) for every moderator command, also those of others; `info` (eventData).
 */
export class Conference extends Emitter {
  #client;
  #stops = [];
  #waiting = [];

  constructor(client, pvtData) {
    super();
    this.#client = client;
    this.callID = pvtData.callID;
    this.name = pvtData.laName;
    this.memberID = Number.parseInt(pvtData.conferenceMemberID, 10);
    this.role = pvtData.role ?? 'participant';
    this.channels = {
      mod: pvtData.modChannel,
      chat: pvtData.chatChannel,
      info: pvtData.infoChannel,
    };
    this.members = new LiveArray(client, pvtData.laChannel, pvtData.laName);
    this.members.on('change', (change) => this.emit('change', change));
    this.members.on('gap', (gap) => this.emit('gap', gap));
  }

  get isModerator() {
    return this.role === 'moderator' && Boolean(this.channels.mod);
  }

  /**
   * Subscribes to the room's channels and asks for its members; rejects when the member list is not permitted. For
   * another channel that is not there is the event `unavailable` (`mod`, `chat` or `info`).
   */
  async start() {
    await Promise.all([
      this.#listen('mod', (params) => this.#receiveResponse(params.data ?? {})),
      this.#listen('chat', (params) => this.#receiveChat(params)),
      this.#listen('info', (params) => this.emit('info', params.eventData)),
      this.members.start(),
    ]);
  }

  stop() {
    this.members.stop();
    for (const stop of this.#stops.splice(0)) stop();
    for (const { reject } of this.#waiting.splice(0)) reject(new VertoError('offline', 'Not in the room any more'));
  }

  /** Everybody in the room, in order of the list. */
  list() {
    return this.members.rows.map(([key, row]) => memberFrom(key, row));
  }

  /** Says `text` to everybody, the sender included. */
  say(text) {
    return this.#client.broadcast(this.channels.chat, { action: 'send', message: text, type: 'message' });
  }

  /**
   * Carries out a moderator command and resolves with the server's text (such as `+OK mute 12`); rejects with kind
   * `refused` when the server says no.
   * @param {string} name `mute`, `unmute`, `tmute`, `deaf`, `undeaf`, `kick`, `volume_in`, `volume_out`, `floor`,
   *   `lock`, `unlock`, …
   * @param {number|string} [target] A member's number, `all` or `non_moderator`.
   * @param {string|string[]} [value] The command's argument.
   */
  async command(name, target = null, value = null) {
    if (!this.isModerator) throw new VertoError('refused', 'Only moderators can do this');
    const waiting = { words: [name, ...(target === null ? [] : [String(target)])], ...deferred() };
    waiting.promise.catch(() => {});
    this.#waiting.push(waiting);
    const timer = setTimeout(() => {
      waiting.reject(new VertoError('timeout', `No response to ${name}`));
    }, COMMAND_REPLY_WITHIN);
    try {
      const data = { application: 'conf-control', command: name, id: target, value };
      await this.#client.broadcast(this.channels.mod, data);
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
    }
  }

  async #listen(part, handler) {
    if (!this.channels[part]) return;
    try {
      this.#stops.push(await this.#client.subscribe(this.channels[part], handler));
    } catch (error) {
      if (error.kind !== 'offline') this.emit('unavailable', part);
    }
  }

  #receiveChat({ data = {} }) {
    if (typeof data.message !== 'string') return;
    const name = data.fromDisplay || data.from || 'Unknown';
    this.emit('chat', { from: data.from, name, text: data.message, type: data.type ?? 'message' });
  }

  /** Responses carry no request number: the oldest waiting command that reads like this one gets it. */
  #receiveResponse(data) {
    if (data.action !== 'response') return;
    const command = String(data['conf-command'] ?? '');
    const text = String(data.error ?? data.response ?? '').trim();
    const ok = !data.error && !text.startsWith('-');
    const response = { command, text, ok, data: data.responseData };
    this.emit('response', response);
    const words = command.split(/\s+/);
    const waiting = this.#waiting.find((each) => !command || startsWith(words.slice(1), each.words))
      ?? this.#waiting.find((each) => startsWith(words, each.words));
    if (!waiting) return;
    if (ok) waiting.resolve(response);
    else waiting.reject(new VertoError('refused', text.replace(/^-ERR\s*/, ''), { data }));
  }
}

// MARK: - Small things

/** The wait before attempt `attempt` (from 0) in ms: doubling to 15 s, spread so that not all clients come at once. */
export function retryDelay(attempt, random = Math.random) {
  const delay = Math.min(RETRY_MOST, RETRY_FIRST * 2 ** attempt);
  return Math.round(delay * (0.75 + random() / 2));
}

function startsWith(words, prefix) {
  return prefix.every((word, index) => words[index] === word);
}

/** Works on plain http pages too, where `crypto.randomUUID` does not exist. */
function randomID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function deferred() {
  let resolve, reject;
  const promise = new Promise((...functions) => ([resolve, reject] = functions));
  return { promise, resolve, reject };
}
