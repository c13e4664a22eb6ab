import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainCallEnd } from '../call-endings.js';
import { Phone } from '../phone.js';
import { Emitter, VertoError } from '../verto.js';
import { FakeStream, track } from './support/fake-media.mjs';

globalThis.MediaStream = FakeStream;

const microphone = () => new FakeStream([{ ...track('audio'), enabled: true, stop() { this.isStopped = true; } }]);

/** A call as the library has it, without a server. */
class FakeCall extends Emitter {
  state = 'new';
  isHeld = false;
  asked = [];

  constructor(remote) {
    super();
    this.remote = remote;
  }

  become(state) {
    this.state = state;
    this.emit('state', state);
  }

  end(cause, remote = true) {
    this.become('ended');
    this.emit('ended', { cause, remote, lost: false });
  }

  async invite() {
    this.asked.push('invite');
  }

  async answer(stream) {
    this.asked.push('answer');
    this.sent = stream;
    this.become('active');
  }

  async hold() {
    this.asked.push('hold');
    this.isHeld = true;
    this.emit('hold', true);
  }

  async unhold() {
    this.asked.push('unhold');
    this.isHeld = false;
    this.emit('hold', false);
  }

  async transfer(destination) {
    if (destination === 'nowhere') throw new VertoError('refused', 'call is not bridged');
    this.asked.push(`transfer ${destination}`);
  }

  async replace(other) {
    this.asked.push(`replace ${other.remote.name}`);
  }

  async replaceStream(stream) {
    this.sent = stream;
  }

  decline() {
    this.asked.push('decline');
    this.end('CALL_REJECTED', false);
  }

  hangup() {
    this.asked.push('hangup');
    this.end('NORMAL_CLEARING', false);
  }
}

function makePhone() {
  const streams = [];
  const notices = [];
  const busy = [];
  const phone = new Phone({
    call: ({ destination, stream }) => Object.assign(new FakeCall({ name: '', number: destination }), { sent: stream }),
    openSound: async () => streams[streams.push(microphone()) - 1],
    openCamera: async () => ({ kind: 'video', stop() { this.isStopped = true; } }),
    callerName: () => 'Me',
    now: () => 5_000,
  });
  phone.on('ended', (line, notice) => notices.push(notice?.title));
  phone.on('busy', (isBusy) => busy.push(isBusy));
  /** A call of ours that is up. */
  const talking = async (name) => {
    const line = await phone.dial(name);
    line.call.remote = { name, number: '' };
    line.call.become('active');
    return line;
  };
  return { phone, streams, notices, busy, talking };
}

test('a second call puts the first on hold, and both have one microphone', async () => {
  const { phone, streams, talking } = makePhone();
  const ann = await talking('Ann');
  assert.deepEqual([ann.state, ann.since, ann.isUp], ['active', 5_000, true]);
  const ben = await talking('Ben');
  assert.deepEqual([ann.isHeld, ben.isHeld, phone.talking], [true, false, ben]);
  await phone.resume(ann);
  assert.deepEqual([ann.isHeld, ben.isHeld, phone.talking], [false, true, ann]);
  assert.equal(streams.length, 1);
});

test('a call that nobody has answered yet gives way', async () => {
  const { phone, talking } = makePhone();
  const ann = await phone.dial('Ann');
  await talking('Ben');
  assert.deepEqual(ann.call.asked, ['invite', 'hangup']);
  assert.equal(phone.lines.length, 1);
});

test('the microphone is open as long as there are lines', async () => {
  const { phone, streams, talking } = makePhone();
  const ann = await talking('Ann');
  phone.toggleMute();
  const [sound] = streams[0].getTracks();
  assert.equal(sound.enabled, false);
  phone.hangup(ann);
  assert.deepEqual([sound.isStopped, phone.isMuted], [true, false]);
  await talking('Ben');
  assert.equal(streams.length, 2);
});

test('a call that comes rings until it is accepted, and whom one talks to waits', async () => {
  const { phone, talking } = makePhone();
  const ann = await talking('Ann');
  const call = new FakeCall({ name: 'Ben', number: '1001' });
  const line = phone.ring(call);
  assert.deepEqual([phone.ringing, phone.talking], [line, ann]);
  await phone.accept(line, { withVideo: true });
  assert.deepEqual([ann.isHeld, line.state, phone.ringing], [true, 'active', null]);
  assert.deepEqual(call.sent.getTracks().map(({ kind }) => kind), ['audio', 'video']);
  phone.hangup(line);
  assert.equal(line.camera.isStopped, true);
});

