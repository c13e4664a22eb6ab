/** What tests look at, as `window.parley`. */
import { parameter, page } from './page.js';
import { status } from './status.js';

/** @param {{session: Session, stay: () => ?Stay, calls: Calls, video: RoomVideo, tone: ?Tone}} parts */
export async function offerTestAids({ session, stay, calls, video, tone }) {
  window.parley = {
    get client() {
      return session.client;
    },
    get conference() {
      return stay()?.conference ?? null;
    },
    get call() {
      return stay()?.call ?? null;
    },
    get remoteStream() {
      return stay()?.call?.remoteStream ?? null;
    },
    get role() {
      return stay()?.conference?.role ?? null;
    },
    get status() {
      return status;
    },
    /** `speaker` or `grid`. */
    get view() {
      return video.view;
    },
    /** One's own camera: `off`, `starting` or `on`. */
    get camera() {
      return video.camera.state;
    },
    /** Whether this page can be called. */
    get isOnline() {
      return calls.isOnline;
    },
    /** Calls with people, as the page shows them. */
    calls() {
      return calls.phone.lines.map((line) => {
        const { call: { callID, remote, isConnected }, state, isHeld, who } = line;
        return { callID, name: remote.name, number: remote.number, who, state, isHeld, isConnected };
      });
    },
    members() {
      const list = stay()?.conference?.list() ?? [];
      return list.map(({ key, id, name, talking, muted, floor, energy, onHold, video }) => {
        return { key, id, name, talking, muted, floor, energy, onHold, video };
      });
    },
    ...(tone && { tone }),
  };
  if (parameter('test') !== undefined) await addMeasuring({ stay, calls });
}

async function addMeasuring({ stay, calls }) {
  const { hear } = await import('./analyser.js');
  const { received, sample, sent } = await import('./picture.js');
  const picture = (slot) => (slot ? stay()?.call?.pictures[slot - 1] : stay()?.call?.picture) ?? null;
  const line = (index) => calls.phone.lines.filter(({ state }) => state !== 'ringing').at(index);
  Object.assign(window.parley, {
    hear: (frequencies, milliseconds) => hear(window.parley.remoteStream, frequencies, milliseconds),
    /** Of a call with somebody: of the one that came last, or of another by its index. */
    hearCall: (frequencies, milliseconds, index = -1) => {
      return hear(line(index)?.call.remoteStream, frequencies, milliseconds);
    },
    picture: (which = 0) => sample(videoElement(which, picture)),
    videoStats: (slot = 0) => received(picture(slot)),
    videoSent: () => sent(stay()?.call?.videoSender),
  });
}

/** What {@link sample} looks at: the main picture, an extra one, one's own, a tile of the grid, or a call's. */
function videoElement(which, picture) {
  if (which === 0) return page['main-video'];
  if (which === 'self') return page['self-video'];
  if (which === 'call') return document.querySelector('[data-testid=call-video]');
  if (typeof which === 'string') return document.querySelector(`[data-testid="${which}"] video`);
  const { stream } = picture(which) ?? {};
  return [...document.querySelectorAll('video')].find((each) => stream && each.srcObject === stream);
}
