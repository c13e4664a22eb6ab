/**
 * One room: joining, members, moderation, chat, and coming back after a lost connection.
 *
 * Address parameters: `?name=`, `?room=`, `?login=` fill in the form, `#password=` too (and is taken out of the address
 * at once); `?domain=` and `?ws=` name another domain or bridge. Test aids: `?tone=440` sends a tone instead of the
 * microphone (see media.js, `window.parley.tone.on()` and `.off()`), `?camera=RRGGBB` and `?screen=RRGGBB` send a
 * picture of that colour instead of the camera's or screen's (camera.js), `?test` adds `window.parley.hear`
 * (analyser.js), `.picture`, `.videoStats` and `.videoSent` (picture.js).
 */
import { Conference, VertoClient, VertoError, meterLevel } from './verto.js';
import { LevelMeter, Tone, canChooseSpeaker, devices, openMicrophone, stopStream } from './media.js';
import { ChatPanel } from './chat.js';
import { MemberList } from './members.js';
import { OwnMute } from './own-mute.js';
import { keepForReload, takeKept } from './reload.js';
import { RoomVideo } from './video.js';
import {
  coalesce, element, explain, fullLogin, memory, noticeNodes, pageLink, parameter, passwordFromAddress, setIcon, socketURL,
  waitingText,
} from './page.js';

/** What a person fills in, and a page that is loaded again fills in itself. */
const formFields = ['name', 'room', 'login', 'password', 'microphone', 'speaker', 'camera'];
const page = Object.fromEntries([...document.querySelectorAll('[id]')].map((node) => [node.id, node]));
const tone = parameter('tone') ? new Tone(Number(parameter('tone')) || 440) : null;

/** Milliseconds. */
const PIN_HINT_AFTER = 3_000;
const REJOIN_PAUSES = [0, 1_000, 3_000, 6_000, 10_000];

/** The connection of the present stay. */
let client = null;
/** What belongs to one stay in a room, from pressing Join until leaving; null otherwise. */
let stay = null;
let status = 'idle';
const video = new RoomVideo(page, toast);

// MARK: - Status

const statusTexts = {
  idle: 'Not connected',
  microphone: 'Asking for the microphone…',
  camera: 'Starting the camera…',
  connecting: 'Connecting…',
  'signing-in': 'Signing in…',
  calling: 'Calling the room…',
  entering: 'Entering the room…',
  joined: 'Connected',
  reconnecting: 'Reconnecting…',
  error: 'Not connected',
};

function setStatus(value) {
  status = value;
  page.status.dataset.status = value;
  page.status.querySelector('.status-text').textContent = statusTexts[value];
  page['progress-text'].textContent = statusTexts[value];
}

// MARK: - Joining

page['join-form'].onsubmit = (event) => {
  event.preventDefault();
  join();
};
page.cancel.onclick = () => leave();
page.leave.onclick = () => leave({ title: 'You have left the room', text: 'Join again any time.', calm: true });
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && stay && !page.entry.hidden) leave();
  const shortcut = event.altKey && stay?.conference ? shortcuts[event.code] : undefined;
  if (!shortcut) return;
  event.preventDefault();
  shortcut();
});

const shortcuts = {
  KeyM: () => toggleMute(),
  KeyV: () => video.toggleCamera(),
  KeyG: () => video.toggleView(),
};

async function join({ isMuted = false, isCameraOn } = {}) {
  if (stay) return;
  const room = page.room.value.trim();
  const name = page.name.value.trim();
  const mine = (stay = { room, name, members: [], stream: null, call: null, conference: null, rejoins: 0 });
  mine.mute = makeMute(mine);
  if (isMuted) mine.mute.toggle();
  for (const key of ['name', 'room', 'login', 'microphone', 'speaker', 'camera']) memory.set(key, page[key].value);
  showAlert(null);
  showBusy(true);
  try {
    setStatus('microphone');
    mine.stream = await openInput(page.microphone.value);
    if (stay !== mine) return stopStream(mine.stream);
    watchOwnLevel(mine);
    setStatus('camera');
    await video.start({ callerName: name, isCameraOn });
    if (stay !== mine) return;
    fillDevices();
    await connect();
    if (stay !== mine) return;
    await placeCall(mine);
  } catch (error) {
    if (stay === mine) leave(explain(error), 'error');
  }
}

