/**
 * The page: joining a room, calls with people beside it, and going on with both after the page was loaded again.
 *
 * Address parameters: `?name=`, `?room=`, `?login=` fill in the form, `#password=` too (and is taken out of the address
 * at once); `?domain=` and `?ws=` name another domain or bridge. Test aids: `?tone=440` sends a tone instead of the
 * microphone (see media.js, `window.parley.tone.on()` and `.off()`), `?camera=RRGGBB` and `?screen=RRGGBB` send a
 * picture of that colour instead of the camera's or screen's (camera.js), `?test` adds `window.parley.hear` and
 * `.hearCall` (analyser.js), `.picture`, `.videoStats` and `.videoSent` (picture.js).
 *
 * What belongs together is in files of its own: session.js (the connection), entry.js (the form), stay.js (one stay in
 * a room), room-view.js, members.js, chat.js, moderation.js and video.js (the room on the page), calls.js, phone.js,
 * line-card.js, incoming.js, people.js and texts.js (calls), devices.js (which microphone, speaker and camera).
 */
import { Calls } from './calls.js';
import { TestPicture, openCamera } from './camera.js';
import { Devices } from './devices.js';
import { Entry } from './entry.js';
import { Tone, stopStream } from './media.js';
import { Moderation } from './moderation.js';
import { explain, page, pageLink, parameter, toast } from './page.js';
import { keepForReload, takeKept } from './reload.js';
import { RoomView } from './room-view.js';
import { Session } from './session.js';
import { isStatus, setStatus, status } from './status.js';
import { Stay } from './stay.js';
import { offerTestAids } from './test-aids.js';
import { RoomVideo } from './video.js';

const tone = parameter('tone') ? new Tone(Number(parameter('tone')) || 440) : null;
const testCamera = parameter('camera') && new TestPicture(parameter('camera'));
/** Milliseconds. */
const POUND_AFTER = 1_000;

const session = new Session();
const video = new RoomVideo(page, toast);
const entry = new Entry({ join: () => join(), cancel: () => stay?.leave(), press: pressInRoom });
/** The stay in a room, from pressing Join until leaving; null otherwise. */
let stay = null;

const devices = new Devices({
  tone,
  camera: () => video.cameraChoice,
  hasVideo: () => stay?.call?.hasVideo ?? false,
  changeCamera: (choice) => video.changeCamera(choice),
  changeSpeaker: (speaker) => {
    page.sound.setSinkId?.(speaker).catch(() => toast('This speaker cannot be used.'));
    calls.useSpeaker(speaker);
  },
  changeSound: async (stream) => (stay ? stay.changeSound(stream) : stopStream(stream)),
});
page.volume.oninput = () => (page.sound.volume = page.volume.value / 100);

// MARK: - The room

const roomView = new RoomView(() => stay, {
  leave: () => stay?.leave({ title: 'You have left the room', text: 'Join again any time.', calm: true }),
  toggleMute: () => stay?.stream && stay.mute.toggle(),
  retry: () => session.retryNow(),
  moderate,
});
const moderation = new Moderation((name, target, value) => commandRoom(name, target, value));

/** `resumed` resolves with the calls that the server has kept for the page before this one. */
function join({ isMuted, isCameraOn, callID, resumed } = {}) {
  if (stay) return;
  const { credentials } = entry;
  entry.remember();
  entry.showAlert(null);
  entry.showBusy(true);
  startStay(entry.room);
  stay.join({
    isMuted,
    isCameraOn,
    isResumed: Boolean(resumed),
    openSound: () => devices.openSound(),
    connect: async () => {
      if (resumed) return (await resumed).get(callID) ?? null;
      devices.fill();
      return session.open('room', credentials);
    },
  });
}

function startStay(room) {
  const mine = new Stay({ session, room, name: entry.name, video, view: viewFor(() => mine) });
  stay = mine;
}

function viewFor(mine) {
  return {
    status: (value) => isStatus(value) && setStatus(value),
    banner: (text, canRetry) => roomView.banner(text, canRetry),
    askPIN: () => entry.askPIN(),
    entered: (isFirst) => {
      setStatus('joined');
      roomView.enter(isFirst);
      page.moderation.hidden = !stay.conference.isModerator;
      if (!isFirst) return;
      entry.showBusy(false);
      calls.showInRoom(true);
    },
    subscribed: () => moderation.enter(stay.conference.name, stay.conference.isModerator),
    members: (list) => roomView.members(list),
    came: (name) => roomView.notice(`${name} joined`),
    went: (name) => roomView.notice(`${name} left`),
    chat: (message) => roomView.chat(message),
    response: (response) => moderation.response(response),
    muted: (isMuted) => roomView.muted(isMuted),
    level: (energy) => roomView.level(energy),
    hear: (stream) => roomView.hear(stream, devices.speaker),
    tell: toast,
    left: (notice, nextStatus) => mine() === stay && stayOver(notice, nextStatus),
    released: (call, stream) => {
      session.hold('calls');
      stayOver(null, 'idle');
      calls.phone.adopt(call, stream);
    },
  };
}

/** Shows the form again, with `notice` above it. */
function stayOver(notice, nextStatus) {
  stay = null;
  session.release('room');
  moderation.leave();
  roomView.leave();
  calls.showInRoom(false);
  if (page.settings.open) page.settings.close();
  setStatus(calls.isOnline && nextStatus === 'idle' ? 'online' : nextStatus);
  entry.showBusy(false);
  page.join.focus({ preventScroll: true });
  entry.showAlert(notice);
}

