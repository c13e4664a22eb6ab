/** What both pages share: address parameters, small DOM helpers, and errors put into words. */

const query = new URLSearchParams(location.search);

/** The value of `?name=…` in the address, or undefined. */
export const parameter = (name) => query.get(name) ?? undefined;

/** `#password=…` of the address. Read once and taken out of the address bar and the history at once. */
export const passwordFromAddress = takePassword();

function takePassword() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const password = fragment.get('password');
  if (password === null) return '';
  fragment.delete('password');
  const rest = fragment.toString();
  history.replaceState(history.state, '', location.pathname + location.search + (rest && `#${rest}`));
  return password;
}

/** The Verto domain: `?domain=…`, else what the bridge that serves the page says, else the page's host. */
export const domain = parameter('domain') || await bridgeDomain() || location.hostname;

async function bridgeDomain() {
  try {
    const reply = await fetch('parley.json');
    return reply.ok ? (await reply.json()).domain : undefined;
  } catch {
    return undefined;
  }
}

/** The bridge's WebSocket: `?ws=…`, else this page's own host and port. */
export const socketURL = parameter('ws')
  || `${location.protocol === 'http:' ? 'ws' : 'wss'}://${location.host}/verto`;

/** `1008` or `1008@host` → `1008@host`. */
export const fullLogin = (login) => (login.includes('@') ? login : `${login}@${domain}`);

/** This page's address for another page, keeping `?ws=` and `?domain=`. */
export function pageLink(page, extra = {}) {
  const kept = Object.fromEntries(['ws', 'domain', 'login'].map((key) => [key, parameter(key)]));
  const pairs = Object.entries({ ...kept, ...extra }).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(pairs).toString();
  return text ? `${page}?${text}` : page;
}

/** Remembers small conveniences (a name, never a password) between visits, where the browser allows it. */
export const memory = {
  get(key) {
    try {
      return localStorage.getItem(`parley.${key}`) ?? undefined;
    } catch {
      return undefined;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`parley.${key}`, value);
    } catch {
      // private browsing: nothing is remembered
    }
  },
};

// MARK: - DOM

export const byID = (id) => document.getElementById(id);

/** All elements of the document as it was loaded, by their IDs. */
export const page = Object.fromEntries([...document.querySelectorAll('[id]')].map((node) => [node.id, node]));

let toastTimer;

/** Says something in passing. */
export function toast(text) {
  page.toast.textContent = text;
  page.toast.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => page.toast.classList.remove('shown'), 5_000);
}

