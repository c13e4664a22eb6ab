/**
 * Test aid, loaded only when `?test` is in the address: what is really seen.
 *
 * `window.parley.picture()` samples the main picture: `{width, height, color: [r, g, b], frames, at}`, the colour of
 * its middle, the number of frames shown so far and the time (`Date.now()`); null when there is none. `picture(1)` is
 * that of the first extra picture (in the order of {@link VertoCall.pictures}), `picture('self')` one's own, and
 * `picture('tile-12')` that of member 12 in the grid. `window.parley.videoStats()` resolves with what the browser says
 * about the main picture, `videoStats(1)` about the first extra one, `videoSent()` with a line for each layer sent.
 */
const canvas = new OffscreenCanvas(16, 16);
const context = canvas.getContext('2d', { willReadFrequently: true });

/** Of a video element. */
export function sample(video) {
  if (!video?.srcObject || !(video.videoWidth > 0)) return null;
  const { videoWidth: width, videoHeight: height } = video;
  context.drawImage(video, width / 2 - 8, height / 2 - 8, 16, 16, 0, 0, 16, 16);
  const { data } = context.getImageData(0, 0, 16, 16);
  const sums = [0, 0, 0];
  for (let index = 0; index < data.length; index += 1) if (index % 4 < 3) sums[index % 4] += data[index];
  const color = sums.map((sum) => Math.round(sum / 256));
  const frames = video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
  return { width, height, color, frames, at: Date.now() };
}

const RECEIVED = [
  'framesDecoded', 'framesPerSecond', 'frameWidth', 'frameHeight', 'freezeCount', 'totalFreezesDuration',
  'keyFramesDecoded', 'pliCount', 'firCount', 'nackCount', 'packetsLost', 'bytesReceived',
];
const SENT = ['rid', 'active', 'framesSent', 'frameWidth', 'frameHeight', 'keyFramesEncoded', 'bytesSent', 'pliCount'];

/** Of a picture of a call. What the browser does not say is null. */
export async function received(picture) {
  if (!picture) return null;
  const [report] = await reports(picture.receiver, 'inbound-rtp');
  return pick(report, RECEIVED);
}

export async function sent(sender) {
  return (await reports(sender, 'outbound-rtp')).map((report) => pick(report, SENT));
}

async function reports(of, wanted) {
  const all = [...((await of?.getStats()) ?? new Map()).values()];
  return all.filter(({ type, kind }) => type === wanted && kind === 'video');
}

const pick = (report, keys) => Object.fromEntries(keys.map((key) => [key, report?.[key] ?? null]));
