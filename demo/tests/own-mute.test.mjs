import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { OwnMute } from '../own-mute.js';

function make(t) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const requests = [];
  const told = [];
  const mute = new OwnMute({
    request: async (muted) => requests.push(muted),
    apply: (muted) => (mute.applied = muted),
    notify: (text) => told.push(text),
  });
  return { mute, requests, told };
}

test('a wish counts at once and asks the server once', (t) => {
  const { mute, requests, told } = make(t);
  mute.rowChanged({ muted: false });
  mute.toggle();
  assert.equal(mute.applied, true);
  assert.deepEqual(requests, [true]);
  mute.rowChanged({ muted: true });
  mute.toggle();
  assert.equal(mute.applied, false);
  mute.rowChanged({ muted: false });
  assert.deepEqual([mute.applied, mute.isMuted], [false, false]);
  assert.deepEqual(requests, [true, false]);
  assert.deepEqual(told, []);
});

test('quick clicks end in the state of the last one', (t) => {
  const { mute, requests, told } = make(t);
  mute.rowChanged({ muted: false });
  for (const muted of [true, false, true, false]) {
    mute.toggle();
    assert.equal(mute.applied, muted);
  }
  assert.deepEqual(requests, [true], 'one at a time, since the key toggles');
  mute.rowChanged({ muted: true });
  assert.deepEqual(requests, [true, false]);
  assert.equal(mute.applied, false);
  mute.rowChanged({ muted: false });
  assert.equal(mute.applied, false);
  assert.deepEqual(told, []);
});

test('a moderator mutes, and one unmutes oneself', (t) => {
  const { mute, requests, told } = make(t);
  mute.rowChanged({ muted: false });
  mute.rowChanged({ muted: true });
  assert.equal(mute.applied, true);
  assert.deepEqual(told, ['A moderator muted you.']);
  mute.toggle();
  assert.equal(mute.applied, false);
  assert.deepEqual(requests, [false]);
});

test('a moderator cannot open a microphone that was closed here', (t) => {
  const { mute, requests, told } = make(t);
  mute.rowChanged({ muted: false });
  mute.toggle();
  mute.rowChanged({ muted: true });
  mute.rowChanged({ muted: false });
  assert.equal(mute.applied, true);
  assert.equal(told.length, 1);
  assert.deepEqual(requests, [true]);
  mute.toggle();
  assert.equal(mute.applied, false);
});

test('a server that does not follow leaves the mute local', (t) => {
  const { mute } = make(t);
  mute.rowChanged({ muted: false });
  mute.toggle();
  mock.timers.tick(2_000);
  assert.equal(mute.applied, true);
});

test('a room that forbids unmuting shows it after a moment', (t) => {
  const { mute } = make(t);
  mute.rowChanged({ muted: true });
  assert.equal(mute.applied, true);
  mute.toggle();
  assert.equal(mute.applied, false);
  mock.timers.tick(2_000);
  assert.equal(mute.applied, true);
});

test('a new call into the room keeps the mute and tells the server again', (t) => {
  const { mute, requests, told } = make(t);
  mute.rowChanged({ muted: false });
  mute.toggle();
  mute.rowChanged({ muted: true });
  mute.startOver();
  assert.equal(mute.isMuted, true);
  mute.rowChanged({ muted: false });
  assert.deepEqual(requests, [true, true]);
  assert.equal(mute.applied, true);
  assert.deepEqual(told, []);
});
