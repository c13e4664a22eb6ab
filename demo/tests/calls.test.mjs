import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { PresenceWatch } from '../verto.js';
import { FakeStream, fakePeers, track } from './support/fake-media.mjs';
import { settled, signedIn } from './support/fake-server.mjs';

const sound = () => new FakeStream([track('audio')]);
const fromAnn = { caller_id_name: 'Ann', caller_id_number: '1001', callee_id_number: '1008', display_direction: 'outbound' };

/** A call from Ann that rings here. */
async function ringing(t, params = {}) {
  const peers = fakePeers();
  const { client, socket, sockets } = await signedIn(t);
  const calls = [];
  client.on('invite', (call) => calls.push(call));
  const sdp = 'audio sendrecv';
  socket.say({ id: 1040, method: 'verto.invite', params: { callID: 'C-1', sdp, variables: {}, ...fromAnn, ...params } });
  return { client, socket, sockets, peers, call: calls[0] };
}

async function answered(t, params) {
  const all = await ringing(t, params);
  const answering = all.call.answer(sound(), { name: 'Me' });
  await settled();
  all.socket.reply({});
  await answering;
  return all;
}

test('an incoming call says who calls, and is answered with what the server said of it', async (t) => {
  const { call, socket } = await ringing(t, { 'verto_h_X-Team': 'red' });
  assert.deepEqual([call.state, call.isIncoming, call.offersVideo], ['ringing', true, false]);
  assert.deepEqual(call.remote, { name: 'Ann', number: '1001' });
  assert.deepEqual(socket.sent.at(-1), { jsonrpc: '2.0', id: 1040, result: { method: 'verto.invite' } });
  const answering = call.answer(sound(), { name: 'Me' });
  await settled();
  const { method, params } = socket.sent.at(-1);
  assert.equal(method, 'verto.answer');
  assert.equal(params.sdp, 'audio sendrecv');
  const { dialogParams } = params;
  assert.deepEqual(
    [dialogParams.callID, dialogParams.caller_id_name, dialogParams.callee_id_name, dialogParams['verto_h_X-Team']],
    ['C-1', 'Ann', 'Me', 'red'],
  );
  assert.equal(call.state, 'answering');
  socket.reply({});
  await answering;
  assert.equal(call.state, 'active');
});

test('a declined call is rejected, and one that nobody listens for is, too', async (t) => {
  const { call, socket, client } = await ringing(t);
  call.decline();
  assert.deepEqual([socket.sent.at(-1).method, socket.sent.at(-1).params.cause], ['verto.bye', 'CALL_REJECTED']);
  assert.equal(call.state, 'ended');
  const other = await signedIn(t);
  other.socket.say({ id: 5, method: 'verto.invite', params: { callID: 'C-9', sdp: 'audio sendrecv' } });
  assert.equal(other.socket.sent.at(-1).params.cause, 'CALL_REJECTED');
  assert.ok(client);
});

test('an answer that comes too late ends the call here', async (t) => {
  const { call, socket } = await ringing(t);
  const ends = [];
  call.on('ended', (end) => ends.push(end));
  const answering = call.answer(sound());
  await settled();
  socket.refuse({ code: -32002, message: 'CALL DOES NOT EXIST' });
  await assert.rejects(answering, { kind: 'refused' });
  assert.equal(call.state, 'ended');
  assert.equal(ends.length, 1);
});

test('a caller who gives up while we answer wins', async (t) => {
  const { call, socket } = await ringing(t);
  const answering = call.answer(sound());
  await settled();
  socket.say({ id: 6, method: 'verto.bye', params: { callID: 'C-1', cause: 'ORIGINATOR_CANCEL', causeCode: 487 } });
  await assert.rejects(answering, { kind: 'ended', cause: 'ORIGINATOR_CANCEL' });
});

test('hold follows what the server says, also when it says no', async (t) => {
  const { call, socket } = await answered(t);
  const heard = [];
  call.on('hold', (isHeld) => heard.push(isHeld));
  const holding = call.hold();
  assert.deepEqual([socket.sent.at(-1).method, socket.sent.at(-1).params.action], ['verto.modify', 'hold']);
  socket.reply({ callID: 'C-1', action: 'hold', holdState: 'held' });
  assert.equal(await holding, true);
  const toggling = call.toggleHold();
  socket.reply({ holdState: 'active' });
  assert.equal(await toggling, false);
  const again = call.hold();
  socket.reply({ holdState: 'active' });
  assert.equal(await again, false, 'not while it is not answered, say');
  assert.deepEqual(heard, [true, false]);
});