/** The microphone, the test tone, or null to listen only. */
async function openInput(choice) {
  if (tone) return tone.open();
  return choice === 'none' ? null : openMicrophone(choice);
}

async function connect() {
  const login = fullLogin(page.login.value.trim());
  const password = page.password.value;
  const fresh = (client = new VertoClient({ url: socketURL, login, password }));
  fresh.on('state', (state, details) => fresh === client && connectionChanged(state, details));
  fresh.on('ready', ({ first }) => !first && fresh === client && connectionBack());
  fresh.on('private', (message) => fresh === client && privateMessage(message));
  await fresh.connect();
}

/** Calls the room; the room's own message brings us in. */
async function placeCall(mine) {
  if (!mine.wasInside) setStatus('calling');
  const call = client.call({
    destination: mine.room,
    callerName: mine.name,
    stream: new MediaStream([...(mine.stream?.getTracks() ?? []), ...video.tracks]),
    watch: true,
    simulcast: true,
    userVariables: {},
  });
  mine.call = call;
  video.attach(call);
  call.on('track', (stream) => play(stream));
  call.on('ended', (end) => callEnded(mine, call, end));
  call.on('media', (state) => mediaChanged(mine, call, state));
  await call.invite();
  video.answered(call);
  if (stay !== mine || mine.call !== call || mine.conference) return;
  if (mine.wasInside) return;
  setStatus('entering');
  mine.pinTimer = setTimeout(() => (page['pin-field'].hidden = false), PIN_HINT_AFTER);
}

function sendPIN() {
  if (!page.pin.value) return;
  stay?.call?.dtmf(`${page.pin.value}#`).catch(() => {});
  page.pin.value = '';
}
page['send-pin'].onclick = sendPIN;
page.pin.onkeydown = (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  sendPIN();
};

/** Ends the stay and shows the form again, with `notice` above it. */
function leave(notice = null, nextStatus = 'idle') {
  const mine = stay;
  stay = null;
  clearTimeout(mine?.pinTimer);
  mine?.mute.stop();
  clearTimeout(mine?.rejoinTimer);
  video.leave();
  mine?.conference?.stop();
  mine?.call?.hangup();
  mine?.meter?.stop();
  stopStream(mine?.stream);
  client?.close();
  client = null;
  page.sound.srcObject = null;
  members.clear();
  if (page.settings.open) page.settings.close();
  setStatus(nextStatus);
  showBusy(false);
  showEntry();
  showAlert(notice);
}

addEventListener('pagehide', () => {
  if (!stay) return;
  if (stay.wasInside) {
    const fields = Object.fromEntries(formFields.map((key) => [key, page[key].value]));
    keepForReload({
      fields: { ...fields, room: stay.room, name: stay.name },
      isMuted: stay.mute.isMuted,
      isCameraOn: video.camera.state !== 'off',
      view: video.view,
    });
  }
  leave();
});
addEventListener('online', () => client?.retryNow());

// MARK: - Connection and call, once inside

function connectionChanged(state, details) {
  if (!stay) return;
  if (!stay.wasInside) {
    if (statusTexts[state]) setStatus(state);
    return;
  }
  if (state === 'waiting') {
    setStatus('reconnecting');
    showBanner(waitingText(details.delay), true);
  } else if (state === 'connecting' || state === 'signing-in') {
    setStatus('reconnecting');
    showBanner('Reconnecting…');
  } else if (state === 'closed' && details.error) {
    leave(explain(details.error), 'error');
  }
}

