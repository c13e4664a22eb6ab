import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Conference, VertoError, memberFrom, meterLevel, retryDelay } from '../verto.js';
import { makeClient, settled, signedIn } from './support/fake-server.mjs';

test('signs in with the credentials in the first request', async (t) => {
  const { socket } = await signedIn(t);
  const { method, params } = socket.sent[0];
  assert.equal(method, 'login');
  assert.deepEqual(params, {
    login: '1008@example.com', passwd: 'secret', loginParams: {}, userVariables: {}, sessid: 'S-1',
  });
});

test('wrong credentials reject and are not tried again', async () => {
  const { client, sockets } = makeClient();
  const connected = client.connect();
  sockets[0].open();
  sockets[0].refuse({ code: -32001, message: 'Authentication Failure' });
  await assert.rejects(connected, { kind: 'login', code: -32001 });
  assert.equal(client.state, 'closed');
  assert.equal(sockets.length, 1);
});

test('a server that is away rejects the first attempt', async () => {
  const { client, sockets } = makeClient();
  const connected = client.connect();
  sockets[0].onclose();
  await assert.rejects(connected, { kind: 'unreachable' });
});

test('a lost connection is made again, with the same session', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.after(() => mock.timers.reset());
  const { client, sockets } = await signedIn(t);
  const states = [];
  client.on('state', (state) => states.push(state));
  const ready = [];
  client.on('ready', (details) => ready.push(details));
  const waiting = client.request('echo', {});
  sockets[0].onclose();
  await assert.rejects(waiting, { kind: 'offline' });
  mock.timers.tick(1_000);
  assert.equal(sockets.length, 2);
  sockets[1].open();
  assert.equal(sockets[1].sent[0].params.sessid, 'S-1');
  sockets[1].reply({ sessid: 'S-1' });
  await settled();
  sockets[1].say({ id: 1002, method: 'verto.clientReady', params: { reattached_sessions: ['C-1'] } });
  assert.deepEqual(states, ['waiting', 'connecting', 'signing-in', 'ready']);
  assert.deepEqual(ready, [{ first: false, reattached: ['C-1'] }]);
});

test('a takeover closes for good', async (t) => {
  const { client, sockets, socket } = await signedIn(t);
  let punted = 0;
  client.on('punt', () => (punted += 1));
  socket.say({ id: 1003, method: 'verto.punt', params: {} });
  assert.equal(punted, 1);
  assert.equal(client.state, 'closed');
  assert.equal(sockets.length, 1);
});

test('a request that needs a new login signs in and is sent again', async (t) => {
  const { client, socket } = await signedIn(t);
  const answer = client.request('verto.ping');
  socket.refuse({ code: -32000, message: 'Authentication Required' });
  await settled();
  assert.equal(socket.sent.at(-1).method, 'login');
  socket.reply({});
  await settled();
  assert.equal(socket.sent.at(-1).method, 'verto.ping');
  socket.reply({ message: 'PONG' });
  assert.equal((await answer).message, 'PONG');
});

test('answers pings and messages about calls, and nothing else', async (t) => {
  const { socket } = await signedIn(t);
  const before = socket.sent.length;
  socket.say({ id: 2000, method: 'verto.ping', params: { serno: 1 } });
  socket.say({ id: 2001, method: 'verto.bye', params: { callID: 'nobody' } });
  socket.say({ id: 2002, method: 'verto.event', params: { eventChannel: 'x' } });
  assert.deepEqual(socket.sent.slice(before), [
    { jsonrpc: '2.0', id: 2000, result: { method: 'verto.ping' } },
    { jsonrpc: '2.0', id: 2001, result: { method: 'verto.bye' } },
  ]);
});

test('survives what is not JSON-RPC', async (t) => {
  const { client, socket } = await signedIn(t);
  for (const text of ['', '#SPU 3', '{', 'null', '[]', '{"jsonrpc":"1.0"}', '{"jsonrpc":"2.0","id":77,"result":{}}']) {
    socket.say(text);
  }
  socket.say({ id: 1, method: 'verto.event' });
  assert.equal(client.state, 'ready');
});

test('one subscription serves several handlers and ends with the last', async (t) => {
  const { client, socket } = await signedIn(t);
  const heard = [];
  const first = client.subscribe('room.1', ({ data }) => heard.push(`first ${data}`));
  const second = client.subscribe('room.1', ({ data }) => heard.push(`second ${data}`));
  assert.equal(socket.sent.filter(({ method }) => method === 'verto.subscribe').length, 1);
  socket.reply({ subscribedChannels: ['room.1'] });
  const [stopFirst, stopSecond] = await Promise.all([first, second]);
  socket.say({ id: 3000, method: 'verto.event', params: { eventChannel: 'room.1', data: 'a' } });
  stopFirst();
  socket.say({ id: 3001, method: 'verto.event', params: { eventChannel: 'room.1', data: 'b' } });
  assert.deepEqual(heard, ['first a', 'second a', 'second b']);
  assert.notEqual(socket.sent.at(-1).method, 'verto.unsubscribe');
  stopSecond();
  assert.equal(socket.sent.at(-1).method, 'verto.unsubscribe');
});

