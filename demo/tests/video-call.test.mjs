import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VertoCall, memberFrom } from '../verto.js';
import { askForLayers, fit, layersFor, withoutLayers } from '../verto/layers.js';
import { FakeStream, fakePeers, track } from './support/fake-media.mjs';

/** A call that is up. `answers` are those of the server, first to the invite, then to each new offer. */
async function makeCall(options, ...answers) {
  const peers = fakePeers();
  const requests = [];
  const client = {
    login: '1008@x',
    forgetCall() {},
    async request(method, params) {
      requests.push([params.action ?? method, params.sdp ?? params.params]);
      if (params.action !== 'updateMedia') return {};
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer === undefined ? {} : { sdp: answer };
    },
  };
  const call = new VertoCall(client, { destination: '3500', ...options });
  const inviting = call.invite();
  await new Promise((resolve) => setImmediate(resolve));
  call.receive('verto.answer', { sdp: answers.shift() });
  await inviting;
  return { call, requests, peer: peers[0] };
}

const sound = new FakeStream([track('audio')]);
const both = () => new FakeStream([track('audio'), track('video')]);

test('a call without pictures offers none', async () => {
  const { call, requests } = await makeCall({ stream: sound }, 'sendrecv');
  assert.deepEqual(requests, [['verto.invite', 'audio sendrecv']]);
  assert.deepEqual([call.hasVideo, call.picture, call.pictures], [false, null, []]);
});

test('a call offers to watch, to send, or both', async () => {
  for (const [options, offer] of [
    [{ stream: sound, watch: true }, 'audio sendrecv\nvideo recvonly'],
    [{ stream: both() }, 'audio sendrecv\nvideo sendrecv'],
    [{ stream: new FakeStream([track('video')]), audio: false, watch: false }, 'video sendonly'],
    [{}, 'audio recvonly'],
  ]) {
    const { requests } = await makeCall(options, 'sendrecv\nsendrecv'.slice(0, offer.includes('\n') ? 17 : 8));
    assert.equal(requests[0][1], offer);
  }
});

test('a server without pictures leaves the call with sound', async () => {
  const { call } = await makeCall({ stream: both() }, 'sendrecv\nno');
  assert.deepEqual([call.state, call.hasVideo, call.picture], ['active', false, null]);
});

test('turning the camera off and on again needs no new offer', async () => {
  const { call, requests, peer } = await makeCall({ stream: both() }, 'sendrecv\nsendrecv');
  await call.sendVideo(null);
  assert.equal(peer.transceivers[1].sender.track, null);
  const next = track('video');
  await call.sendVideo(next);
  assert.equal(peer.transceivers[1].sender.track, next);
  assert.equal(requests.length, 1);
});

test('the first picture of a call that watched is offered', async () => {
  const { call, requests, peer } = await makeCall(
    { stream: sound, watch: true }, 'sendrecv\nsendonly', 'sendrecv\nsendrecv',
  );
  let changes = 0;
  call.on('video', () => (changes += 1));
  await call.sendVideo(track('video'));
  assert.deepEqual(requests[1], ['updateMedia', 'audio sendrecv\nvideo sendrecv']);
  assert.equal(peer.transceivers[1].currentDirection, 'sendrecv');
  assert.equal(changes, 1);
});

test('more pictures are offered once, and have names to be chosen by', async () => {
  const { call, requests } = await makeCall(
    { stream: sound, watch: true }, 'sendrecv\nsendonly', 'sendrecv\nsendonly\nsendonly\nno',
  );
  const pictures = await call.addPictures(2);
  assert.deepEqual(pictures.map(({ mid }) => mid), ['2'], 'one was refused');
  assert.equal(requests[1][1], 'audio sendrecv\nvideo recvonly\nvideo recvonly\nvideo recvonly');
  await call.addPictures(1);
  assert.equal(requests.length, 2, 'there is one already');
  await call.view({ 2: 'C-7' });
  assert.deepEqual(requests[2], ['view', { pictures: { 2: 'C-7' } }]);
  assert.equal(call.picture.mid, '1');
});

test('a server that does not change calls leaves the call as it was', async () => {
  const { call, peer } = await makeCall({ stream: sound, watch: true }, 'sendrecv\nsendonly');
  await assert.rejects(call.addPictures(2), { kind: 'refused', isUnsupported: true });
  assert.equal(peer.signalingState, 'stable');
  assert.deepEqual(peer.transceivers.map(({ direction }) => direction), ['sendrecv', 'recvonly', 'stopped', 'stopped']);
  await assert.rejects(call.sendVideo(track('video')), { kind: 'refused' });
  assert.equal(peer.transceivers[1].direction, 'recvonly');
  assert.deepEqual([call.state, call.pictures], ['active', []]);
});

