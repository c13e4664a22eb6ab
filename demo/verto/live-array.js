import { Emitter } from './basics.js';

/** Milliseconds. */
const BOOTSTRAP_WITHIN = 5_000;

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
