/** The extra pictures of a call, for the grid: how many there are, who is on them, and which of them are ready. */
import { EXTRA_PICTURES, PictureSlots } from './scene.js';

/** Milliseconds. */
const RETRY_AFTER = 1_500;
const LOOK_EVERY = 100;
/** For browsers that do not count key frames. */
const READY_ANYWAY = 700;
/** Offers that may fail before there are no more. */
const TRIES = 3;

export class ExtraPictures {
  #slots = new PictureSlots();
  #call = null;
  #changed;
  /** What the server has not been told yet. */
  #unsent = {};
  #isSending = false;
  #isAdding = false;
  #isRefused = false;
  #failures = 0;
  /** Mids whose picture is that of the member they were given to last. */
  #ready = new Set();
  #turns = new Map();
  #timer;

  /** @param {() => void} changed Called when {@link streamOf} may say something else. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** For another call, or none. */
  attach(call) {
    clearTimeout(this.#timer);
    this.#call = call;
    this.#slots.clear();
    this.#unsent = {};
    this.#isSending = this.#isAdding = this.#isRefused = false;
    this.#failures = 0;
    this.#ready.clear();
    this.#turns.clear();
  }

  /** Lets exactly these members be on pictures, as many as there is room for. */
  show(members) {
    const call = this.#call;
    if (!call?.hasVideo) return;
    this.#add(roundUp(Math.min(members.length, EXTRA_PICTURES)));
    const mids = call.pictures.map(({ mid }) => mid);
    const changes = this.#slots.assign(mids, members, Date.now());
    for (const [mid, key] of Object.entries(changes)) {
      this.#ready.delete(mid);
      this.#turns.set(mid, (this.#turns.get(mid) ?? 0) + 1);
      this.#unsent[mid] = key;
    }
    this.#send();
  }

  /** The picture of a member, once it is really that member's; null until then. */
  streamOf(key) {
    const mid = this.#slots.mid(key);
    if (mid === undefined || !this.#ready.has(mid)) return null;
    return this.#call?.pictures.find((each) => each.mid === mid)?.stream ?? null;
  }

  async #add(count) {
    const call = this.#call;
    if (this.#isAdding || this.#isRefused || count <= call.pictures.length) return;
    this.#isAdding = true;
    try {
      await call.addPictures(count);
      // A server that grants fewer is not asked again.
      if (call === this.#call) this.#isRefused = call.pictures.length < count;
    } catch (error) {
      if (call !== this.#call) return;
      this.#isRefused = error.isUnsupported === true || ++this.#failures >= TRIES;
      console.warn('no more pictures:', error.message);
      if (!this.#isRefused) this.#later(() => this.#changed());
    } finally {
      if (call === this.#call) this.#isAdding = false;
    }
    if (call === this.#call) this.#changed();
  }

  async #send() {
    const call = this.#call;
    const changes = this.#unsent;
    const mids = Object.keys(changes);
    if (this.#isSending || mids.length === 0) return;
    this.#isSending = true;
    this.#unsent = {};
    try {
      const before = new Map(await Promise.all(mids.map(async (mid) => [mid, await keyFrames(call, mid)])));
      await call.view(changes);
      if (call !== this.#call) return;
      for (const mid of mids) if (changes[mid] !== null) this.#awaitPicture(call, mid, before.get(mid));
    } catch (error) {
      if (call !== this.#call) return;
      console.warn('pictures not chosen:', error.message);
      this.#unsent = { ...changes, ...this.#unsent };
      this.#later(() => {
        this.#isSending = false;
        this.#send();
      });
      return;
    }
    this.#isSending = false;
    this.#send();
  }

  /** Until the first whole picture of the new member has come, the old one's is still there. */
  async #awaitPicture(call, mid, before) {
    const turn = this.#turns.get(mid);
    const started = Date.now();
    const isCurrent = () => call === this.#call && turn === this.#turns.get(mid);
    while (isCurrent()) {
      const count = await keyFrames(call, mid);
      const isHere = count === undefined ? Date.now() - started > READY_ANYWAY : count > (before ?? 0);
      if (isHere) break;
      await new Promise((resolve) => setTimeout(resolve, Date.now() - started < 3_000 ? LOOK_EVERY : 5 * LOOK_EVERY));
    }
    if (!isCurrent()) return;
    this.#ready.add(mid);
    this.#changed();
  }

  #later(work) {
    const call = this.#call;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => call === this.#call && work(), RETRY_AFTER);
  }
}

/** Offers are few: 2, 4 or 8 pictures, or none. */
function roundUp(count) {
  return [0, 2, 4].find((step) => step >= count) ?? EXTRA_PICTURES;
}

/** How many key frames a picture has had; undefined when the browser does not say. */
async function keyFrames(call, mid) {
  const picture = call.pictures.find((each) => each.mid === mid);
  if (!picture) return undefined;
  const reports = [...(await picture.receiver.getStats()).values()];
  const video = reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  return video ? video.keyFramesDecoded : 0;
}
