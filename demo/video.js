/** All that has to do with pictures in the room: one's camera and screen, the view, and who is on which picture. */
import { TestPicture, canShareScreen, isCameraGranted, openCamera, openScreen } from './camera.js';
import { OwnCamera } from './own-camera.js';
import { coalesce, explain, memory, parameter, setIcon } from './page.js';
import { ExtraPictures } from './pictures.js';
import { Scene, tiled } from './scene.js';
import { ScreenShare } from './screen-share.js';
import { Stage, play } from './stage.js';

const testCamera = parameter('camera') && new TestPicture(parameter('camera'));
const testScreen = parameter('screen') && new TestPicture(parameter('screen'));
/** A main picture that has not moved for so long is asked for again. Milliseconds. */
const STUCK_AFTER = 2_500;

export class RoomVideo {
  /** `speaker` or `grid`. */
  view = memory.get('view') === 'grid' ? 'grid' : 'speaker';

  #page;
  #notify;
  #stage;
  #scene = new Scene();
  #extra = new ExtraPictures(() => this.draw());
  #members = [];
  #call = null;
  #conference = null;
  #callerName = '';
  #preview = null;
  #previewTurn = 0;
  #own = null;
  #shown = { main: null, frames: -1 };
  #timer;

  /**
   * @param {Record<string, HTMLElement>} page Elements by their IDs.
   * @param {(text: string) => void} notify
   */
  constructor(page, notify) {
    this.#page = page;
    this.#notify = (problem) => notify(typeof problem === 'string' ? problem : sentence(explain(problem)));
    this.#stage = new Stage({
      stage: page.stage,
      main: page['main-picture'],
      mainVideo: page['main-video'],
      standIn: page['main-stand-in'],
      mainName: page['main-name'],
      grid: page.grid,
      more: page['grid-more'],
      self: page['self-picture'],
      selfVideo: page['self-video'],
      selfName: page['self-name'],
    });
    this.camera = new OwnCamera({
      open: () => testCamera?.open() ?? openCamera(this.cameraChoice),
      send: async (track) => this.#call?.sendVideo(track),
      request: (muted, row) => this.#requestMute(muted, row),
      show: (state, track) => this.#showCamera(state, track),
      notify: this.#notify,
    });
    this.screen = new ScreenShare({
      open: async () => (testScreen ? new MediaStream([testScreen.open()]) : openScreen()),
      call: (stream) => this.#conference.screenShare(stream, { callerName: this.#callerName }),
      show: (state) => this.#showSharing(state),
      notify: this.#notify,
    });
    page['camera-self'].onclick = () => this.toggleCamera();
    page['share-screen'].onclick = () => this.screen.toggle();
    page['view-speaker'].onclick = () => this.setView('speaker');
    page['view-grid'].onclick = () => this.setView('grid');
    page.camera.onchange = () => this.preview();
    this.#showView();
    this.#showCamera('off', null);
  }

  // The join form

  /** A device's ID, `''` for the default one. */
  get cameraChoice() {
    return this.#page.camera.value === 'none' ? '' : this.#page.camera.value;
  }

  /** Opens the chosen camera for the form, so that what is wrong with it shows before joining. */
  async preview() {
    const turn = ++this.#previewTurn;
    this.#closePreview();
    const { camera } = this.#page;
    this.#explainCamera(null);
    if (camera.value === 'none') return;
    try {
      const track = await (testCamera?.open() ?? openCamera(this.cameraChoice));
      if (turn !== this.#previewTurn) return track.stop();
      this.#preview = track;
      this.#page['preview-box'].hidden = false;
      play(this.#page.preview, new MediaStream([track]));
    } catch (error) {
      if (turn === this.#previewTurn) this.#explainCamera(explain(error));
    }
  }

  /** The preview for a choice that was made in an earlier visit: only where nobody is asked anything for it. */
  async previewRemembered() {
    if (testCamera) this.#page.camera.value = '';
    if (this.#page.camera.value === 'none') return;
    if (testCamera || await isCameraGranted()) await this.preview();
  }

  #explainCamera(notice) {
    this.#page['camera-problem'].hidden = !notice;
    this.#page['camera-problem'].textContent = notice ? sentence(notice) : '';
  }

  #closePreview() {
    this.#preview?.stop();
    this.#preview = null;
    play(this.#page.preview, null);
    this.#page['preview-box'].hidden = true;
  }

  // A stay

  /** Turns the camera on, if it was chosen in the form (or `isCameraOn`): before the call, which begins with it. */
  async start({ callerName, isCameraOn = this.#page.camera.value !== 'none' }) {
    this.#callerName = callerName;
    this.#previewTurn += 1;
    const track = this.#preview;
    this.#preview = null;
    this.#closePreview();
    if (!isCameraOn) return track?.stop();
    await this.camera.turnOn(track?.readyState === 'live' ? track : null);
  }

  /** What to send from the first offer on. */
  get tracks() {
    return this.camera.track ? [this.camera.track] : [];
  }

  /** For a new call, before it is placed. */
  attach(call) {
    this.#call = call;
    this.#conference = null;
    this.#extra.attach(call);
    this.camera.startOver();
    call.on('video', () => this.#call === call && this.draw());
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#checkMain(), STUCK_AFTER);
  }

  enter(conference) {
    this.#conference = conference;
    this.draw();
  }

  /** The call is up, and it is known what the server can do. */
  answered(call) {
    if (call !== this.#call) return;
    this.draw();
    if (!this.#call.hasVideo && this.camera.track) {
      this.camera.stop();
      this.#notify('This server carries no pictures. The others hear you all the same.');
    }
  }

  /** The call goes on with new media, of which nobody can say who was to be on which extra picture. */
  reattached() {
    this.#extra.attach(this.#call);
    this.draw();
  }

  membersChanged(members) {
    this.#members = members;
    const self = members.find((member) => member.key === this.#conference?.callID);
    if (self) this.camera.rowChanged(self);
    this.draw();
  }

  leave() {
    clearInterval(this.#timer);
    this.screen.stop();
    this.#call = this.#conference = null;
    this.camera.stop();
    this.#extra.attach(null);
    this.#scene.clear();
    this.#members = [];
    this.#stage.clear();
    this.draw();
  }

  // Buttons and keys

  toggleCamera() {
    if (this.#call?.hasVideo) this.camera.toggle();
  }

  toggleView() {
    this.setView(this.view === 'grid' ? 'speaker' : 'grid');
  }

  setView(view) {
    this.view = view;
    memory.set('view', view);
    this.#showView();
    this.draw();
  }

  /** Another camera was chosen in the settings. */
  async changeCamera(choice) {
    this.#page.camera.value = choice;
    memory.set('camera', choice);
    await this.camera.change();
  }

  // What is shown

  draw = coalesce(40, () => this.#draw());

  #draw() {
    const { stage } = this.#page;
    const hasVideo = this.#call?.hasVideo ?? false;
    this.#page['camera-self'].hidden = !hasVideo;
    this.#page['share-screen'].hidden = !hasVideo || !(canShareScreen || testScreen) || !this.#conference;
    const scene = this.#scene.update(this.#members, this.#conference?.callID);
    const isShown = hasVideo && (!scene.isEmpty || this.camera.state === 'on');
    stage.hidden = !isShown;
    this.#page['room-view'].classList.toggle('watching', isShown);
    const isGrid = isShown && this.view === 'grid';
    // With one other picture, the main one is it.
    this.#extra.show(isGrid && scene.others.length > 1 ? scene.others : []);
    this.#shown.main = isShown ? scene.main : null;
    if (!isShown) return this.#stage.clear();
    const tiles = isGrid ? this.#tiles(scene) : [];
    this.#stage.show({
      view: this.view,
      main: scene.main,
      mainStream: this.#call.picture?.stream ?? null,
      tiles,
      hidden: this.#members.length - tiles.length,
      own: this.#ownStream,
      isOnScreen: Boolean(scene.self?.video?.floor),
    });
  }

  #tiles({ main, self }) {
    const own = this.#ownStream;
    const isOwn = (member) => member.key === self?.key;
    const hasPicture = (member) => (isOwn(member) ? Boolean(own) : Boolean(member.video?.visible));
    return tiled(this.#members, hasPicture).map((member) => {
      const isMain = main?.member.key === member.key && !main.isScreen;
      const stream = this.#extra.streamOf(member.key) ?? (isMain ? this.#call.picture?.stream : null);
      const shown = hasPicture(member) ? stream : null;
      return { member, stream: (isOwn(member) ? own : shown) ?? null, isOwn: isOwn(member) };
    });
  }

  /** The server repairs what it can; a picture that stands still all the same is asked for again, now and then. */
  async #checkMain() {
    const { main, frames } = this.#shown;
    const call = this.#call;
    const isWatched = main && !main.isScreen && this.view === 'speaker' && !document.hidden;
    const now = isWatched ? await framesDecoded(call?.picture?.receiver) : null;
    this.#shown.frames = now;
    if (now !== null && now === frames && call === this.#call) call.refreshVideo().catch(() => {});
  }

  #showView() {
    for (const view of ['speaker', 'grid']) {
      this.#page[`view-${view}`].setAttribute('aria-pressed', String(view === this.view));
    }
  }

  get #ownStream() {
    const { track } = this.camera;
    if (!track) return null;
    if (this.#own?.getVideoTracks()[0] !== track) this.#own = new MediaStream([track]);
    return this.#own;
  }

  #showCamera(state) {
    const button = this.#page['camera-self'];
    button.dataset.state = state;
    this.#page['camera-verb'].textContent = state === 'off' ? 'Start' : 'Stop';
    setIcon(button, state === 'off' ? 'camera-off' : 'camera');
    this.draw();
  }

  #showSharing(state) {
    const button = this.#page['share-screen'];
    button.dataset.state = state;
    this.#page['share-verb'].textContent = state === 'off' ? 'Share' : 'Stop';
    this.#page['share-object'].textContent = state === 'off' ? ' screen' : ' sharing';
  }

  /** Moderators say what they want; for everybody else the keys *0 toggle. */
  #requestMute(muted, row) {
    const conference = this.#conference;
    if (!conference) return Promise.resolve();
    return conference.isModerator
      ? conference.command(muted ? 'vmute' : 'unvmute', row.id)
      : this.#call.dtmf('*0');
  }
}

const sentence = ({ title, text }) => `${title}. ${text}`;

/** How many frames a receiver has decoded, null when nobody knows. Video elements count none of a call in Firefox. */
async function framesDecoded(receiver) {
  for (const stat of (await receiver?.getStats())?.values() ?? []) {
    if (stat.type === 'inbound-rtp') return stat.framesDecoded ?? null;
  }
  return null;
}
