import { VertoClient } from '../../verto.js';

/** The server's end of a fake WebSocket. */
export class FakeSocket {
  readyState = 0;
  sent = [];

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message) {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message }) });
  }

  reply(result, to = this.sent.at(-1)) {
    this.say({ id: to.id, result });
  }

  /** The last request of this method. */
  asked(method) {
    return this.sent.findLast((each) => each.method === method);
  }

  refuse(error) {
    this.say({ id: this.sent.at(-1).id, error });
  }
}

/** Lets everything that waits for nothing run. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export function makeClient() {
  const sockets = [];
  const client = new VertoClient({
    url: 'ws://x/verto',
    login: '1008@example.com',
    password: 'secret',
    sessid: 'S-1',
    openSocket: () => sockets[sockets.push(new FakeSocket()) - 1],
  });
  return { client, sockets };
}

export async function signedIn(t) {
  const { client, sockets } = makeClient();
  t.after(() => client.close());
  const connected = client.connect();
  sockets[0].open();
  sockets[0].reply({ message: 'logged in', sessid: 'S-1' });
  await connected;
  sockets[0].say({ id: 1001, method: 'verto.clientReady', params: { reattached_sessions: [] } });
  return { client, sockets, socket: sockets[0] };
}
