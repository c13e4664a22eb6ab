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
 * The parts: {@link VertoClient} (socket, login, reconnect, requests, channels), {@link VertoCall} (one call),
 * {@link LiveArray} (a list that the server keeps up to date), {@link Conference} (one room one takes part in).
 * Everything that fails rejects with a {@link VertoError}.
 */
export { Emitter, VertoError } from './verto/basics.js';
export { VertoClient, retryDelay } from './verto/client.js';
export { VertoCall } from './verto/call.js';
export { gathered } from './verto/media.js';
export { LiveArray } from './verto/live-array.js';
export { Conference, memberFrom, meterLevel } from './verto/conference.js';