async function commandRoom(name, target, value) {
  if (!stay?.conference) throw new Error('You are not in a room.');
  return stay.conference.command(name, target, value);
}

async function moderate(command, member, value = null) {
  try {
    const response = await commandRoom(command, member?.id ?? null, value);
    if (['transfer', 'hold', 'unhold'].includes(command)) toast(response.text.replace(/^\+OK\s*/, ''));
    return response;
  } catch (error) {
    toast(error.kind === 'timeout' ? 'The server did not answer. Try again.' : `Not done: ${error.message}`);
    return null;
  }
}

/**
 * Keys for a room that asks for a PIN. The last digit may have let us in already, and # then is the key that leaves: it
 * waits until that is clear.
 */
function pressInRoom(keys) {
  const mine = stay;
  const send = (some) => mine?.call?.dtmf(some).catch(() => toast('The key was not sent. Try again.'));
  const digits = keys.replace(/#$/, '');
  if (digits) send(digits);
  if (digits !== keys) setTimeout(() => mine === stay && !mine?.wasInside && send('#'), POUND_AFTER);
}

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && stay && !page.entry.hidden) stay.leave();
  const shortcut = event.altKey && stay?.conference ? shortcuts[event.code] : undefined;
  if (!shortcut) return;
  event.preventDefault();
  shortcut();
});

const shortcuts = {
  KeyM: () => stay.stream && stay.mute.toggle(),
  KeyH: () => roomView.toggleHand(),
  KeyV: () => video.toggleCamera(),
  KeyG: () => video.toggleView(),
  KeyK: () => roomView.togglePad(),
};

// MARK: - Calls

const calls = new Calls({
  session,
  form: entry,
  isInRoom: () => stay?.wasInside ?? false,
  act: {
    openSound: () => devices.openSound(),
    openCamera: async () => testCamera?.open() ?? openCamera(video.cameraChoice),
    speaker: () => devices.speaker,
    signedIn: () => {
      entry.remember();
      devices.fill();
      if (!stay) setStatus('online');
    },
    signedOut: (isError) => !stay && setStatus(isError ? 'error' : 'idle'),
  },
});

/** One cannot talk in a room and to somebody alone. */
let roomHold = Promise.resolve();
calls.phone.on('busy', (isBusy) => {
  const call = stay?.wasInside ? stay.call : null;
  if (!call) return;
  roomHold = roomHold.then(() => (isBusy ? call.hold() : call.unhold())).catch(() => {});
  toast(isBusy ? 'The room is on hold while you talk.' : 'You are back in the room.');
});

session.on('private', (message) => {
  if (stay?.receive(message) || message.action !== 'conference-liveArray-join') return;
  const line = calls.phone.lines.find(({ call }) => call.callID === message.callID);
  if (line) intoRoom(line, message);
});

/** A call with somebody has come into a room: dialled, or sent there. */
async function intoRoom(line, message) {
  stay?.leave();
  const { isMuted } = calls.phone;
  session.hold('room');
  const stream = await calls.phone.release(line);
  page.room.value = message.laName;
  startStay(message.laName);
  if (isMuted) stay.mute.toggle();
  stay.adopt(line.call, stream, message);
}

// MARK: - Connection

session.on('state', (state, details) => {
  stay?.connectionChanged(state, details);
  calls.connectionChanged(state, details);
  if (stay || !calls.isOnline) return;
  if (state === 'waiting') setStatus('reconnecting');
  else if (state === 'ready') setStatus('online');
});
session.on('ready', ({ first }) => {
  if (first) return;
  stay?.connectionBack();
  calls.connectionBack();
});
addEventListener('online', () => session.retryNow());

// MARK: - Loaded again

/** Nobody says goodbye here: the server keeps the calls, for the page that comes next or until nobody does. */
addEventListener('pagehide', () => {
  if (!stay?.wasInside && calls.kept.lines.length === 0 && !calls.isOnline) return;
  keepForReload({
    sessid: session.sessid,
    fields: { ...entry.fields, ...(stay && { room: stay.room, name: stay.name }) },
    room: stay?.wasInside
      ? { callID: stay.call?.callID, isMuted: stay.mute.isMuted, isCameraOn: video.camera.state !== 'off', view: video.view }
      : null,
    calls: calls.kept,
  });
});

async function goOn(kept) {
  const { room, sessid } = kept;
  entry.fill(kept.fields);
  const resumed = session.resume(room ? 'room' : 'calls', { ...entry.credentials, sessid });
  resumed.catch(() => {});
  if (room) {
    video.setView(room.view);
    join({ ...room, resumed });
  }
  try {
    const all = await resumed;
    const wanted = new Set([room?.callID, ...kept.calls.lines.map(({ callID }) => callID)]);
    for (const [callID, call] of all) if (!wanted.has(callID)) call.hangup();
    await calls.resume(kept.calls, all);
  } catch (error) {
    if (!room) entry.showAlert(explain(error));
  }
}

page['dashboard-link'].href = pageLink('dashboard.html');
setStatus(status);
entry.focusFirstEmpty();
await offerTestAids({ session, stay: () => stay, calls, video, tone });
const kept = takeKept();
await devices.fill();
devices.choose(kept?.fields);
if (kept) goOn(kept);
else video.previewRemembered();