/**
 * Creates an element. Keys of `properties` are DOM properties, except names with a dash and `role`, which are
 * attributes. Strings among the children become text, never markup.
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (key.includes('-') || key === 'role') node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children);
  return node;
}

/** An icon of the sprite file. It says nothing to a screen reader; its button or mark has the words. */
export function icon(name) {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(namespace, 'use');
  use.setAttribute('href', `icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function setIcon(container, name) {
  container.querySelector('use').setAttribute('href', `icons.svg#${name}`);
}

/** A round picture with initials, in a colour of its own for each name. */
export function avatar(name) {
  const node = element('span', { className: 'avatar', 'aria-hidden': 'true' }, initials(name));
  node.style.setProperty('--hue', hue(name));
  return node;
}

function initials(name) {
  const letters = name.split(/\s+/).map((word) => word.match(/[\p{L}\p{N}]/u)?.[0]).filter(Boolean);
  const picked = letters.length > 1 ? [letters[0], letters.at(-1)] : letters;
  return picked.join('').toUpperCase() || '?';
}

function hue(text) {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return hash % 360;
}

/** Runs `work` at once, and for all further calls within `milliseconds` once more at their end. */
export function coalesce(milliseconds, work) {
  let timer = null;
  let again = false;
  return function run() {
    if (timer !== null) {
      again = true;
      return;
    }
    again = false;
    timer = setTimeout(() => {
      timer = null;
      if (again) run();
    }, milliseconds);
    work();
  };
}

// MARK: - Errors in words

/** What happened and what to do about it: `{title, text, link}`. */
export function explain(error) {
  const errors = deviceErrors[error?.device] ?? microphoneErrors;
  if (error?.name in errors) return errors[error.name];
  switch (error?.kind) {
    case 'unreachable':
      return unreachable();
    case 'login':
      return explainLogin(error);
    case 'timeout':
      return { title: 'The server did not reply', text: 'It may be busy. Wait a moment and try again.' };
    case 'offline':
      return { title: 'The connection was lost', text: 'Check your network and try again.' };
    case 'lost':
      return { title: 'The call was lost with the connection', text: 'Check your network and join again.' };
    case 'ended':
      return explainEnd(error);
    default:
      return { title: 'That did not work', text: error?.message || 'Try again.' };
  }
}

const microphoneErrors = {
  NotAllowedError: {
    title: 'The microphone is not allowed',
    text: 'Allow it with the icon beside the address bar, then join again. Or choose “No microphone” to listen only.',
  },
  NotFoundError: {
    title: 'No microphone found',
    text: 'Plug one in and try again, or choose “No microphone” to listen only.',
  },
  NotReadableError: {
    title: 'The microphone is busy',
    text: 'Another program may be using it. Close that program, or choose another microphone.',
  },
  OverconstrainedError: {
    title: 'That microphone is gone',
    text: 'Choose another microphone and join again.',
  },
  SecureContextError: {
    title: 'This page may not use the microphone',
    text: 'Browsers allow it on https:// pages only. Open this page with https://, or choose “No microphone”.',
  },
};

const deviceErrors = {
  camera: {
    NotAllowedError: {
      title: 'The camera is not allowed',
      text: 'Allow it with the icon beside the address bar, then try again. The others hear you without it, too.',
    },
    NotFoundError: { title: 'No camera found', text: 'Plug one in and try again, or join without.' },
    NotReadableError: {
      title: 'The camera is busy',
      text: 'Another program may be using it. Close that program, or choose another camera.',
    },
    AbortError: { title: 'The camera did not start', text: 'Unplug it, plug it in again, and try again.' },
    OverconstrainedError: { title: 'That camera is gone', text: 'Choose another camera.' },
    SecureContextError: {
      title: 'This page may not use the camera',
      text: 'Browsers allow it on https:// pages only. Open this page with https://, or join without a camera.',
    },
  },
  screen: {
    NotAllowedError: {
      title: 'The system does not let your browser show the screen',
      text: 'Allow it in the system’s privacy settings, start the browser again, and try again.',
    },
    NotFoundError: { title: 'There is no screen to show', text: 'Try again with a window or a tab.' },
    NotReadableError: { title: 'The screen cannot be read', text: 'Try again with another window or screen.' },
    SecureContextError: {
      title: 'This page may not show your screen',
      text: 'Browsers allow it on https:// pages only. Open this page with https://.',
    },
  },
};

/** The nodes that show what {@link explain} says. */
export function noticeNodes({ title, text, link }) {
  const nodes = [element('strong', {}, title), element('p', {}, text)];
  if (link) nodes.push(element('a', { href: link, target: '_blank', rel: 'noopener' }, link));
  return nodes;
}

/** For a lost connection that is made again in `delay` milliseconds. */
export function waitingText(delay) {
  return `The connection was lost. Trying again in ${Math.max(1, Math.round(delay / 1000))} s.`;
}

function unreachable() {
  const url = new URL(socketURL, location.href);
  if (url.protocol === 'wss:' && url.host !== location.host) {
    return {
      title: `No connection to ${url.host}`,
      text: 'The server may be away, or your browser does not trust its certificate. Open the address below, accept '
        + 'the certificate if you are asked, come back and try again.',
      link: `https://${url.host}/`,
    };
  }
  return {
    title: `No connection to ${url.host}`,
    text: 'The server may be away. Check that it runs and that the address is right, then try again.',
  };
}

function explainLogin({ message = '' }) {
  if (message.includes('in use')) {
    return { title: 'This session is in use', text: 'Reload the page and join again.' };
  }
  if (message.includes('Another window')) {
    return { title: 'Continued in another window', text: 'Join here again to bring the session back to this window.' };
  }
  return { title: 'Wrong login or password', text: 'Check both, mind upper and lower case, and try again.' };
}

function explainEnd({ cause = '' }) {
  return endings[cause] ?? {
    title: 'The room did not take the call',
    text: `It may be locked or full. Ask somebody inside, or try again. (${cause})`,
  };
}

const notThere = { title: 'There is no such room', text: 'Check the room’s name or number and try again.' };
const noMedia = {
  title: 'Sound could not be connected',
  text: 'A firewall may block UDP between you and the server. Try another network.',
};
const endings = {
  NO_ROUTE_DESTINATION: notThere,
  UNALLOCATED_NUMBER: notThere,
  INVALID_NUMBER_FORMAT: notThere,
  CALL_REJECTED: {
    title: 'The room did not let you in',
    text: 'It may be locked. Ask a moderator to unlock it, then try again.',
  },
  USER_BUSY: { title: 'The room is full', text: 'Wait until somebody leaves, then try again.' },
  NO_ANSWER: { title: 'The room did not answer', text: 'Wait a moment and try again.' },
  INCOMPATIBLE_DESTINATION: {
    title: 'Browser and server found no common sound format',
    text: 'Try a current version of your browser.',
  },
  MEDIA_TIMEOUT: noMedia,
  DESTINATION_OUT_OF_ORDER: noMedia,
  SWITCH_CONGESTION: { title: 'The server is full', text: 'Wait a moment and try again.' },
  SYSTEM_SHUTDOWN: { title: 'The server is shutting down', text: 'Try again in a minute.' },
};
