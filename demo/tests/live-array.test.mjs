import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveArray, memberFrom } from '../verto.js';

const CHANNEL = 'conference-liveArray.3500@example.com';
const row = (id, name, status = '{}') => [id, '1008', name, 'opus@48000', status, {}, null];

/** A client that records what a live array asks of it. */
function fakeClient() {
  const client = {
    bootstraps: 0,
    unsubscribed: 0,
    deliver: null,
    async subscribe(channel, handler) {
      assert.equal(channel, CHANNEL);
      client.deliver = (data) => handler({ data });
      return () => (client.unsubscribed += 1);
    },
    async broadcast(channel, data) {
      assert.deepEqual(data, { liveArray: { command: 'bootstrap', context: CHANNEL, name: '3500' } });
      assert.equal(channel, CHANNEL);
      client.bootstraps += 1;
    },
  };
  return client;
}

/** A started array that has its first copy: `a` and `b`. */
async function started(t) {
  const client = fakeClient();
  const array = new LiveArray(client, CHANNEL, '3500');
  const changes = [];
  array.on('change', (change) => changes.push(change.action));
  await array.start();
  t.after(() => array.stop());
  const send = (action, wireSerno, key, data, more = {}) =>
    client.deliver({ action, name: '3500', wireSerno, hashKey: key, data, ...more });
  send('bootObj', -1, undefined, [['a', row('0001', 'Ann')], ['b', row('0002', 'Bob')]]);
  const names = () => array.rows.map(([, each]) => each[2]);
  return { client, array, changes, send, names };
}

test('asks for a copy when it starts, and takes it', async (t) => {
  const { client, array, changes, names } = await started(t);
  assert.equal(client.bootstraps, 1);
  assert.equal(array.isComplete, true);
  assert.deepEqual(names(), ['Ann', 'Bob']);
  assert.deepEqual(changes, ['reset']);
});

test('takes the first serial as it comes and then each one above the last', async (t) => {
  const { client, changes, send, names } = await started(t);
  send('add', 41, 'c', row('0003', 'Cy'), { arrIndex: 2 });
  send('modify', 42, 'a', row('0001', 'Anna'));
  send('del', 43, 'b', row('0002', 'Bob'));
  assert.deepEqual(names(), ['Anna', 'Cy']);
  assert.deepEqual(changes, ['reset', 'add', 'modify', 'remove']);
  assert.equal(client.bootstraps, 1);
});

test('a serial of zero counts like any other', async (t) => {
  const { client, send, names } = await started(t);
  send('modify', 0, 'a', row('0001', 'A0'));
  send('modify', 1, 'a', row('0001', 'A1'));
  assert.deepEqual(names(), ['A1', 'Bob']);
  assert.equal(client.bootstraps, 1);
});

for (const [what, serial] of [['a gap', 44], ['a repeated serial', 41], ['an older serial', 7]]) {
  test(`${what} asks for one fresh copy and drops changes until it comes`, async (t) => {
    const { client, array, send, names } = await started(t);
    const gaps = [];
    array.on('gap', (gap) => gaps.push(gap));
    send('modify', 41, 'a', row('0001', 'A41'));
    send('modify', serial, 'a', row('0001', 'lost'));
    send('modify', serial + 1, 'a', row('0001', 'lost too'));
    assert.deepEqual(gaps, [{ expected: 42, got: serial }]);
    assert.equal(client.bootstraps, 2);
    assert.deepEqual(names(), ['A41', 'Bob']);

    send('bootObj', -1, undefined, [['c', row('0003', 'Cy')]]);
    assert.deepEqual(names(), ['Cy'], 'rows that vanished in the gap are gone');
    send('modify', 90, 'c', row('0003', 'C90'));
    send('modify', 91, 'c', row('0003', 'C91'));
    assert.deepEqual(names(), ['C91'], 'the count starts anew behind the copy');
    assert.equal(client.bootstraps, 2);
  });
}

test('clear empties the list and starts the count anew', async (t) => {
  const { client, changes, send, names } = await started(t);
  send('modify', 41, 'a', row('0001', 'A'));
  send('clear', -1, undefined, {});
  assert.deepEqual(names(), []);
  send('add', 1, 'd', row('0004', 'Di'), { arrIndex: 0 });
  send('modify', 2, 'd', row('0004', 'Dia'));
  assert.deepEqual(names(), ['Dia']);
  assert.deepEqual(changes, ['reset', 'modify', 'clear', 'add', 'modify']);
  assert.equal(client.bootstraps, 1);
});

test('clear then bootObj is how a server says that changes were lost', async (t) => {
  const { client, send, names } = await started(t);
  send('modify', 41, 'a', row('0001', 'A'));
  send('clear', -1, undefined, {});
  send('bootObj', -1, undefined, [['e', row('0005', 'Eve')]]);
  send('modify', 60, 'e', row('0005', 'Eva'));
  assert.deepEqual(names(), ['Eva']);
  assert.equal(client.bootstraps, 1);
});

test('a change to an unknown key adds the row, a removal of one is ignored', async (t) => {
  const { changes, send, names } = await started(t);
  send('modify', 1, 'z', row('0009', 'Zoe'));
  send('del', 2, 'nobody', row('0008', 'N'));
  assert.deepEqual(names(), ['Ann', 'Bob', 'Zoe']);
  assert.deepEqual(changes, ['reset', 'add']);
});

test('an add with an index inside the list is put there', async (t) => {
  const { send, names } = await started(t);
  send('add', 1, 'z', row('0009', 'Zoe'), { arrIndex: 1 });
  send('add', 2, 'y', row('0010', 'Yan'), { arrIndex: 99 });
  assert.deepEqual(names(), ['Ann', 'Zoe', 'Bob', 'Yan']);
});

test('what is not for this array or makes no sense changes nothing', async (t) => {
  const { array, client, changes, send, names } = await started(t);
  const textSerial = { action: 'add', wireSerno: '3', hashKey: 'q', data: [] };
  for (const junk of [undefined, null, {}, { action: 'add' }, textSerial]) array.receive(junk);
  client.deliver({ action: 'clear', name: '3600', wireSerno: -1 });
  send('add', 1, undefined, row('0001', 'no key'));
  send('add', 2, 'k', 'no row');
  send('shuffle', 3, 'k', []);
  assert.deepEqual(names(), ['Ann', 'Bob']);
  assert.deepEqual(changes, ['reset']);
});

test('stopping unsubscribes once', async (t) => {
  const { array, client } = await started(t);
  array.stop();
  array.stop();
  assert.equal(client.unsubscribed, 1);
});

test('a refused bootstrap is the caller’s to handle', async () => {
  const client = fakeClient();
  client.broadcast = async () => {
    throw new Error('Permission Denied.');
  };
  const array = new LiveArray(client, CHANNEL, '3500');
  await assert.rejects(array.start(), /Permission Denied/);
  array.stop();
});

test('a row says who has raised a hand', () => {
  const hand = (status) => memberFrom('a', row('0001', 'Ann', JSON.stringify(status))).handRaised;
  assert.equal(hand({ audio: {}, handRaised: true }), true);
  assert.equal(hand({ audio: {} }), false);
});
