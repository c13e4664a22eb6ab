/** The sizes in which one's picture is sent (simulcast). */

/**
 * The encodings for simulcast: quarter, half and full size. Chromium sends three layers from 960x540 on, two from
 * 480x270 on, and leaves out the *largest* ones below that; so those that are left have to be the right size.
 * @param {MediaStreamTrack} [track] What is to be sent; without it a large camera is expected.
 * @param {number} [most] How many layers there are room for.
 */
export function layersFor(track, most = 3) {
  const { width = 1280, height = 720 } = track?.getSettings() ?? {};
  const count = Math.min(most, 1 + (width * height >= 480 * 270) + (width * height >= 960 * 540));
  return ['q', 'h', 'f'].slice(0, most).map((rid, index) => {
    return { rid, active: index < count, scaleResolutionDownBy: 2 ** Math.max(0, count - 1 - index) };
  });
}

/**
 * Adapts the layers to the size of `track`. There is one left in Firefox when the first answer took no picture from
 * us, and it must not stay the smallest.
 * @param {number} [most] How many may be sent; those that may not are the smaller ones.
 */
export async function fit(sender, track, most = Infinity) {
  const parameters = sender.getParameters();
  const { encodings } = parameters;
  const layers = layersFor(track, encodings.length);
  const shown = layers.filter(({ active }) => active).slice(-most);
  for (const layer of layers) layer.active = shown.includes(layer);
  const isRight = (encoding, { active, scaleResolutionDownBy: scale }) => {
    return encoding.active !== !active && (encoding.scaleResolutionDownBy ?? 1) === scale;
  };
  if (layers.every((layer, index) => isRight(encodings[index], layer))) return;
  layers.forEach(({ active, scaleResolutionDownBy }, index) => {
    Object.assign(encodings[index], { active, scaleResolutionDownBy });
  });
  await sender.setParameters(parameters).catch((error) => console.warn('layers not set:', error));
}

const STREAM_ID = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
const REPAIRED_STREAM_ID = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';
const RIDS = ['q', 'h', 'f'];

/**
 * The server's offer, with a request for layers of our main picture if it has none. No server asks for them, since some
 * pages could not send them; but a browser makes layers for a call that it did not begin only when it is asked.
 */
export function askForLayers(offer) {
  const sections = offer.split(/^(?=m=)/m);
  const index = sections.findIndex((each) => each.startsWith('m=video ') && /^a=(sendrecv|recvonly)\s*$/m.test(each));
  if (index < 0 || /^a=simulcast:/m.test(sections[index])) return offer;
  const free = freeExtensionIDs(offer);
  const lines = [];
  for (const extension of [STREAM_ID, REPAIRED_STREAM_ID]) {
    const isThere = sections[index].split(/\r?\n/).some((line) => line.startsWith('a=extmap:') && line.endsWith(extension));
    if (!isThere) lines.push(`a=extmap:${free.shift()} ${extension}`);
  }
  lines.push(...RIDS.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${RIDS.join(';')}`);
  sections[index] += lines.map((line) => `${line}\r\n`).join('');
  return sections.join('');
}

/** Our answer as the server's own offer allows it. */
export function withoutLayers(answer) {
  const isOurs = (line) => /^a=(rid:|simulcast:)/.test(line) || (/^a=extmap:/.test(line) && /rtp-stream-id$/.test(line));
  return answer.split('\r\n').filter((line) => !isOurs(line)).join('\r\n');
}

/** Numbers of header extensions that no m-line uses. */
function freeExtensionIDs(sdp) {
  const used = new Set([...sdp.matchAll(/^a=extmap:(\d+)/gm)].map(([, id]) => Number(id)));
  return Array.from({ length: 14 }, (_, index) => index + 1).filter((id) => !used.has(id));
}
