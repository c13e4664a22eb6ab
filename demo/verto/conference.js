import { Emitter, VertoError, deferred } from './basics.js';
import { LiveArray } from './live-array.js';

/** Milliseconds. */
const COMMAND_REPLY_WITHIN = 4_000;

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
    /** By a moderator, or by putting the call on hold itself. */
    onHold: audio.onHold === true || /^HOLD/.test(status.oldStatus ?? ''),
    floor: audio.floor === true,
    /** Wishes to be given the word; only Parley's own servers say so. */
    handRaised: status.handRaised === true,
    /** Loudness as a mean absolute sample value, 0 to 32767. */
    energy: Number(audio.energyScore) || 0,
    /** Null when its call has no video in either direction. */
    video: status.video ? readVideo(status.video) : null,
    variables: row[5] ?? {},
  };
}

function readVideo({ visible, muted, floor, floorLocked, screenShare, mediaFlow }) {
  return {
    /** Others can see it now. */
    visible: visible === true && muted !== true,
    /** Its call could send a picture; otherwise it only watches. */
    sends: mediaFlow !== 'sendOnly',
    muted: muted === true,
    /** It is on the picture that everybody sees; and kept there, when `locked`. */
    floor: floor === true,
    locked: floor === true && floorLocked === true,
    /** It shares a screen, which then is on everybody's picture in place of a member's. */
    screen: screenShare === true,
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
   * A second call, not yet placed, that shows everybody the picture of `stream` as a screen; it is no second member.
   * It ends with the picture (the browser's own "stop sharing"), and the picture with it.
   */
  screenShare(stream, { dialogParams, ...options } = {}) {
    const call = this.#client.call({
      ...options,
      destination: `${this.name}-screen`,
      stream,
      audio: false,
      watch: false,
      dialogParams: { screenShare: true, ...dialogParams },
    });
    for (const track of stream.getVideoTracks()) {
      track.contentHint ||= 'detail';
      track.addEventListener('ended', () => call.hangup());
    }
    call.on('ended', () => stream.getTracks().forEach((track) => track.stop()));
    return call;
  }

  /**
   * Carries out a moderator command and resolves with the server's text (such as `+OK mute 12`); rejects with kind
   * `refused` when the server says no.
   * @param {string} name `mute`, `unmute`, `tmute`, `deaf`, `undeaf`, `hold`, `unhold`, `kick`, `volume_in`,
   *   `volume_out`, `floor`, `vmute`, `unvmute`, `vid-floor`, `transfer` (of a call to what can be dialled), `lock`,
   *   `unlock`, `pin`, `nopin`, `play`, `stop`, `recording` (values `start`, `stop`, `check`), …
   * @param {number|string} [target] A member's number, `all` or `non_moderator`.
   * @param {string|string[]} [value] The command's argument.
   */
  async command(name, target = null, value = null) {
    if (!this.isModerator) throw new VertoError('refused', 'Only moderators can do this');
    const values = [value ?? []].flat().map(String).filter((word) => word !== '');
    const words = [name, ...(target === null ? [] : [String(target)])];
    const waiting = { name, words, whole: [...words, ...values], values, ...deferred() };
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

  #receiveResponse(data) {
    if (data.action !== 'response') return;
    const command = String(data['conf-command'] ?? '');
    const text = String(data.error ?? data.response ?? '').trim();
    const ok = !data.error && !text.startsWith('-');
    const response = { command, text, ok, data: data.responseData };
    this.emit('response', response);
    const waiting = this.#waitingFor(command);
    if (!waiting) return;
    if (ok) waiting.resolve(response);
    else waiting.reject(new VertoError('refused', text.replace(/^-ERR\s*/, ''), { data }));
  }

  /** Responses carry no request number: the oldest waiting command that reads most like this one gets it. */
  #waitingFor(command) {
    if (!command) return this.#waiting[0];
    const words = command.split(/\s+/);
    for (const isLike of likenesses) {
      const found = this.#waiting.find((each) => isLike(words, each));
      if (found) return found;
    }
    return undefined;
  }
}

/** Of `words`, from most like to least: with the room's name in front, or as the server leaves it out. */
const likenesses = [
  (words, { whole }) => startsWith(words.slice(1), whole),
  (words, { name, values }) => name === 'transfer' && values.length > 0 && startsWith(words, values),
  (words, { words: asked }) => startsWith(words.slice(1), asked),
  (words, { words: asked }) => startsWith(words, asked),
];

function startsWith(words, prefix) {
  return prefix.every((word, index) => words[index] === word);
}
