/** Which microphone, speaker and camera: in the form, and in the settings during a room or a call. */
import { canChooseSpeaker, devices, openMicrophone } from './media.js';
import { explain, memory, page, toast } from './page.js';

const noMicrophone = ['none', 'No microphone (listen only)'];

export class Devices {
  #act;

  /**
   * @param {object} act `changeSound(stream)` with null for none, `changeCamera(choice)`, `changeSpeaker(choice)`,
   *   `camera()` the choice in use, `hasVideo()`; `tone` is a test tone that stands for the microphone.
   */
  constructor(act) {
    this.#act = act;
    page['open-settings'].onclick = () => this.#openSettings();
    page['room-microphone'].onchange = () => this.#changeMicrophone();
    page['room-speaker'].onchange = () => {
      page.speaker.value = page['room-speaker'].value;
      memory.set('speaker', this.speaker);
      act.changeSpeaker(this.speaker);
    };
    page['room-camera'].onchange = () => act.changeCamera(page['room-camera'].value);
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.fill());
  }

  get speaker() {
    return canChooseSpeaker ? page.speaker.value : '';
  }

  /** The chosen microphone, the test tone, or null to listen only. */
  async openSound() {
    if (this.#act.tone) return this.#act.tone.open();
    return page.microphone.value === 'none' ? null : openMicrophone(page.microphone.value);
  }

  async fill() {
    const microphones = await devices('audioinput').catch(() => []);
    const speakers = canChooseSpeaker ? await devices('audiooutput').catch(() => []) : [];
    const cameras = await devices('videoinput').catch(() => []);
    for (const select of [page.microphone, page['room-microphone']]) {
      fillSelect(select, [['', 'Default microphone'], ...named(microphones, 'Microphone'), noMicrophone]);
    }
    for (const select of [page.speaker, page['room-speaker']]) {
      fillSelect(select, [['', 'Default speaker'], ...named(speakers, 'Speaker')]);
    }
    page['speaker-field'].hidden = page['room-speaker-field'].hidden = !canChooseSpeaker;
    const someCamera = [['', 'Default camera'], ...named(cameras, 'Camera')];
    fillSelect(page.camera, [['none', 'No camera'], ...someCamera]);
    fillSelect(page['room-camera'], someCamera);
  }

  /** Those of an earlier visit, or of the page before this one, where they are still there. */
  choose(fields) {
    for (const key of ['microphone', 'speaker', 'camera']) {
      const value = fields?.[key] ?? memory.get(key);
      if ([...page[key].options].some((option) => option.value === value)) page[key].value = value;
    }
  }

  async #openSettings() {
    await this.fill();
    page['room-microphone'].value = page.microphone.value;
    page['room-speaker'].value = page.speaker.value;
    page['room-camera'].value = this.#act.camera();
    page['room-camera-field'].hidden = !this.#act.hasVideo();
    page.settings.showModal();
  }

  async #changeMicrophone() {
    const choice = page['room-microphone'].value;
    if (this.#act.tone) return;
    try {
      const stream = choice === 'none' ? null : await openMicrophone(choice);
      page.microphone.value = choice;
      await this.#act.changeSound(stream);
    } catch (error) {
      page['room-microphone'].value = page.microphone.value;
      const { title, text } = explain(error);
      toast(`${title}. ${text}`);
    }
  }
}

const named = (found, kind) => found.map(({ deviceId, label }, index) => [deviceId, label || `${kind} ${index + 1}`]);

/** A choice that is gone becomes the first one. */
function fillSelect(select, choices) {
  const kept = select.value;
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
  select.value = kept;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}
