import { Emitter, VertoError, deferred, randomID } from './basics.js';
import { VertoCall } from './call.js';

/** Milliseconds. */
const OPEN_WITHIN = 10_000;
const REPLY_WITHIN = 15_000;
const PING_EVERY = 15_000;
const READY_WITHIN = 6_000;
const RETRY_FIRST = 500;
const RETRY_MOST = 15_000;

/** The server asks for a login (again). */
const AUTHENTICATION_REQUIRED = -32000;
/** The credentials, or the session they were for, were refused. */
const AUTHENTICATION_FAILED = -32001;

/**
 * One login over one WebSocket at a time, made again when it is lost.
 *
 * Events:
 * - `state` (state, details): `connecting`, `signing-in`, `ready`, `waiting` (details: `{attempt, delay}` in ms until
 *   the next try), `closed` (details: `{error}` when it was not {@link close});
 * - `ready` ({first, reattached}): signed in, and the call IDs that the server kept are known;
 * - `private` (pvtData): a message to this connection alone, such as "you are in a conference now";
 * - `invite` (call): an incoming call, to be answered or declined; without a listener it is declined;
 * - `attach` (call): the server kept a call that this object does not know, such as that of the page before this one:
 *   {@link VertoCall.answer} goes on with it; without a listener it is ended. Calls that it knows go on by themselves;
 * - `text` (message): a text message `{from, fromName, to, body, callID}`;
 * - `punt` (): another connection took over this session.
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
   * @param {string} [options.sessid] Names the session. The same one again takes the session over with its calls, from
   *   another page or from a page before this one; whoever knows it and the password can, so keep it to yourself.
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

  /** Sends a text to a user: `1001`, or `1001@other.domain`. Resolves when it is on its way, whoever is there. */
  sendText(to, body) {
    return this.request('verto.info', { msg: { to, body } });
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
        return this.#receiveText(params);
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
      if (kind === 'attach') known.reattach(sdp, details);
      return;
    }
    const call = this.call({ callID, offer: sdp, isAttach: kind === 'attach', details });
    if (!this.emit(kind, call)) call.hangup(kind === 'attach' ? 'NORMAL_CLEARING' : 'CALL_REJECTED');
  }

  #receiveText({ callID, msg }) {
    if (typeof msg?.body !== 'string') return;
    const { from, to, body, from_msg_name: fromName } = msg;
    this.emit('text', { from, fromName, to, body, callID });
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

/** The wait before attempt `attempt` (from 0) in ms: doubling to 15 s, spread so that not all clients come at once. */
export function retryDelay(attempt, random = Math.random) {
  const delay = Math.min(RETRY_MOST, RETRY_FIRST * 2 ** attempt);
  return Math.round(delay * (0.75 + random() / 2));
}