test('an offer that fails does not stop the next one', async () => {
  const { call } = await makeCall(
    { stream: sound, watch: true }, 'sendrecv\nsendonly', new Error('MEDIA ERROR'), 'sendrecv\nsendrecv',
  );
  const failing = call.renegotiate();
  const following = call.sendVideo(track('video'));
  await assert.rejects(failing, /MEDIA ERROR/);
  await following;
});

test('layers fit what browsers send of a picture of that size', () => {
  const used = (...size) => layersFor(track('video', ...size)).filter(({ active }) => active)
    .map(({ rid, scaleResolutionDownBy }) => `${rid}/${scaleResolutionDownBy}`).join(' ');
  assert.equal(used(1280, 720), 'q/4 h/2 f/1');
  assert.equal(used(640, 360), 'q/2 h/1');
  assert.equal(used(320, 180), 'q/1');
  assert.equal(layersFor(null).length, 3);
});

test('a browser that is left with one layer sends it full size', async () => {
  const { call, peer } = await makeCall(
    { stream: sound, watch: true, simulcast: true }, 'sendrecv\nsendonly', 'sendrecv\nsendrecv',
  );
  peer.transceivers[1].sender.encodings.length = 1;
  await call.sendVideo(track('video'));
  assert.deepEqual(peer.transceivers[1].sender.encodings, [{ rid: 'q', active: true, scaleResolutionDownBy: 1 }]);
});

test('a smaller camera changes the layers, not the offer', async () => {
  const { call, requests, peer } = await makeCall({ stream: both(), simulcast: true }, 'sendrecv\nsendrecv');
  await call.sendVideo(track('video', 640, 360));
  assert.deepEqual(peer.transceivers[1].sender.encodings.map(({ active }) => active), [true, true, false]);
  assert.equal(requests.length, 1);
});

test('reads the video of a row', () => {
  const row = (video) => ['0012', '1008', 'Ann', 'opus@48000', JSON.stringify({ audio: {}, video }), {}, null];
  assert.equal(memberFrom('C-1', row(false)).video, null);
  assert.deepEqual(memberFrom('C-2', row({ visible: true, mediaFlow: 'sendRecv', muted: false, floor: true })).video, {
    visible: true, sends: true, muted: false, floor: true, locked: false, screen: false,
  });
  assert.deepEqual(memberFrom('C-3', row({ visible: false, mediaFlow: 'sendOnly', muted: true })).video, {
    visible: false, sends: false, muted: true, floor: false, locked: false, screen: false,
  });
  const { locked, screen } = memberFrom('C-4', row({ floor: true, floorLocked: true, screenShare: true })).video;
  assert.deepEqual([locked, screen], [true, true]);
});

const OFFER = [
  'v=0', 'a=group:BUNDLE 0 1 2', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=extmap:1 urn:audio-level', 'a=sendrecv',
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=extmap:4 urn:mid', 'a=sendrecv',
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=sendonly', '',
].join('\r\n');

test('asks the browser for layers of the main picture where the server’s offer does not', () => {
  const sections = askForLayers(OFFER).split(/^(?=m=)/m);
  assert.match(sections[2], /a=simulcast:recv q;h;f\r\n$/);
  assert.match(sections[2], /a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n/);
  assert.match(sections[2], /a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n/);
  assert.doesNotMatch(sections[1] + sections[3], /simulcast|rid/);
  assert.equal(askForLayers(askForLayers(OFFER)), askForLayers(OFFER));
  const watching = OFFER.replace('m=video 9', 'm=video 0').replaceAll('sendrecv', 'sendonly');
  assert.equal(askForLayers(watching), watching);
});

test('tells the server nothing of what it did not ask for', () => {
  const answer = askForLayers(OFFER).replaceAll(' recv', ' send').replaceAll(':recv', ':send');
  assert.equal(withoutLayers(answer), OFFER);
});

test('until the server knows of the layers one is sent', async () => {
  const encodings = ['q', 'h', 'f'].map((rid) => ({ rid, active: true }));
  const sender = {
    getParameters: () => ({ encodings: structuredClone(encodings) }),
    setParameters: async (parameters) => encodings.splice(0, 3, ...parameters.encodings),
  };
  await fit(sender, track('video'), 1);
  assert.deepEqual(encodings.map(({ active }) => active), [false, false, true]);
  await fit(sender, track('video'));
  assert.deepEqual(encodings.map(({ active }) => active), [true, true, true]);
});
