/**
 * A small client for the Verto protocol (JSON-RPC 2.0 over a WebSocket, calls by WebRTC), for browsers.
 * No dependencies, no build step; this file and the folder `verto` beside it are all of it:
 *
 *     import { VertoClient, Conference } from './verto.js';
 *
 *     const client = new VertoClient({ url: 'wss://host/verto', login: '1008@host', password: '…' });
 *     await client.connect();
 *     client.on('private', (pvtData) => { … new Conference(client, pvtData) … });
 *     const call = client.call({ destination: '3500', callerName: 'Ann', stream: microphone });
 *     call.on('track', (stream) => { audio.srcObject = stream; });
 *     await call.invite();
 *
 * With a picture: one's own is in `stream`, too, and the server chooses one of the others' for everybody.
 *
 *     const call = client.call({ destination: '3500', stream: cameraAndMicrophone, simulcast: true });
 *     call.on('video', () => { video.srcObject = call.picture?.stream ?? null; });
 *     await call.sendVideo(null);                                            // camera off, and on again with a track
 *     const [picture] = await call.addPictures(1);                           // one more beside the chosen one
 *     await call.view({ [picture.mid]: conference.list()[0].key });          // and who is on it
 *     await conference.screenShare(await navigator.mediaDevices.getDisplayMedia()).invite();
 *
 * Calls between users, in both directions:
 *
 *     client.on('invite', (call) => { … call.remote.name rings: call.answer(microphone) or call.decline() … });
 *     const call = client.call({ destination: '1001', stream: microphone });
 *     call.on('remote', ({ name }) => { … who it is … });                    // `verto.display`
 *     await call.hold(); await call.unhold(); await call.dtmf('1');
 *     await call.transfer('3500');                                           // the other party goes there
 *     await call.replace(otherCall);                                         // the two other parties talk on
 *     client.on('text', ({ from, body }) => { … }); await client.sendText('1001', 'hello');
 *     const watch = new PresenceWatch(client); watch.on('change', () => { … watch.people … }); await watch.start();
 *
 * A lost connection is made again, and calls go on: the server offers each anew (`verto.attach`), which is answered with
 * what is sent already, while sound and picture stay as they are. A page that is loaded again does the same with the
 * `sessid` it had:
 *
 *     const client = new VertoClient({ …, sessid });                         // kept in sessionStorage, say
 *     client.on('attach', (call) => { … the same callID … call.answer(microphone) … });
 *     client.on('ready', ({ reattached }) => { … all other calls are over … });
 *
 * The parts: {@link VertoClient} (socket, login, reconnect, requests, channels), {@link VertoCall} (one call),
 * {@link LiveArray} (a list that the server keeps up to date), {@link Conference} (one room one takes part in),
 * {@link PresenceWatch} (who can be called).
 * Everything that fails rejects with a {@link VertoError}.
 */
export { Emitter, VertoError } from './verto/basics.js';
export { VertoClient, retryDelay } from './verto/client.js';
export { VertoCall } from './verto/call.js';
export { gathered } from './verto/media.js';
export { LiveArray } from './verto/live-array.js';
export { Conference, memberFrom, meterLevel } from './verto/conference.js';
export { PresenceWatch } from './verto/presence.js';
