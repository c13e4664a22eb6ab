/** Cameras, screens, and the pictures that tests send instead of them. */

/**
 * Opens a camera (`''`: the default one); rejects with the browser's error, whose `device` then is `camera`, or one
 * named SecureContextError.
 */
export async function openCamera(deviceId) {
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
  if (deviceId) video.deviceId = { exact: deviceId };
  return named('camera', async () => (await capture().getUserMedia({ video })).getVideoTracks()[0]);
}

/** Lets a person choose a screen, a window or a tab; rejects as {@link openCamera}, with the `device` `screen`. */
export async function openScreen() {
  const video = { width: { max: 1920 }, height: { max: 1200 }, frameRate: { ideal: 15, max: 30 } };
  return named('screen', () => capture().getDisplayMedia({ video, audio: false }));
}

export const canShareScreen = Boolean(globalThis.navigator?.mediaDevices?.getDisplayMedia);

/** Whether a camera may be opened without asking the person. */
export async function isCameraGranted() {
  try {
    return (await navigator.permissions.query({ name: 'camera' })).state === 'granted';
  } catch {
    return false;
  }
}

function capture() {
  if (!navigator.mediaDevices) throw new DOMException('No secure context', 'SecureContextError');
  return navigator.mediaDevices;
}

async function named(device, open) {
  try {
    return await open();
  } catch (error) {
    error.device = device;
    throw error;
  }
}

/**
 * Test aid for `?camera=<RRGGBB>` and `?screen=<RRGGBB>`: a picture of one colour, 640x360 at 30 frames a second, that
 * is sent instead of the camera's or screen's, so that a test can recognise who is seen. A light bar moves through the
 * lower third, so that a frozen picture can be told from a running one.
 */
export class TestPicture {
  constructor(colour) {
    this.colour = /^[0-9a-f]{6}$/i.test(colour) ? `#${colour}` : '#2c63c4';
  }

  open() {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
    const context = canvas.getContext('2d');
    let frame = 0;
    const draw = () => {
      context.fillStyle = this.colour;
      context.fillRect(0, 0, 640, 360);
      context.fillStyle = '#ffffff';
      context.fillRect((frame * 8) % 640, 270, 40, 60);
      frame += 1;
    };
    draw();
    const [track] = canvas.captureStream(30).getVideoTracks();
    const timer = setInterval(() => (track.readyState === 'live' ? draw() : clearInterval(timer)), 1000 / 30);
    return track;
  }
}