test('a microphone that cannot be opened leaves the call ringing', async () => {
  const { phone } = makePhone();
  const call = Object.assign(new FakeCall({ name: 'Ben' }), { state: 'ringing' });
  const line = phone.ring(call);
  const broken = new Phone({ openSound: async () => Promise.reject(new Error('no microphone')), callerName: () => '' });
  const other = broken.ring(call);
  await assert.rejects(broken.accept(other), /no microphone/);
  assert.equal(other.state, 'ringing');
  assert.equal(line.state, 'ringing');
});

test('says how calls ended', async () => {
  const { phone, notices, talking } = makePhone();
  (await phone.dial('1001')).call.end('USER_BUSY');
  (await talking('Ann')).call.end('NORMAL_CLEARING');
  phone.ring(new FakeCall({ name: 'Ben', number: '1001' })).call.end('NORMAL_CLEARING');
  phone.ring(new FakeCall({ name: 'Ben', number: '1001' })).call.end('LOSE_RACE');
  phone.hangup(await talking('Cleo'));
  assert.deepEqual(notices, [
    '1001 is busy', 'Ann has hung up', 'You missed a call from Ben', 'Answered elsewhere', undefined,
  ]);
});

test('a transfer that is refused leaves the call as it was, and one that is done is said', async () => {
  const { phone, notices, talking } = makePhone();
  const ann = await talking('Ann');
  await assert.rejects(phone.transfer(ann, 'nowhere'), /not bridged/);
  assert.equal(ann.sentTo, null);
  await phone.transfer(ann, '3500');
  ann.call.end('BLIND_TRANSFER');
  assert.deepEqual(notices, ['Ann is connected with 3500']);
});

test('connects the one on hold with the one that is talked to, or called', async () => {
  const { phone, talking } = makePhone();
  const ann = await talking('Ann');
  assert.equal(phone.pair, null);
  const ben = await phone.dial('Ben');
  assert.deepEqual(phone.pair, [ann, ben]);
  await phone.connectBoth();
  assert.equal(ann.call.asked.at(-1), 'replace ');
  phone.ring(new FakeCall({ name: 'Cleo' }));
  assert.deepEqual(phone.pair, [ann, ben], 'nobody who only rings');
});

test('tells when somebody is talked to and when nobody is any more', async () => {
  const { phone, busy, talking } = makePhone();
  const ann = await talking('Ann');
  await phone.hold(ann);
  await phone.resume(ann);
  ann.call.end('NORMAL_CLEARING');
  assert.deepEqual(busy, [true, false, true, false]);
});

test('a line that is given up goes on with what it sends', async () => {
  const { phone, streams, talking } = makePhone();
  const ann = await talking('Ann');
  assert.equal(await phone.release(ann), streams[0]);
  assert.equal(streams[0].getTracks()[0].isStopped, undefined);
  ann.call.end('NORMAL_CLEARING');
  await talking('Ben');
  const cleo = await talking('Cleo');
  const own = await phone.release(cleo);
  assert.notEqual(own, streams[1], 'Ben still needs that');
  assert.equal(cleo.call.sent, own);
});

test('a call of the page before goes on where it was', async () => {
  const { phone } = makePhone();
  const call = Object.assign(new FakeCall({ name: 'Ann' }), { state: 'recovering' });
  const line = await phone.takeUp(call, { since: 1_000, isHeld: true, isMuted: true });
  assert.deepEqual([line.state, line.since, line.isHeld, phone.isMuted], ['active', 1_000, true, true]);
  assert.equal(call.sent.getTracks()[0].enabled, false);
});

test('every end has words that say what to do', () => {
  const said = (cause, wasUp = false) => explainCallEnd({ cause, remote: true, lost: false }, '1001', wasUp);
  const titles = {
    USER_BUSY: '1001 is busy',
    USER_NOT_REGISTERED: '1001 cannot be reached',
    NO_ANSWER: '1001 does not answer',
    CALL_REJECTED: '1001 declined the call',
    UNALLOCATED_NUMBER: 'Nobody has the number 1001',
    SOMETHING_NEW: '1001 could not be called',
  };
  for (const [cause, title] of Object.entries(titles)) {
    const notice = said(cause);
    assert.equal(notice.title, title);
    assert.ok(notice.text.length > 10);
  }
  assert.match(said('SOMETHING_NEW').text, /SOMETHING_NEW/);
  assert.equal(said('NORMAL_CLEARING', true).title, '1001 has hung up');
  assert.equal(explainCallEnd({ cause: 'NORMAL_CLEARING', remote: false }, '1001', true), null);
  assert.match(explainCallEnd({ cause: 'CONNECTION_LOST', remote: true, lost: true }, '1001', true).title, /lost/);
});
