import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PictureSlots, Scene, tiled } from '../scene.js';

/** `A` has a picture, `a` has none; `*` holds the floor, `#` shares a screen. */
function members(text) {
  return text.split(' ').filter(Boolean).map((word, index) => {
    const isSeen = word[0] !== word[0].toLowerCase();
    return {
      key: word[0].toUpperCase(),
      id: index + 1,
      talking: false,
      video: { visible: isSeen, floor: word.includes('*'), screen: word.includes('#') },
    };
  });
}

const shown = ({ main }) => (main ? main.member.key + (main.isScreen ? '#' : '') : null);

for (const [what, steps, expected] of [
  ['nobody', ['s a b'], null],
  ['the one with the floor', ['S A* B'], 'A'],
  ['for the one with the floor the one before', ['S A* B', 'S A B*', 'S* A B'], 'B'],
  ['for the one with the floor the newest, when the one before is not known', ['S* A B'], 'B'],
  ['for the one with the floor the newest, when the one before is gone', ['S A* B', 'S* A B', 'S* a B'], 'B'],
  ['nobody, when one is alone with a picture', ['S* a b'], null],
  ['a shared screen', ['S A* B', 'S A B#'], 'B#'],
  ['the latest of two shared screens', ['S A* B', 'S A# B', 'S A# B#'], 'B#'],
  ['the other one, when the latest ends', ['S A* B', 'S A B#', 'S A# B#', 'S A B#'], 'B#'],
  ['whom a moderator puts before a screen', ['S A* B', 'S A B#', 'S A* B#'], 'A'],
  ['for the one who shares the one who had the floor', ['S A* B', 'S# A B'], 'A'],
  ['for the one who shares and had the floor the one before', ['S A* B', 'S* A B', 'S# A B'], 'A'],
  ['the same one as before, while the rows that tell are on their way', ['S A* B', 'S A B'], 'A'],
  ['the one with the floor again after a screen', ['S A* B', 'S A B#', 'S A* B'], 'A'],
]) {
  test(`the main picture is that of ${what}`, () => {
    const scene = new Scene();
    assert.equal(shown(steps.map((step) => scene.update(members(step), 'S')).at(-1)), expected);
  });
}

test('a room without pictures is empty, one with any is not', () => {
  const scene = new Scene();
  assert.equal(scene.update(members('s a b'), 'S').isEmpty, true);
  assert.equal(scene.update(members('s a B*'), 'S').isEmpty, false);
  assert.equal(scene.update(members('S* a b'), 'S').isEmpty, false);
  assert.equal(scene.update([{ key: 'A', id: 1, video: null }], 'S').isEmpty, true);
});

test('who is on a picture stays there while others come and go', () => {
  const slots = new PictureSlots();
  assert.deepEqual(slots.assign(['1', '2', '3'], members('A B'), 0), { 1: 'A', 2: 'B' });
  assert.deepEqual(slots.assign(['1', '2', '3'], members('X A B'), 1), { 3: 'X' });
  assert.deepEqual(slots.assign(['1', '2', '3'], members('X B'), 2), { 1: null });
  assert.deepEqual(slots.assign(['1', '2', '3'], members('X B C'), 3), { 1: 'C' });
  assert.deepEqual(slots.assign(['1', '2', '3'], members('X B C'), 4), {});
  assert.equal(slots.mid('C'), '1');
});

test('whoever talks takes the picture of who has been silent for longest', () => {
  const slots = new PictureSlots();
  const talking = (list, ...keys) => list.map((each) => ({ ...each, talking: keys.includes(each.key) }));
  const all = members('A B C');
  slots.assign(['1', '2'], talking(all, 'A'), 100);
  assert.deepEqual(slots.assign(['1', '2'], talking(all, 'C'), 200), { 2: 'C' });
  assert.deepEqual(slots.assign(['1', '2'], talking(all, 'B'), 300), { 1: 'B' });
  assert.deepEqual(slots.assign(['1', '2'], talking(all, 'A', 'B', 'C'), 400), {}, 'all of them talk');
});

test('pictures that come later are filled, and nobody is on any for nobody', () => {
  const slots = new PictureSlots();
  assert.deepEqual(slots.assign([], members('A B'), 0), {});
  assert.deepEqual(slots.assign(['1', '2'], members('A B'), 1), { 1: 'A', 2: 'B' });
  assert.deepEqual(slots.assign(['1', '2'], [], 2), { 1: null, 2: null });
});

test('the grid has room for those with a picture first, in the order of the list', () => {
  const list = members('a B c D e F g H i J');
  list[8].talking = true;
  const keys = tiled(list, ({ video }) => video.visible, 6).map(({ key }) => key).join('');
  assert.equal(keys, 'BDFHIJ'.split('').sort().join(''));
  assert.equal(tiled(list, ({ video }) => video.visible, 20).length, 10);
});
