/** The sound of somebody calling. */
import { audioContext } from './media.js';

/** Milliseconds from one ring to the next. */
const RING_EVERY = 3_000;
const WAITING_EVERY = 5_000;

/** A double ring of two tones, or one short beep for somebody who is in a call already. */
export class Ring {
  #timer = null;
  #kind = null;
  #playing = [];

  get isOn() {
    return this.#timer !== null;
  }

  /** @param {'ring'|'waiting'} kind */
  start(kind) {
    if (this.isOn && this.#kind === kind) return;
    this.stop();
    this.#kind = kind;
    const sound = () => (kind === 'ring' ? this.#ring() : this.#beep());
    sound();
    this.#timer = setInterval(sound, kind === 'ring' ? RING_EVERY : WAITING_EVERY);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    for (const oscillator of this.#playing.splice(0)) oscillator.stop();
  }

  #ring() {
    for (const at of [0, 0.55]) for (const frequency of [587, 740]) this.#tone(frequency, at, 0.38, 0.09);
  }

  #beep() {
    this.#tone(740, 0, 0.16, 0.05);
  }

  #tone(frequency, at, seconds, loudness) {
    const context = audioContext();
    const start = context.currentTime + at;
    const oscillator = new OscillatorNode(context, { frequency });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loudness, start + 0.02);
    gain.gain.setValueAtTime(loudness, start + seconds - 0.06);
    gain.gain.linearRampToValueAtTime(0, start + seconds);
    oscillator.connect(gain).connect(context.destination);
    oscillator.onended = () => (this.#playing = this.#playing.filter((each) => each !== oscillator));
    oscillator.start(start);
    oscillator.stop(start + seconds);
    this.#playing.push(oscillator);
  }
}