/** Signed in again. A call that the server kept goes on; one that is gone has ended, and {@link rejoin} is at work. */
function connectionBack() {
  if (!stay?.wasInside || stay.call?.state === 'ended') return;
  if (!stay.call) return rejoin(stay);
  setStatus('joined');
  showBanner(null);
}

function callEnded(mine, call, { cause, remote, lost }) {
  if (stay !== mine || mine.call !== call || !remote) return;
  if (!mine.wasInside) return leave(explain({ kind: 'ended', cause }), 'error');
  const wasComingBack = !mine.conference;
  mine.conference?.stop();
  if (client.state === 'closed') return;
  if (lost || wasComingBack) return rejoin(mine, cause);
  leave(goodbyes[cause] ?? {
    title: 'You are no longer in the room',
    text: 'A moderator removed you, or the room was closed.',
    calm: true,
  });
}

const goodbyes = {
  MEDIA_TIMEOUT: { title: 'The sound connection broke', text: 'Check your network and join again.' },
  SYSTEM_SHUTDOWN: { title: 'The server is shutting down', text: 'Join again in a minute.' },
};

/** Into the same room again, muted if one was; a call that fails comes back here through {@link callEnded}. */
function rejoin(mine, cause) {
  const pause = REJOIN_PAUSES[mine.rejoins++];
  if (pause === undefined) return leave(explain({ kind: 'ended', cause }), 'error');
  mine.mute.startOver();
  setStatus('reconnecting');
  showBanner('Joining the room again…');
  clearTimeout(mine.rejoinTimer);
  mine.rejoinTimer = setTimeout(() => {
    mine.call = mine.conference = null;
    if (stay !== mine || client.state !== 'ready') return; // `connectionBack` goes on
    placeCall(mine).catch((error) => {
      if (stay === mine && !(error instanceof VertoError)) leave(explain(error), 'error');
    });
  }, pause);
}

/** The network path broke under a call although the server can be reached: a new call finds a new path. */
function mediaChanged(mine, call, state) {
  if (stay !== mine || mine.call !== call || state !== 'failed') return;
  if (client.state === 'ready' && mine.wasInside) callAgain(mine);
}

function callAgain(mine) {
  const call = mine.call;
  mine.call = null;
  mine.conference?.stop();
  call?.hangup();
  rejoin(mine);
}

async function privateMessage(message) {
  const mine = stay;
  if (!mine || message.callID !== mine.call?.callID) return;
  if (message.action === 'conference-liveArray-part') return mine.conference?.stop();
  if (message.action !== 'conference-liveArray-join') return;
  clearTimeout(mine.pinTimer);
  mine.conference?.stop();
  const conference = (mine.conference = new Conference(client, message));
  const changed = coalesce(60, () => stay === mine && mine.conference === conference && membersChanged(mine));
  conference.on('change', changed);
  conference.on('chat', ({ from, name, text }) => {
    const isOwn = from === client.login && name === mine.name; // guests share a login
    if (mine.conference === conference) chat.show({ name, text, isOwn });
  });
  conference.on('unavailable', (part) => part !== 'info' && toast(unavailable[part]));
  conference.on('response', (response) => mine.conference === conference && moderatorResponse(response));
  enter(mine);
  video.enter(conference);
  try {
    await conference.start();
  } catch (error) {
    if (mine.conference === conference) toast(`The member list is not available: ${error.message}`);
  }
}

const unavailable = {
  chat: 'Chat is not available in this room.',
  mod: 'The moderator’s commands are not available.',
};

function enter(mine) {
  const { conference } = mine;
  const isFirst = !mine.wasInside;
  mine.wasInside = true;
  mine.rejoins = 0;
  page['room-title'].textContent = `Room ${conference.name ?? mine.room}`;
  page.role.textContent = conference.isModerator ? 'Moderator' : 'Participant';
  page.role.dataset.role = conference.role;
  page.moderation.hidden = !conference.isModerator;
  document.title = `${conference.name ?? mine.room} – Parley`;
  setStatus('joined');
  showBanner(null);
  if (!isFirst) return;
  chat.clear();
  showBusy(false);
  page.entry.hidden = true;
  page['room-view'].hidden = page.where.hidden = false;
  document.body.classList.add('inside');
  page['dashboard-link'].target = '_blank'; // a click must not end the call
  page.brand.removeAttribute('href');
  (mine.stream ? page['mute-self'] : page['open-settings']).focus();
}

