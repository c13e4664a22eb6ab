/**
 * Test aid, loaded only when `?test` is in the address: measures what is really heard.
 *
 * `window.parley.hear([440, 660], 2000)` listens to the remote stream for two seconds and resolves with the level of
 * each frequency, `{440: -17.2, 660: -88.1}`, in dB relative to a full-scale sine, and with the overall level as `all`.
 */
import { audioContext } from './media.js';

const SIZE = 8192;

/** @returns {Promise<Record<string, number>>} */
export async function hear(stream, frequencies, milliseconds = 1000) {
  if (!stream) throw new Error('no remote stream yet');
  const context = audioContext();
  await context.resume();
  const source = context.createMediaStreamSource(stream);
  const analyser = new AnalyserNode(context, { fftSize: SIZE });
  source.connect(analyser);
  const frame = new Float32Array(SIZE);
  const step = (SIZE / context.sampleRate) * 1000;
  const powers = frequencies.map(() => 0);
  let total = 0;
  let frames = 0;
  const end = performance.now() + milliseconds + step;
  await pause(step); // the first frame is only partly filled
  do {
    await pause(step);
    analyser.getFloatTimeDomainData(frame);
    frequencies.forEach((frequency, index) => (powers[index] += power(frame, frequency / context.sampleRate)));
    total += frame.reduce((sum, sample) => sum + sample * sample, 0) / SIZE;
    frames += 1;
  } while (performance.now() < end);
  source.disconnect();
  const pairs = frequencies.map((frequency, index) => [frequency, decibels(powers[index] / frames)]);
  return Object.fromEntries([...pairs, ['all', decibels((2 * total) / frames)]]);
}

/**
 * The squared amplitude of one frequency (cycles per sample), by Goertzel's recurrence over Hann-windowed samples:
 * neighbours 12 Hz away are down by 30 dB and more at 48 kHz.
 */
export function power(samples, frequency) {
  const count = samples.length;
  const coefficient = 2 * Math.cos(2 * Math.PI * frequency);
  let previous = 0;
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / count);
    const value = samples[index] * window + coefficient * previous - before;
    before = previous;
    previous = value;
  }
  const squared = previous * previous + before * before - coefficient * previous * before;
  return (squared * 16) / (count * count); // the window halves the amplitude, a sine has it on two sides
}

export function decibels(power) {
  return Math.round(10 * Math.log10(Math.max(power, 1e-12)) * 10) / 10;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
