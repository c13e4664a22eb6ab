import { Emitter } from './basics.js';

/**
 * Who can be called, and who is in a call, as far as this login may know: the event channels `user` (registrations) and
 * `presence` (the states of calls), of which either may be refused.
 *
 * Event: `change` () when {@link people} may say something else. A lost connection ends it: {@link start} again on the
 * client's `ready`.
 */
export class PresenceWatch extends Emitter {
  #client;
  #people = new Map();
  #stops = [];
  #knowsUsers = false;

  /** @param {{subscribe}} client */
  constructor(client) {
    super();
    this.#client = client;
  }

  /** Resolves with whether this login may know anything. Rejects when the connection is lost meanwhile. */
  async start() {
    this.stop();
    const may = (channel, take) => this.#listen(channel, ({ data }) => data && this.#take(() => take(data)));
    const [users, calls] = await Promise.all([
      may('user', (data) => this.#registered(data)),
      may('presence', (data) => this.#called(data)),
    ]);
    this.#knowsUsers = users;
    this.emit('change');
    return users || calls;
  }

  /** Forgets everybody, too. */
  stop() {
    for (const stop of this.#stops.splice(0)) stop();
    this.#people.clear();
    this.#knowsUsers = false;
  }

  /**
   * Everybody there is news of, by address: `{address, user, state, calls}`. The state is `away` (nowhere signed in),
   * `free`, `ringing`, `busy`, or `unknown`; `calls` are `{uuid, state, name, number}` with the other party's name.
   */
  get people() {
    const all = [...this.#people].map(([address, person]) => {
      const calls = [...person.calls.values()];
      return { address, user: address.split('@')[0], state: this.#stateOf(person, calls), calls };
    });
    return all.sort((one, two) => one.address.localeCompare(two.address, undefined, { numeric: true }));
  }

  /** `address` of a user, as {@link people} has it; undefined when nothing is known. */
  person(address) {
    return this.people.find((each) => each.address === address);
  }

  async #listen(channel, handler) {
    try {
      this.#stops.push(await this.#client.subscribe(channel, handler));
      return true;
    } catch (error) {
      if (error.kind !== 'refused') throw error;
      return false;
    }
  }

  #take(change) {
    change();
    this.emit('change');
  }

  #of(address) {
    if (!this.#people.has(address)) this.#people.set(address, { registrations: 0, calls: new Map() });
    return this.#people.get(address);
  }

  #registered({ user, count }) {
    if (typeof user === 'string' && user) this.#of(user).registrations = Number(count) || 0;
  }

  #called(data) {
    const { channelPresenceID: address, channelUUID: uuid, channelCallState: state } = data;
    if (typeof address !== 'string' || !address || !uuid) return;
    const { calls } = this.#of(address);
    if (state === 'HANGUP') return calls.delete(uuid);
    const other = data.presenceCallDirection === 'outbound' ? 'caller' : 'callee';
    calls.set(uuid, { uuid, state, name: data[`${other}IDName`] ?? '', number: data[`${other}IDNumber`] ?? '' });
  }

  #stateOf({ registrations }, calls) {
    if (calls.some(({ state }) => !isRinging(state))) return 'busy';
    if (calls.length > 0) return 'ringing';
    if (!this.#knowsUsers) return 'unknown';
    return registrations > 0 ? 'free' : 'away';
  }
}

const isRinging = (state) => ['DIALING', 'RINGING', 'EARLY', 'RING_WAIT', 'DOWN'].includes(state);
