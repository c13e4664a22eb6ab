/** Microphone, speaker, test tone and level measuring. */

let context;

/** The page's one `AudioContext`. Browsers start it only after a click or key press. */
export function audioContext() {
  context ??= new AudioContext({ latencyHint: 'interactive' });
  if (context.state === 'suspended') context.resume();
  return context;
}

/** Opens a microphone (`''`: the default one); rejects with the browser's error, or one named SecureContextError. */
export async function openMicrophone(deviceId) {
  if (!navigator.mediaDevices) throw new DOMException('No secure context', 'SecureContextError');
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  if (deviceId) audio.deviceId = { exact: deviceId };
  return navigator.mediaDevices.getUserMedia({ audio });
}

/** Devices of a kind (`audioinput`, `audiooutput`) that the browser names; none before a permission was given. */
export async function devices(kind) {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return all.filter((each) => each.kind === kind && each.deviceId && each.deviceId !== 'default');
}

export const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype;

/**
 * Test aid for `?tone=<hertz>`: a sine of amplitude 0.3 that is sent instead of the microphone, so that a test can
 * recognise who is heard. {@link on} and {@link off} start and stop it (also as `window.parley.tone`); it starts on.
 */
export class Tone {
  #gains = new Set();
  #isOn = true;

  constructor(frequency) {
    this.frequency = frequency;
  }

  open() {
    const context = audioContext();
    const oscillator = new OscillatorNode(context, { frequency: this.frequency });
    const gain = new GainNode(context, { gain: this.#isOn ? 0.3 : 0 });
    this.#gains.add(gain);
    const destination = context.createMediaStreamDestination();
    oscillator.connect(gain).connect(destination);
    oscillator.start();
    return destination.stream;
  }

  on() {
    this.#set(true);
  }

  off() {
    this.#set(false);
  }

  #set(isOn) {
    this.#isOn = isOn;
    for (const { gain } of this.#gains) gain.setTargetAtTime(isOn ? 0.3 : 0, context.currentTime, 0.005);
  }
}

/** Calls `show(energy)` 20 times a second with the mean absolute sample value of `stream`, 0 to 32768 as in rows. */
export class LevelMeter {
  #source;
  #timer;

  constructor(stream, show) {
    const context = audioContext();
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    const samples = new Float32Array(analyser.fftSize);
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(analyser);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const mean = samples.reduce((sum, sample) => sum + Math.abs(sample), 0) / samples.length;
      show(mean * 32_768);
    }, 50);
  }

  stop() {
    clearInterval(this.#timer);
    this.#source.disconnect();
  }
}

export function stopStream(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