test('a channel that is not permitted rejects, in both ways servers say it', async (t) => {
  const { client, socket } = await signedIn(t);
  const byError = client.subscribe('room.1', () => {});
  socket.refuse({ unauthorizedChannels: ['room.1'] });
  await assert.rejects(byError, { kind: 'refused' });
  const byResult = client.subscribe('room.1', () => {});
  socket.reply({ unauthorizedChannels: ['room.1'] });
  await assert.rejects(byResult, { kind: 'refused' });
});

test('a broadcast that is refused inside a success rejects', async (t) => {
  const { client, socket } = await signedIn(t);
  const sent = client.broadcast('room.1', {});
  socket.reply({ code: -32002, message: 'Permission Denied.' });
  await assert.rejects(sent, new VertoError('refused', 'Permission Denied.', { code: -32002 }));
});

test('private messages come with the session’s own channel', async (t) => {
  const { client, socket } = await signedIn(t);
  const heard = [];
  client.on('private', ({ action }) => heard.push(action));
  socket.say({ id: 1, method: 'verto.event', params: { pvtData: { action: 'mine' }, eventChannel: 'S-1' } });
  socket.say({ id: 2, method: 'verto.event', params: { pvtData: { action: 'not mine' }, eventChannel: 'S-2' } });
  assert.deepEqual(heard, ['mine']);
});

function conference() {
  const handlers = new Map();
  const sent = [];
  const client = {
    async subscribe(channel, handler) {
      handlers.set(channel, handler);
      return () => handlers.delete(channel);
    },
    async broadcast(channel, data) {
      sent.push([channel, data]);
    },
  };
  const room = new Conference(client, {
    callID: 'C-1', laChannel: 'la.3500', laName: '3500', role: 'moderator', conferenceMemberID: '12',
    modChannel: 'mod.3500', chatChannel: 'chat.3500',
  });
  const respond = (data) => handlers.get('mod.3500')({ data: { action: 'response', ...data } });
  return { room, handlers, sent, respond };
}

test('a command resolves with its own response, not with another moderator’s', async (t) => {
  const { room, sent, respond } = conference();
  await room.start();
  t.after(() => room.stop());
  const mute = room.command('mute', 12);
  const volume = room.command('volume_in', 12, 'up');
  respond({ 'conf-command': '3500 mute 7', response: '+OK mute 7\n' });
  respond({ 'conf-command': '3500 volume_in 12 up', response: '+OK Volume IN 12 = 1\n' });
  respond({ 'conf-command': '3500 mute 12', response: '+OK mute 12\n' });
  assert.equal((await mute).text, '+OK mute 12');
  assert.equal((await volume).text, '+OK Volume IN 12 = 1');
  const data = { application: 'conf-control', command: 'volume_in', id: 12, value: 'up' };
  assert.deepEqual(sent.at(-1), ['mod.3500', data]);
});

test('a command that fails rejects with the server’s words', async (t) => {
  const { room, respond } = conference();
  await room.start();
  t.after(() => room.stop());
  const kick = room.command('kick', 99);
  respond({ 'conf-command': '3500 kick 99', response: '-ERR Non-Existant ID 99\n' });
  await assert.rejects(kick, /^VertoError: Non-Existant ID 99$/);
  const odd = room.command('juggle');
  respond({ error: 'Invalid Command' });
  await assert.rejects(odd, /Invalid Command/);
});

test('chat tells the name, or else the login', async (t) => {
  const { room, handlers } = conference();
  await room.start();
  t.after(() => room.stop());
  const said = [];
  room.on('chat', ({ name, text }) => said.push(`${name}: ${text}`));
  handlers.get('chat.3500')({ data: { message: 'hi', fromDisplay: 'Ann', from: '1008@x' } });
  handlers.get('chat.3500')({ data: { message: 'ho', from: '1009@x' } });
  handlers.get('chat.3500')({ data: { message: 5 } });
  assert.deepEqual(said, ['Ann: hi', '1009@x: ho']);
});

test('reads a row, whole or broken', () => {
  const status = '{"audio":{"muted":true,"deaf":false,"talking":false,"floor":true,"energyScore":912},"video":false}';
  const member = memberFrom('C-1', ['0012', '1008', 'Ann', 'opus@48000', status, { email: 'a@x' }, null]);
  assert.equal(member.id, 12);
  assert.equal(member.name, 'Ann');
  assert.deepEqual([member.muted, member.floor, member.talking, member.energy], [true, true, false, 912]);
  assert.equal(memberFrom('C-2', ['0013', '1009', '', 'PCMU@8000', 'TALKING', null, null]).name, '1009');
  assert.equal(memberFrom('C-3', []).name, 'Unknown');
  assert.equal(memberFrom('C-4', ['1', '', '', '', 'null']).muted, false);
});

test('meters run from silence to loud and stay in bounds', () => {
  assert.equal(meterLevel(0), 0);
  assert.equal(meterLevel(Number.NaN), 0);
  assert.equal(meterLevel(10), 0);
  assert.equal(meterLevel(32_767), 1);
  assert.ok(meterLevel(300) > 0.3 && meterLevel(300) < meterLevel(3_000));
});

test('waits between attempts grow to a bound', () => {
  const steady = (attempt) => retryDelay(attempt, () => 0.5);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map(steady), [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  assert.ok(retryDelay(0, () => 0) < 500 && retryDelay(0, () => 1) > 500);
});
