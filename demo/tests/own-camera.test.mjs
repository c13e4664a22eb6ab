import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { OwnCamera } from '../own-camera.js';

class FakeTrack extends EventTarget {
  readyState = 'live';

  stop() {
    this.readyState = 'ended';
  }

  /** As when the device is unplugged. */
  lose() {
    this.stop();
    this.dispatchEvent(new Event('ended'));
  }
}

const row = (muted, sends = true) => ({ id: 12, video: { muted, sends } });

function make(t) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const log = { requests: [], told: [], sent: [], states: [], opened: [] };
  const camera = new OwnCamera({
    open: async () => log.opened[log.opened.push(new FakeTrack()) - 1],
    send: async (track) => log.sent.push(track),
    request: async (muted) => log.requests.push(muted),
    show: (state) => log.states.push(state),
    notify: (problem) => log.told.push(problem.message ?? problem),
  });
  return { camera, ...log };
}

test('off stops the track at once and tells the server, on opens another', async (t) => {
  const { camera, requests, opened, sent, states } = make(t);
  await camera.turnOn();
  camera.rowChanged(row(false));
  assert.deepEqual(requests, []);
  camera.toggle();
  assert.equal(opened[0].readyState, 'ended');
  assert.deepEqual(sent, [opened[0], null]);
  assert.deepEqual(requests, [true]);
  camera.rowChanged(row(true));
  await camera.toggle();
  assert.deepEqual(requests, [true, false]);
  assert.equal(sent.at(-1), opened[1]);
  assert.deepEqual(states, ['starting', 'on', 'off', 'starting', 'on']);
});

test('a key that toggles is sent once at a time', async (t) => {
  const { camera, requests } = make(t);
  await camera.turnOn();
  camera.rowChanged(row(false));
  camera.turnOff();
  await camera.turnOn();
  camera.turnOff();
  assert.deepEqual(requests, [true]);
  camera.rowChanged(row(true));
  assert.deepEqual(requests, [true]);
});

test('a moderator turns it off, and nobody but oneself turns it on', async (t) => {
  const { camera, requests, told, opened } = make(t);
  await camera.turnOn();
  camera.rowChanged(row(false));
  camera.rowChanged(row(true));
  assert.equal(camera.state, 'off');
  assert.equal(opened[0].readyState, 'ended');
  assert.match(told[0], /A moderator turned your camera off/);
  camera.rowChanged(row(false));
  assert.equal(camera.state, 'off');
  assert.match(told[1], /A moderator asks for your picture/);
  assert.deepEqual(requests, [true], 'the row says again what is so');
});

test('who only watches has nothing to mute', async (t) => {
  const { camera, requests } = make(t);
  camera.rowChanged(row(true, false));
  await camera.turnOn();
  camera.turnOff();
  camera.rowChanged({ id: 12, video: null });
  assert.deepEqual(requests, []);
});

test('a camera that was turned off before its row came is off in the row, too', async (t) => {
  const { camera, requests, told } = make(t);
  await camera.turnOn();
  camera.turnOff();
  camera.rowChanged(row(false));
  assert.deepEqual(requests, [true]);
  assert.deepEqual(told, []);
});

test('a room that wants pictures off at first turns the camera off, and says so', async (t) => {
  const { camera, told } = make(t);
  await camera.turnOn();
  camera.rowChanged(row(true));
  assert.equal(camera.state, 'off');
  assert.match(told[0], /off when you enter/);
});

test('a room that does not follow turns the camera off again', async (t) => {
  const { camera, told } = make(t);
  camera.rowChanged(row(true));
  await camera.turnOn();
  assert.equal(camera.state, 'on');
  mock.timers.tick(2_000);
  assert.equal(camera.state, 'off');
  assert.match(told[0], /does not let you/);
});

test('a camera that opens too late, or not at all, is off', async (t) => {
  const { camera, told, opened } = make(t);
  const starting = camera.turnOn();
  camera.turnOff();
  await starting;
  assert.deepEqual([camera.state, opened[0].readyState], ['off', 'ended']);
  const broken = new OwnCamera({
    open: () => Promise.reject(new Error('busy')),
    send: async () => {},
    show() {},
    notify: ({ message }) => told.push(message),
  });
  await broken.turnOn();
  assert.deepEqual([broken.state, told], ['off', ['busy']]);
});

test('a call that does not take the picture turns the camera off', async (t) => {
  const told = [];
  const track = new FakeTrack();
  const camera = new OwnCamera({
    open: async () => track,
    send: (picture) => (picture ? Promise.reject(new Error('refused')) : Promise.resolve()),
    show() {},
    notify: ({ message }) => told.push(message),
  });
  await camera.turnOn();
  assert.deepEqual([camera.state, track.readyState, told], ['off', 'ended', ['refused']]);
});

test('an unplugged camera is off, and says what to do', async (t) => {
  const { camera, opened, told } = make(t);
  await camera.turnOn();
  opened[0].lose();
  assert.equal(camera.state, 'off');
  assert.match(told[0], /Choose another one/);
});

test('another camera takes the place of the old one, which goes first', async (t) => {
  const { camera, opened, sent, requests } = make(t);
  await camera.turnOn();
  camera.rowChanged(row(false));
  await camera.change();
  assert.deepEqual([opened[0].readyState, camera.track, sent.at(-1)], ['ended', opened[1], opened[1]]);
  assert.deepEqual(requests, []);
});
