/** What all parts of the Verto client share. */

/**
 * What went wrong. `kind` is one of: `unreachable` (no socket), `login` (credentials refused), `offline` (no
 * connection at the moment), `timeout` (no reply), `refused` (the server said no; `code` and `data` as it sent them),
 * `ended` (a call ended before it was up; `cause` and `causeCode`), `lost` (a call went with its connection).
 */
export class VertoError extends Error {
  constructor(kind, message, details = {}) {
    super(message);
    this.name = 'VertoError';
    this.kind = kind;
    Object.assign(this, details);
  }
}

/** `on(event, listener)` returns the function that removes the listener. */
export class Emitter {
  #listeners = new Map();

  on(event, listener) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(listener);
    return () => this.#listeners.get(event).delete(listener);
  }

  /** Calls the listeners in order; returns whether there was one. One that throws does not stop the others. */
  emit(event, ...details) {
    const listeners = [...(this.#listeners.get(event) ?? [])];
    for (const listener of listeners) {
      try {
        listener(...details);
      } catch (error) {
        console.error(`listener for "${event}":`, error);
      }
    }
    return listeners.length > 0;
  }
}

/** Works on plain http pages too, where `crypto.randomUUID` does not exist. */
export function randomID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function deferred() {
  let resolve, reject;
  const promise = new Promise((...functions) => ([resolve, reject] = functions));
  return { promise, resolve, reject };
}
