/** The pictures on the page: the speaker's, the grid's tiles, and one's own. Draws what it is given, keeps nothing. */
import { avatar, element, icon } from './page.js';

export class Stage {
  #parts;
  #tiles = new Map();
  #standIn;

  /** @param {Record<string, HTMLElement>} parts `stage`, `main`, `mainVideo`, `standIn`, `mainName`, `grid`, `more`,
   *   `self`, `selfVideo`, `selfName`. */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * @param {object} scene
   * @param {string} scene.view `speaker` or `grid`.
   * @param {?{member: object, isScreen: boolean}} scene.main
   * @param {?MediaStream} scene.mainStream
   * @param {{member: object, stream: ?MediaStream, isOwn: boolean}[]} scene.tiles
   * @param {number} scene.hidden How many members have no tile.
   * @param {?MediaStream} scene.own One's own picture; null when the camera is off.
   * @param {boolean} scene.isOnScreen Whether the others see it large.
   */
  show({ view, main, mainStream, tiles, hidden, own, isOnScreen }) {
    const { stage, grid, more, self, selfVideo, selfName } = this.#parts;
    const isGrid = view === 'grid';
    stage.dataset.view = view;
    stage.classList.toggle('with-screen', Boolean(main?.isScreen));
    this.#showMain(main, mainStream, isGrid);
    grid.hidden = !isGrid;
    this.#showTiles(isGrid ? tiles : []);
    more.hidden = !isGrid || hidden <= 0;
    setText(more, `and ${hidden} more in the list`);
    self.hidden = isGrid || !own;
    self.dataset.floor = isOnScreen;
    setText(selfName, isOnScreen ? 'You, on screen' : 'You');
    play(selfVideo, isGrid ? null : own);
  }

  clear() {
    const { mainVideo, selfVideo } = this.#parts;
    play(mainVideo, null);
    play(selfVideo, null);
    this.#showTiles([]);
  }

  #showMain(main, stream, isGrid) {
    const { main: figure, mainVideo, mainName, standIn } = this.#parts;
    figure.hidden = isGrid && !main?.isScreen;
    figure.classList.toggle('screen', Boolean(main?.isScreen));
    figure.dataset.talking = Boolean(main && !main.isScreen && main.member.talking);
    const name = main?.member.name ?? '';
    setText(mainName, main?.isScreen ? `${name}’s screen` : name);
    mainName.hidden = !main;
    mainVideo.hidden = !main;
    play(mainVideo, main ? stream : null);
    const wanted = main && !stream ? main.member.name : main ? '' : null;
    standIn.hidden = wanted === '';
    if (wanted === this.#standIn) return;
    this.#standIn = wanted;
    const nobody = [icon('camera-off'), 'Nobody else shows a picture'];
    standIn.replaceChildren(...(wanted === null ? nobody : [avatar(wanted)]));
  }

  #showTiles(tiles) {
    const { grid } = this.#parts;
    grid.dataset.count = tiles.length;
    grid.style.setProperty('--columns', Math.ceil(Math.sqrt(tiles.length)) || 1);
    grid.style.setProperty('--rows', Math.ceil(tiles.length / Math.ceil(Math.sqrt(tiles.length))) || 1);
    const keys = new Set(tiles.map(({ member }) => member.key));
    for (const [key, tile] of this.#tiles) {
      if (keys.has(key)) continue;
      tile.dispose();
      this.#tiles.delete(key);
    }
    tiles.forEach((each, index) => {
      let tile = this.#tiles.get(each.member.key);
      if (!tile) this.#tiles.set(each.member.key, (tile = new Tile(each.member)));
      // A video that is moved stops, so only what is not in its place moves.
      const before = grid.children[index];
      if (before !== tile.node) grid.insertBefore(tile.node, before ?? null);
      tile.show(each);
    });
  }
}

/** One member in the grid: the picture, or initials where there is none. */
class Tile {
  #video = makeVideo();
  #avatar;
  #name = element('span', { className: 'picture-text' });
  #muted = element('span', { className: 'picture-mark' }, icon('mic-off'));

  constructor(member) {
    this.#avatar = avatar(member.name);
    this.#muted.append(element('span', { className: 'visually-hidden' }, 'muted'));
    const caption = element('figcaption', { className: 'picture-name' }, this.#muted, this.#name);
    const properties = { className: 'picture tile', 'data-testid': `tile-${member.id}` };
    this.node = element('figure', properties, this.#avatar, this.#video, caption);
  }

  show({ member, stream, isOwn }) {
    setText(this.#name, isOwn ? 'You' : member.name);
    this.node.dataset.talking = member.talking && !member.muted;
    this.node.dataset.muted = member.muted;
    this.node.dataset.video = Boolean(stream);
    this.node.dataset.floor = Boolean(member.video?.floor);
    this.node.classList.toggle('own', isOwn);
    this.#muted.hidden = !member.muted;
    this.#avatar.hidden = Boolean(stream);
    this.#video.hidden = !stream;
    play(this.#video, stream);
  }

  dispose() {
    play(this.#video, null);
    this.node.remove();
  }
}

function makeVideo() {
  return element('video', { autoplay: true, muted: true, playsInline: true, disablePictureInPicture: true });
}

/** Puts `stream` (or nothing) on a video element. */
export function play(video, stream) {
  if (video.srcObject !== (stream ?? null)) video.srcObject = stream ?? null;
  if (stream && video.paused) video.play().catch(() => {}); // one that was moved on the page has stopped
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
