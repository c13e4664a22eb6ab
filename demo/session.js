/** The page's one connection to the bridge: for the room, for calls, or for both. */
import { Emitter, VertoClient } from './verto.js';
import { socketURL } from './page.js';

/**
 * Opens with its first user and closes with its last. Passes on the events of its present {@link VertoClient}: `state`,
 * `ready`, `private`, `invite` and `text`.
 */
export class Session extends Emitter {
  client = null;

  #users = new Set();
  #password;
  /** Calls that the server kept for the page before this one, until {@link resume} hands them out. */
  #kept = null;

  get state() {
    return this.client?.state ?? 'idle';
  }

  /** Names the session for the page that comes after this one; a secret. */
  get sessid() {
    return this.client?.sessid;
  }

  isUsedBy(user) {
    return this.#users.has(user);
  }

  /**
   * Signs in for `user` (`room` or `calls`), or joins a connection that is there. Rejects as
   * {@link VertoClient.connect} does, and when another user holds the connection with another login.
   */
  async open(user, { login, password, sessid }) {
    if (!this.#isFor(login, password)) this.#start({ login, password, sessid });
    this.#users.add(user);
    const { client } = this;
    try {
      await client.connect();
    } catch (error) {
      if (client === this.client) this.release(user);
      throw error;
    }
  }

  /** Signs in with the `sessid` of the page before. Resolves with the calls that go on, by their IDs, once all are known. */
  async resume(user, credentials) {
    const kept = (this.#kept = new Map());
    this.#start(credentials);
    const ready = new Promise((resolve) => this.client.on('ready', resolve));
    try {
      await this.open(user, credentials);
      await ready;
    } finally {
      this.#kept = null;
    }
    return kept;
  }

  /** Keeps the connection that is there open for this user, too. */
  hold(user) {
    if (this.client) this.#users.add(user);
  }

  /** Closes the connection when nobody else uses it. */
  release(user) {
    this.#users.delete(user);
    if (this.#users.size === 0) this.#close();
  }

  retryNow() {
    this.client?.retryNow();
  }

  #isFor(login, password) {
    if (!this.client || this.client.state === 'closed') return false;
    if (this.client.login === login && this.#password === password) return true;
    if (this.#users.size === 0) return false;
    throw new Error(`You are signed in as ${this.client.login.split('@')[0]}. Sign out first to use another login.`);
  }

  #start({ login, password, sessid }) {
    this.#close();
    this.#password = password;
    const client = (this.client = new VertoClient({ url: socketURL, login, password, sessid }));
    for (const event of ['state', 'ready', 'private', 'invite', 'text']) {
      client.on(event, (...details) => client === this.client && this.emit(event, ...details));
    }
    // One that is unknown later on was ended here while the connection was away.
    client.on('attach', (call) => (this.#kept ? this.#kept.set(call.callID, call) : call.hangup()));
  }

  #close() {
    const { client } = this;
    this.client = null;
    client?.close();
  }
}