test('transfer, replace and keys name the call', async (t) => {
  const { call, socket, client } = await answered(t);
  const asked = () => {
    const { method, params: { action, destination, replaceCallID, dtmf, dialogParams } } = socket.sent.at(-1);
    return [method, action ?? dtmf, destination ?? replaceCallID, dialogParams.callID];
  };
  const transferring = call.transfer('3500');
  assert.deepEqual(asked(), ['verto.modify', 'transfer', '3500', 'C-1']);
  socket.refuse({ message: 'call is not bridged', code: -32002 });
  await assert.rejects(transferring, /not bridged/);
  const other = client.call({ destination: '1002' });
  call.replace(other).catch(() => {});
  assert.deepEqual(asked(), ['verto.modify', 'replace', other.callID, 'C-1']);
  call.dtmf('#').catch(() => {});
  assert.deepEqual(asked(), ['verto.info', '#', undefined, 'C-1']);
});

test('the other party’s name follows verto.display', async (t) => {
  const { call, socket } = await answered(t);
  const seen = [];
  call.on('remote', ({ name }) => seen.push(name));
  const params = { callID: 'C-1', display_name: 'Cleo', display_number: '1002' };
  socket.say({ id: 7, method: 'verto.display', params });
  assert.deepEqual(seen, ['Cleo']);
  assert.deepEqual(call.remote, { name: 'Cleo', number: '1002' });
});

test('early media play before the answer, and said twice do no harm', async (t) => {
  fakePeers();
  const { client, socket } = await signedIn(t);
  const call = client.call({ destination: '1001', stream: sound() });
  const states = [];
  call.on('state', (state) => states.push(state));
  const inviting = call.invite();
  await settled();
  socket.reply({ message: 'CALL CREATED' }, socket.asked('verto.invite'));
  await settled();
  socket.say({ id: 8, method: 'verto.media', params: { callID: call.callID, sdp: 'sendrecv' } });
  await settled();
  socket.say({ id: 9, method: 'verto.media', params: { callID: call.callID } });
  socket.say({ id: 10, method: 'verto.answer', params: { callID: call.callID } });
  await inviting;
  socket.say({ id: 11, method: 'verto.media', params: { callID: call.callID } });
  await settled();
  assert.deepEqual(states, ['gathering', 'requesting', 'trying', 'early', 'active']);
});

function useVirtualTime(t) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.after(() => mock.timers.reset());
}

/** The connection of `all` breaks and is there again, with `offer` for call C-1 unless null. */
async function reconnect(all, offer) {
  all.sockets.at(-1).onclose();
  mock.timers.tick(1_000);
  const socket = all.sockets.at(-1);
  socket.open();
  socket.reply({ sessid: 'S-1' });
  await settled();
  if (offer) socket.say({ id: 20, method: 'verto.attach', params: { callID: 'C-1', sdp: offer, ...fromAnn } });
  socket.say({ id: 21, method: 'verto.clientReady', params: { reattached_sessions: offer ? ['C-1'] : [] } });
  await settled();
  return socket;
}

test('a call goes on after a lost connection, heard on the old media until the new ones are connected', async (t) => {
  useVirtualTime(t);
  const all = await answered(t);
  const { call, peers } = all;
  peers[0].become('connected');
  const heard = [call.remoteStream];
  const events = [];
  call.on('track', (stream) => heard.push(stream));
  for (const event of ['reattached', 'ended']) call.on(event, () => events.push(event));
  const socket = await reconnect(all, 'audio sendrecv');
  const { method, params } = socket.sent.at(-1);
  assert.deepEqual([method, params.sdp, params.dialogParams.callID], ['verto.attach', 'audio sendrecv', 'C-1']);
  assert.equal(peers[1].transceivers[0].sender.track, peers[0].transceivers[0].sender.track, 'the same microphone');
  socket.reply({});
  await settled();
  assert.deepEqual([call.state, events], ['active', ['reattached']]);
  assert.deepEqual([heard.length, peers[0].isClosed], [1, false]);
  peers[1].become('connected');
  assert.deepEqual([heard.length, peers[0].isClosed], [2, true]);
  assert.notEqual(heard[1], heard[0]);
});

test('old media do not stay for ever', async (t) => {
  useVirtualTime(t);
  const all = await answered(t);
  const socket = await reconnect(all, 'audio sendrecv');
  socket.reply({});
  await settled();
  mock.timers.tick(5_000);
  assert.equal(all.peers[0].isClosed, true);
});

test('a connection that breaks again while a call is taken up leaves it to the next one', async (t) => {
  useVirtualTime(t);
  const all = await answered(t);
  all.peers[0].become('connected');
  await reconnect(all, 'audio sendrecv');
  assert.equal(all.call.state, 'recovering');
  const socket = await reconnect(all, 'audio sendrecv');
  socket.reply({});
  await settled();
  assert.equal(all.call.state, 'active');
  assert.deepEqual(all.peers.map(({ isClosed }) => isClosed), [false, true, false]);
});

