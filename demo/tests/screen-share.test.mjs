import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conference, Emitter } from '../verto.js';
import { ScreenShare } from '../screen-share.js';

class FakeTrack extends EventTarget {
  contentHint = '';
  isStopped = false;

  stop() {
    this.isStopped = true;
  }
}

const streamOf = (track) => ({ getTracks: () => [track], getVideoTracks: () => [track] });

class FakeCall extends Emitter {
  hasVideo = true;
  isOver = false;

  async invite() {}

  hangup() {
    this.#end(false);
  }

  endFromServer() {
    this.#end(true);
  }

  #end(remote) {
    if (this.isOver) return;
    this.isOver = true;
    this.emit('ended', { remote });
  }
}

/** A share by way of a real {@link Conference} with a client that makes fake calls. */
function make({ open, hasVideo = true } = {}) {
  const track = new FakeTrack();
  const calls = [];
  const told = [];
  const states = [];
  const call = (options) => calls[calls.push(Object.assign(new FakeCall(), { options, hasVideo })) - 1];
  const conference = new Conference({ call }, { callID: 'C-1', laName: '3500' });
  const share = new ScreenShare({
    open: open ?? (async () => streamOf(track)),
    call: (stream) => conference.screenShare(stream, { callerName: 'Ann' }),
    show: (state) => states.push(state),
    notify: (problem) => told.push(problem.message ?? problem),
  });
  return { share, track, calls, told, states };
}

test('a second call without sound shows the screen, until it is stopped', async () => {
  const { share, track, calls, told, states } = make();
  await share.toggle();
  const { destination, audio, watch, callerName, dialogParams } = calls[0].options;
  assert.deepEqual([destination, audio, watch, callerName], ['3500-screen', false, false, 'Ann']);
  assert.deepEqual(dialogParams, { screenShare: true });
  assert.equal(track.contentHint, 'detail');
  share.toggle();
  assert.deepEqual([calls[0].isOver, track.isStopped, states], [true, true, ['asking', 'on', 'off']]);
  assert.deepEqual(told, []);
});

test('the browser’s own button ends it', async () => {
  const { share, track, calls, told } = make();
  await share.start();
  track.dispatchEvent(new Event('ended'));
  assert.deepEqual([share.state, calls[0].isOver, told], ['off', true, []]);
});

test('an end from the server is told', async () => {
  const { share, track, calls, told } = make();
  await share.start();
  calls[0].endFromServer();
  assert.deepEqual([share.state, track.isStopped], ['off', true]);
  assert.match(told[0], /not shown any more/);
});

test('who closes the browser’s dialogue is not told anything', async () => {
  const error = Object.assign(new Error('Permission denied'), { name: 'NotAllowedError', device: 'screen' });
  const { share, told, calls } = make({ open: () => Promise.reject(error) });
  await share.start();
  assert.deepEqual([share.state, told, calls.length], ['off', [], 0]);
});

test('a system that forbids it is told', async () => {
  const error = Object.assign(new Error('Permission denied by system'), { name: 'NotAllowedError', device: 'screen' });
  const { share, told } = make({ open: () => Promise.reject(error) });
  await share.start();
  assert.deepEqual([share.state, told], ['off', ['Permission denied by system']]);
});

test('a screen chosen after leaving is not shown', async () => {
  let choose;
  const { share, track, calls } = make({ open: () => new Promise((resolve) => (choose = resolve)) });
  const starting = share.start();
  share.stop();
  choose(streamOf(track));
  await starting;
  assert.deepEqual([share.state, track.isStopped, calls.length], ['off', true, 0]);
});

test('a server that takes no picture is told', async () => {
  const { share, told, track } = make({ hasVideo: false });
  await share.start();
  assert.deepEqual([share.state, track.isStopped], ['off', true]);
  assert.match(told[0], /no pictures/);
});