// MARK: - Members

const members = new MemberList(page.members, moderate);

function membersChanged(mine) {
  const list = mine.conference.list();
  const { isComplete } = mine.conference.members;
  // After coming back the old picture stays until the new one is complete.
  if (!isComplete && list.length < mine.members.length) return;
  mine.members = list;
  members.update(list, { selfKey: mine.conference.callID, isModerator: mine.conference.isModerator });
  page.count.textContent = String(list.length);
  if (isComplete) {
    announceChanges(mine.complete, list, mine);
    mine.complete = list;
  }
  announceTalkers();
  const self = list.find((member) => member.key === mine.conference.callID);
  if (self) mine.mute.rowChanged(self);
  video.membersChanged(list);
}

/** Who came and went since the list was first complete. */
function announceChanges(before, after, mine) {
  if (!before) return;
  const old = new Set(before.map((member) => member.key));
  const now = new Set(after.map((member) => member.key));
  const own = mine.conference.callID;
  for (const { key, name } of after) if (!old.has(key) && key !== own) chat.notice(`${name} joined`);
  for (const { key, name } of before) if (!now.has(key) && name !== mine.name) chat.notice(`${name} left`);
}

/** Names who is talking, at most every second so that a screen reader can follow. */
const announceTalkers = coalesce(1_000, () => {
  const names = (stay?.members ?? []).filter((member) => member.talking && !member.muted).map((member) => member.name);
  const text = talkersText(names);
  if (page['now-talking'].textContent !== text) page['now-talking'].textContent = text;
});

