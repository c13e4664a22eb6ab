/** The line at the top that says how things are, and what joining waits for. */
import { page } from './page.js';

const texts = {
  idle: 'Not connected',
  microphone: 'Asking for the microphone…',
  camera: 'Starting the camera…',
  connecting: 'Connecting…',
  'signing-in': 'Signing in…',
  calling: 'Calling the room…',
  entering: 'Entering the room…',
  joined: 'Connected',
  online: 'Signed in for calls',
  reconnecting: 'Reconnecting…',
  error: 'Not connected',
};

export let status = 'idle';

export function setStatus(value) {
  status = value;
  page.status.dataset.status = value;
  page.status.querySelector('.status-text').textContent = texts[value];
  page['progress-text'].textContent = texts[value];
}

/** Whether the connection's states are statuses of their own. */
export const isStatus = (value) => value in texts;