test('a call that the server has not kept is lost', async (t) => {
  useVirtualTime(t);
  const all = await answered(t);
  const ends = [];
  all.call.on('ended', ({ lost, cause }) => ends.push([lost, cause]));
  await reconnect(all, null);
  assert.deepEqual(ends, [[true, 'CONNECTION_LOST']]);
});

test('a page that was loaded again takes up its call', async (t) => {
  const peers = fakePeers();
  const { client, socket } = await signedIn(t);
  const kept = [];
  client.on('attach', (call) => kept.push(call));
  const details = { caller_id_name: 'Me', callee_id_name: 'Outbound Call', callee_id_number: '3500', display_direction: 'inbound' };
  const sdp = 'audio sendrecv\nvideo sendrecv';
  socket.say({ id: 30, method: 'verto.attach', params: { callID: 'C-4', sdp, ...details } });
  const [call] = kept;
  assert.deepEqual([call.callID, call.state, call.isIncoming], ['C-4', 'recovering', false]);
  assert.deepEqual(call.remote, { name: '', number: '3500' });
  const taking = call.answer(sound());
  await settled();
  const { method, params } = socket.sent.at(-1);
  assert.deepEqual([method, params.sdp], ['verto.attach', 'audio sendrecv\nvideo recvonly']);
  assert.equal(params.dialogParams.callee_id_number, '3500');
  socket.reply({});
  await taking;
  assert.deepEqual([call.state, call.hasVideo, call.picture.mid], ['active', true, '1']);
  assert.equal(peers.length, 1);
});

test('texts come and go', async (t) => {
  const { client, socket } = await signedIn(t);
  const texts = [];
  client.on('text', (message) => texts.push(message));
  const msg = { from: '1001@x', from_msg_name: 'Ann', to: '1008@x', body: 'hello' };
  socket.say({ id: 31, method: 'verto.info', params: { msg } });
  socket.say({ id: 32, method: 'verto.info', params: { msg: { from: 'x' } } });
  socket.say({ id: 33, method: 'verto.info', params: {} });
  assert.deepEqual(texts, [{ from: '1001@x', fromName: 'Ann', to: '1008@x', body: 'hello', callID: undefined }]);
  client.sendText('1001', 'hi').catch(() => {});
  assert.deepEqual(socket.sent.at(-1).params.msg, { to: '1001', body: 'hi' });
});

/** A client that permits some channels. */
function channels(...permitted) {
  const handlers = new Map();
  const client = {
    async subscribe(channel, handler) {
      if (!permitted.includes(channel)) throw Object.assign(new Error('no'), { kind: 'refused' });
      handlers.set(channel, handler);
      return () => handlers.delete(channel);
    },
  };
  const user = (name, count) => handlers.get('user')({ data: { action: 'registered', user: `${name}@x`, count } });
  const call = (name, channelUUID, channelCallState, more = {}) => handlers.get('presence')({
    data: { channelPresenceID: `${name}@x`, channelUUID, channelCallState, presenceCallDirection: 'inbound', ...more },
  });
  return { client, user, call };
}

test('knows who is free, called, busy or away', async () => {
  const { client, user, call } = channels('user', 'presence');
  const watch = new PresenceWatch(client);
  assert.equal(await watch.start(), true);
  const states = () => watch.people.map(({ user, state }) => `${user} ${state}`).join(', ');
  user('1002', 1);
  user('1001', 2);
  assert.equal(states(), '1001 free, 1002 free');
  call('1001', 'C-1', 'RINGING', { calleeIDName: 'Cleo', calleeIDNumber: '1003' });
  assert.equal(states(), '1001 ringing, 1002 free');
  call('1001', 'C-1', 'ACTIVE', { calleeIDName: 'Cleo' });
  assert.equal(states(), '1001 busy, 1002 free');
  assert.deepEqual(watch.person('1001@x').calls, [{ uuid: 'C-1', state: 'ACTIVE', name: 'Cleo', number: '' }]);
  call('1001', 'C-1', 'HANGUP');
  user('1002', 0);
  assert.equal(states(), '1001 free, 1002 away');
  watch.stop();
  assert.deepEqual(watch.people, []);
});

test('a login that may know less knows less', async () => {
  const some = channels('presence');
  const watch = new PresenceWatch(some.client);
  assert.equal(await watch.start(), true);
  some.call('1001', 'C-1', 'ACTIVE');
  some.call('1001', 'C-1', 'HANGUP');
  assert.equal(watch.person('1001@x').state, 'unknown');
  assert.equal(await new PresenceWatch(channels().client).start(), false);
});