function talkersText(names) {
  if (names.length === 0) return 'Nobody is talking';
  if (names.length > 3) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more are talking`;
  return `${names.join(', ')} ${names.length > 1 ? 'are' : 'is'} talking`;
}

// MARK: - Moderation

async function moderate(command, member, value = null) {
  try {
    return await stay?.conference?.command(command, member?.id ?? null, value);
  } catch (error) {
    toast(error.kind === 'timeout' ? 'The server did not answer. Try again.' : `Not done: ${error.message}`);
    return null;
  }
}

page['mute-all'].onclick = () => moderate('mute', { id: 'non_moderator' });
page.lock.onclick = () => moderate(page.lock.dataset.locked === 'true' ? 'unlock' : 'lock');

/** Responses go to all moderators, so the lock shows what any of them did. */
function moderatorResponse({ command, ok }) {
  const verb = command.split(/\s+/).find((word) => word === 'lock' || word === 'unlock');
  if (!ok || !verb) return;
  const isLocked = verb === 'lock';
  showLock(isLocked);
  toast(isLocked ? 'The room is locked: nobody else can join.' : 'The room is open again.');
}

function showLock(isLocked) {
  page.lock.dataset.locked = isLocked;
  page['lock-verb'].textContent = isLocked ? 'Unlock' : 'Lock';
  setIcon(page.lock, isLocked ? 'unlock' : 'lock');
}

// MARK: - One's own microphone

page['mute-self'].onclick = toggleMute;

function toggleMute() {
  if (stay?.stream) stay.mute.toggle();
}

/** Moderators say what they want; for everybody else the key 0 toggles. */
function makeMute(mine) {
  return new OwnMute({
    request(muted, row) {
      const { conference, call } = mine;
      return conference.isModerator ? conference.command(muted ? 'mute' : 'unmute', row.id) : call.dtmf('0');
    },
    apply(muted) {
      if (stay !== mine) return;
      for (const track of mine.stream?.getAudioTracks() ?? []) track.enabled = !muted;
      if (mine.stream) showMute(muted);
    },
    notify: toast,
  });
}

function showMute(isMuted) {
  const button = page['mute-self'];
  if (button.dataset.muted === String(isMuted)) return;
  button.dataset.muted = isMuted;
  button.querySelector('.label').textContent = isMuted ? 'Unmute' : 'Mute';
  setIcon(button, isMuted ? 'mic-off' : 'mic');
}

function watchOwnLevel(mine) {
  mine.meter?.stop();
  mine.meter = mine.stream && new LevelMeter(mine.stream, (energy) => {
    page['own-level'].style.transform = `scaleX(${meterLevel(energy).toFixed(3)})`;
  });
  page['mute-self'].disabled = !mine.stream;
  page['mute-self'].querySelector('.label').textContent = mine.stream ? 'Mute' : 'Listening';
}

// MARK: - Chat

const chat = new ChatPanel(
  {
    panel: page.chat,
    log: page['chat-log'],
    form: page['chat-form'],
    input: page['chat-input'],
    close: page['close-chat'],
    toggle: page['toggle-chat'],
    unread: page.unread,
  },
  async (text) => {
    try {
      await stay.conference.say(text);
      return true;
    } catch {
      toast('The message was not sent. Try again.');
      return false;
    }
  },
);

// MARK: - Devices

const noMicrophone = ['none', 'No microphone (listen only)'];

async function fillDevices() {
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

const named = (found, kind) => found.map(({ deviceId, label }, index) => [deviceId, label || `${kind} ${index + 1}`]);

/** A choice that is gone becomes the first one. */
function fillSelect(select, choices) {
  const kept = select.value;
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
  select.value = kept;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

navigator.mediaDevices?.addEventListener?.('devicechange', fillDevices);

function play(stream) {
  page.sound.srcObject = stream;
  if (canChooseSpeaker) page.sound.setSinkId(page.speaker.value).catch(() => {});
  page.sound.play().catch((error) => {
    if (error.name === 'NotAllowedError') toast('Your browser holds the sound back. Click anywhere to hear the room.');
    addEventListener('click', () => page.sound.play().catch(() => {}), { once: true });
  });
}

page['open-settings'].onclick = async () => {
  await fillDevices();
  page['room-microphone'].value = page.microphone.value;
  page['room-speaker'].value = page.speaker.value;
  page['room-camera'].value = video.cameraChoice;
  page['room-camera-field'].hidden = !stay?.call?.hasVideo;
  page.settings.showModal();
};

page['room-microphone'].onchange = async () => {
  const choice = page['room-microphone'].value;
  const mine = stay;
  if (!mine || tone) return;
  try {
    const stream = choice === 'none' ? new MediaStream() : await openMicrophone(choice);
    if (stay !== mine) return stopStream(stream);
    const wasListening = !mine.stream;
    stopStream(mine.stream);
    mine.stream = choice === 'none' ? null : stream;
    page.microphone.value = choice;
    watchOwnLevel(mine);
    mine.mute.update();
    if (wasListening) callAgain(mine); // the call was made without sending: only a new one can send
    else await mine.call?.replaceStream(stream);
  } catch (error) {
    page['room-microphone'].value = page.microphone.value;
    const { title, text } = explain(error);
    toast(`${title}. ${text}`);
  }
};
page['room-speaker'].onchange = () => {
  page.speaker.value = page['room-speaker'].value;
  page.sound.setSinkId?.(page.speaker.value).catch(() => toast('This speaker cannot be used.'));
};
page['room-camera'].onchange = () => video.changeCamera(page['room-camera'].value);
page.volume.oninput = () => (page.sound.volume = page.volume.value / 100);

// MARK: - What is shown

function showBusy(isBusy) {
  page.progress.hidden = page.cancel.hidden = !isBusy;
  if (!isBusy) page['pin-field'].hidden = true;
  page.join.disabled = isBusy;
  page.join.textContent = isBusy ? 'Joining…' : 'Join';
  for (const field of page['join-form'].querySelectorAll('.fields input, .fields select')) field.disabled = isBusy;
  if (isBusy) page.cancel.focus();
}

function showEntry() {
  page.entry.hidden = false;
  page['room-view'].hidden = page.where.hidden = true;
  chat.fold();
  showBanner(null);
  showMute(false);
  showLock(false);
  document.body.classList.remove('inside');
  page['dashboard-link'].removeAttribute('target');
  page.brand.href = pageLink('index.html');
  document.title = 'Parley';
  page.join.focus({ preventScroll: true });
}

function showAlert(notice) {
  page.alert.hidden = !notice;
  page.alert.replaceChildren();
  if (!notice) return;
  page.alert.classList.toggle('calm', Boolean(notice.calm));
  page.alert.append(...noticeNodes(notice));
  if (/login or password/.test(notice.title)) page.password.focus();
  page.alert.scrollIntoView({ block: 'nearest' });
}

function showBanner(text, canRetry = false) {
  page.banner.hidden = text === null;
  page['banner-text'].textContent = text ?? '';
  page.retry.hidden = !canRetry;
  page['room-view'].classList.toggle('away', text !== null);
}
page.retry.onclick = () => client?.retryNow();

let toastTimer;
function toast(text) {
  page.toast.textContent = text;
  page.toast.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => page.toast.classList.remove('shown'), 5_000);
}

// MARK: - Start

for (const key of ['name', 'room', 'login']) page[key].value = parameter(key) ?? memory.get(key) ?? '';
page.password.value = passwordFromAddress;
page['dashboard-link'].href = pageLink('dashboard.html');
[page.name, page.room, page.login, page.password, page.join].find((each) => each === page.join || !each.value).focus();
setStatus('idle');
const kept = takeKept();
fillDevices().then(() => {
  for (const key of ['microphone', 'speaker', 'camera']) {
    const value = kept?.fields[key] ?? memory.get(key);
    if ([...page[key].options].some((option) => option.value === value)) page[key].value = value;
  }
  if (!kept) return video.previewRemembered();
  for (const key of ['name', 'room', 'login', 'password']) page[key].value = kept.fields[key];
  video.setView(kept.view);
  join({ isMuted: kept.isMuted, isCameraOn: kept.isCameraOn });
});

/** What tests look at. */
window.parley = {
  get client() {
    return client;
  },
  get conference() {
    return stay?.conference ?? null;
  },
  get call() {
    return stay?.call ?? null;
  },
  get remoteStream() {
    return stay?.call?.remoteStream ?? null;
  },
  get role() {
    return stay?.conference?.role ?? null;
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
  members() {
    const list = stay?.conference?.list() ?? [];
    return list.map(({ id, name, talking, muted, floor, energy, video }) => {
      return { id, name, talking, muted, floor, energy, video };
    });
  },
  ...(tone && { tone }),
};

if (parameter('test') !== undefined) {
  const { hear } = await import('./analyser.js');
  const { received, sample, sent } = await import('./picture.js');
  const picture = (slot) => (slot ? stay?.call?.pictures[slot - 1] : stay?.call?.picture) ?? null;
  Object.assign(window.parley, {
    hear: (frequencies, milliseconds) => hear(window.parley.remoteStream, frequencies, milliseconds),
    picture: (which = 0) => sample(videoElement(which, picture)),
    videoStats: (slot = 0) => received(picture(slot)),
    videoSent: () => sent(stay?.call?.videoSender),
  });
}

/** What {@link sample} looks at: the main picture, an extra one, one's own, or a tile of the grid. */
function videoElement(which, picture) {
  if (which === 0) return page['main-video'];
  if (which === 'self') return page['self-video'];
  if (typeof which === 'string') return document.querySelector(`[data-testid="${which}"] video`);
  const { stream } = picture(which) ?? {};
  return [...document.querySelectorAll('video')].find((each) => stream && each.srcObject === stream);
}
